//! Every interleaving of two threads over the code that ships, with `loom`'s words in the place of the standard ones.

use super::super::bucket::Word;
use super::super::carry::carry;
use super::super::locks::{Ask, Locks};
use super::super::table::Table;
use super::*;
use loom::sync::atomic::AtomicU64 as Checked;
use loom::thread;

impl Word for Checked {
    fn new(value: u64) -> Self {
        Self::new(value)
    }
    fn load(&self, order: Ordering) -> u64 {
        self.load(order)
    }
    fn store(&self, value: u64, order: Ordering) {
        self.store(value, order);
    }
    fn swap_if(&self, current: u64, new: u64, order: Ordering) -> Result<u64, u64> {
        self.compare_exchange(current, new, order, Ordering::Relaxed)
    }
    fn wait(_turn: u32) {
        thread::yield_now();
    }
}

type Small = Arc<Table<Checked>>;

/// Two buckets: any two keys may meet.
fn small() -> Small {
    Arc::new(Table::with_buckets(8, 1, 1))
}

/// Asks as the store does: at once if the key is known, else with everything locked.
fn ask(table: &Table<Checked>, epoch: u64, tags: &[u64], gcra: Gcra, now: Micros) -> bool {
    if let [tag] = tags
        && let Some(decision) = table.decide_known(*tag, gcra, now, 1)
    {
        return decision.allowed;
    }
    let mut asks: Vec<Ask<'_, Checked>> = tags.iter().map(|tag| Ask::new(table, epoch, *tag, gcra)).collect();
    let mut locks = Locks::hold(&mut asks, now);
    let decided: Vec<_> = asks.iter().map(|ask| ask.rate.gcra.decide(locks.tat(ask), now, 1)).collect();
    let admitted = decided.iter().all(|(decision, _)| decision.allowed);
    if admitted {
        let tats: Vec<_> = asks.iter().zip(decided).map(|(ask, (_, tat))| (ask, tat)).collect();
        locks.write(&tats, now);
    }
    admitted
}

/// Runs two threads in every order with at most `switches` forced changes between them.
fn explore(switches: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.max_branches = 20_000;
    builder.check(model);
}

#[test]
fn one_new_key_gets_one_slot_and_one_burst() {
    explore(2, || {
        let (table, limit) = (small(), gcra(1, 1));
        let other = Arc::clone(&table);
        let there = thread::spawn(move || ask(&other, 0, &[1], limit, NOW));
        let here = ask(&table, 0, &[1], limit, NOW);
        assert!(here != there.join().unwrap());
        assert_eq!(table.live_keys(NOW), 1);
    });
}

#[test]
fn two_new_keys_never_share_a_slot() {
    explore(2, || {
        let (table, limit) = (small(), gcra(1, 1));
        let other = Arc::clone(&table);
        let there = thread::spawn(move || ask(&other, 0, &[2], limit, NOW));
        assert!(ask(&table, 0, &[1], limit, NOW) && there.join().unwrap());
        assert!(!ask(&table, 0, &[1], limit, NOW) && !ask(&table, 0, &[2], limit, NOW));
    });
}

#[test]
fn a_slot_whose_time_has_passed_changes_hands_without_mixing_keys() {
    explore(2, || {
        let (table, limit, later) = (small(), gcra(60, 1), NOW.after(Micros::SECOND));
        assert!(ask(&table, 0, &[1], limit, NOW));
        let other = Arc::clone(&table);
        let there = thread::spawn(move || ask(&other, 0, &[2], limit, later));
        assert!(ask(&table, 0, &[1], limit, later) && there.join().unwrap());
        assert!(!ask(&table, 0, &[1], limit, later) && !ask(&table, 0, &[2], limit, later));
    });
}

#[test]
fn requests_with_two_keys_in_opposite_order_neither_wait_in_a_circle_nor_charge_half() {
    explore(2, || {
        let (table, limit) = (small(), gcra(1, 1));
        let other = Arc::clone(&table);
        let there = thread::spawn(move || ask(&other, 0, &[2, 3], limit, NOW));
        let here = ask(&table, 0, &[3, 1], limit, NOW);
        let there = there.join().unwrap();
        assert!(here != there, "both want 3");
        assert_eq!((ask(&table, 0, &[1], limit, NOW), ask(&table, 0, &[2], limit, NOW)), (!here, !there));
    });
}

#[test]
fn a_change_of_rate_gives_and_takes_nothing() {
    explore(2, || {
        let (table, before, after) = (small(), gcra(1, 2), gcra(7, 2));
        assert!(ask(&table, 0, &[1], before, NOW));
        let other = Arc::clone(&table);
        let there = thread::spawn(move || ask(&other, 0, &[1], before, NOW));
        assert!(table.adopt(after, NOW));
        let here = ask(&table, table.epoch(), &[1], after, NOW);
        assert!(here != there.join().unwrap(), "one token was left");
    });
}

#[test]
fn a_key_that_is_moved_while_it_is_asked_for_is_in_one_table() {
    explore(1, || {
        let (table, new, limit) = (small(), small(), gcra(1, 2));
        assert!(ask(&table, 0, &[1], limit, NOW));
        let other = Arc::clone(&table);
        let there = thread::spawn(move || ask(&other, 0, &[1], limit, NOW));
        carry(&table, &new, NOW);
        let here = ask(&new, 0, &[1], limit, NOW);
        assert!(here != there.join().unwrap(), "one token was left");
    });
}

#[test]
fn a_key_that_is_new_during_a_move_is_in_one_table() {
    explore(1, || {
        let (table, new, limit) = (small(), small(), gcra(1, 1));
        let other = Arc::clone(&table);
        let there = thread::spawn(move || ask(&other, 0, &[1], limit, NOW));
        carry(&table, &new, NOW);
        let here = ask(&new, 0, &[1], limit, NOW);
        assert!(here != there.join().unwrap());
    });
}
