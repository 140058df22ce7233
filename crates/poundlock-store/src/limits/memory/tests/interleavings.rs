//! Every interleaving of two threads over the code that ships, with `loom`'s words in the place of the standard ones.

use super::super::bucket::Word;
use super::super::carry::carry;
use super::super::known::{self, Known};
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
    let asked: Vec<_> = tags.iter().map(|tag| (table, *tag)).collect();
    together(&asked, epoch, gcra, now)
}

/// Asks for keys of several tables, as the store does: without looking for room if all are known.
fn together(asked: &[(&Table<Checked>, u64)], epoch: u64, gcra: Gcra, now: Micros) -> bool {
    let known = || asked.iter().map(|(table, tag)| Known::new(table, *tag, gcra, 1)).collect::<Option<_>>();
    if asked.len() > 1
        && let Some(decisions) = known().and_then(|all| known::decide(&all, now))
    {
        return decisions.iter().all(|decision| decision.allowed);
    }
    let new = |(table, tag): &(_, _)| Ask::new(*table, epoch, *tag, gcra);
    let mut asks: Vec<Ask<'_, Checked>> = asked.iter().map(new).collect();
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

/// Two tables in which these keys are known and have one token left.
fn known_keys(first: &[u64], second: &[u64]) -> (Small, Small, Gcra) {
    let (a, b, limit) = (small(), small(), gcra(1, 2));
    assert!(first.iter().all(|tag| ask(&a, 0, &[*tag], limit, NOW)));
    assert!(second.iter().all(|tag| ask(&b, 0, &[*tag], limit, NOW)));
    (a, b, limit)
}

#[test]
fn known_keys_in_opposite_order_neither_wait_in_a_circle_nor_charge_half() {
    explore(2, || {
        let (a, b, limit) = known_keys(&[1, 2], &[3]);
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let there = thread::spawn(move || together(&[(&b2, 3), (&a2, 2)], 0, limit, NOW));
        let here = together(&[(&a, 1), (&b, 3)], 0, limit, NOW);
        let there = there.join().unwrap();
        assert!(here != there, "both want 3");
        assert_eq!((ask(&a, 0, &[1], limit, NOW), ask(&a, 0, &[2], limit, NOW)), (!here, !there));
    });
}

#[test]
fn a_known_key_alone_and_with_another_is_charged_once() {
    explore(2, || {
        let (a, b, limit) = known_keys(&[1], &[3]);
        let alone = Arc::clone(&a);
        let there = thread::spawn(move || ask(&alone, 0, &[1], limit, NOW));
        let here = together(&[(&a, 1), (&b, 3)], 0, limit, NOW);
        assert!(here != there.join().unwrap(), "both want 1");
        assert_eq!(ask(&b, 0, &[3], limit, NOW), !here);
    });
}

#[test]
fn a_known_and_a_new_key_are_charged_with_known_ones_or_not_at_all() {
    explore(2, || {
        let (a, b, limit) = known_keys(&[1], &[3]);
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let there = thread::spawn(move || together(&[(&b2, 3), (&a2, 9)], 0, limit, NOW));
        let here = together(&[(&a, 1), (&b, 3)], 0, limit, NOW);
        let there = there.join().unwrap();
        assert!(here != there, "both want 3");
        assert_eq!(ask(&a, 0, &[1], limit, NOW), !here);
        let left = (0..3).filter(|_| ask(&a, 0, &[9], limit, NOW)).count();
        assert_eq!(left, if there { 1 } else { 2 });
    });
}

#[test]
fn known_keys_of_which_one_is_moved_are_charged_together() {
    explore(1, || {
        let (a, b, limit) = known_keys(&[1], &[3]);
        let (new, a2, b2) = (small(), Arc::clone(&a), Arc::clone(&b));
        let there = thread::spawn(move || together(&[(&a2, 1), (&b2, 3)], 0, limit, NOW));
        carry(&a, &new, NOW);
        let here = ask(&new, 0, &[1], limit, NOW);
        let there = there.join().unwrap();
        assert!(here != there, "one token was left");
        assert_eq!(ask(&b, 0, &[3], limit, NOW), !there);
    });
}

#[test]
fn keys_that_share_a_bucket_are_left_to_those_who_know_room() {
    explore(1, || {
        let (a, b, limit) = known_keys(&[1, 2], &[3]);
        let all = |asked: &[(&Small, u64)]| {
            let known = asked.iter().map(|(table, tag)| Known::new(table, *tag, limit, 1).unwrap()).collect();
            known::decide(&known, NOW)
        };
        assert_eq!(all(&[(&a, 1), (&a, 2)]), None);
        assert!(all(&[(&a, 1), (&b, 3)]).is_some_and(|decisions| decisions.iter().all(|one| one.allowed)));
        assert!(!ask(&a, 0, &[1], limit, NOW) && ask(&a, 0, &[2], limit, NOW), "and nothing stays locked");
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
