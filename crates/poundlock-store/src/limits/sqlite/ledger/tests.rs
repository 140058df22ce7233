//! What is written, and when.

use super::*;
use proptest::prelude::*;

const KEY: Place = (LimitId(0), Key::EMPTY);

fn charge(total: u64, start: u64, cost: u64) -> Charge {
    let budget = Budget::Quota(Window { start: Micros(start), end: Micros(start + 100), total });
    Charge { limit: KEY.0, key: KEY.1, budget, cost }
}

fn ledger() -> Ledger {
    Ledger::from([(KEY, Entry::stored(Used::default(), Micros(0)))])
}

#[test]
fn a_small_quota_is_written_for_each_charge() {
    let mut ledger = ledger();
    for used in 1..=5 {
        assert_eq!(decide_at_once(&mut ledger, &[charge(999, 0, 1)], Micros(1)), None);
        spend(&mut ledger, &[charge(999, 0, 1)], Micros(1));
        assert_eq!((ledger[&KEY].written.amount, ledger[&KEY].left), (used, 0));
    }
}

#[test]
fn a_large_quota_is_written_in_chunks_ahead_of_its_use() {
    let mut ledger = ledger();
    spend(&mut ledger, &[charge(50_000, 0, 1)], Micros(1));
    assert_eq!((ledger[&KEY].written.amount, ledger[&KEY].left), (50, 49));
    for _ in 0..49 {
        assert!(decide_at_once(&mut ledger, &[charge(50_000, 0, 1)], Micros(1)).unwrap().admitted());
    }
    assert_eq!(decide_at_once(&mut ledger, &[charge(50_000, 0, 1)], Micros(1)), None);
}

#[test]
fn a_denial_needs_no_file() {
    let mut ledger = ledger();
    spend(&mut ledger, &[charge(9, 0, 9)], Micros(1));
    let denied = decide_at_once(&mut ledger, &[charge(9, 0, 1)], Micros(1)).unwrap();
    assert_eq!((denied.admitted(), denied.decisions[0].remaining), (false, 0));
}

#[test]
fn a_new_period_does_not_use_what_is_left_of_an_old_chunk() {
    let mut ledger = ledger();
    spend(&mut ledger, &[charge(50_000, 0, 1)], Micros(1));
    assert_eq!(decide_at_once(&mut ledger, &[charge(50_000, 100, 1)], Micros(101)), None);
    spend(&mut ledger, &[charge(50_000, 100, 1)], Micros(101));
    assert_eq!(ledger[&KEY].written, Used { start: Micros(100), amount: 50 });
}

proptest! {
    /// What is on the disk is never less than what was used, never more than a chunk ahead, never over the total.
    #[test]
    fn nothing_is_used_before_it_is_written(
        total in prop_oneof![1_u64..3000, 1_u64..3_000_000],
        costs in prop::collection::vec((0_u64..400, -300_i64..300), 1..80),
    ) {
        let (mut ledger, mut disk, mut used) = (ledger(), 0, 0_u64);
        for (cost, amount) in costs {
            let charges = [charge(total, 0, cost)];
            let verdict = decide_at_once(&mut ledger, &charges, Micros(1)).unwrap_or_else(|| {
                let verdict = weigh(&ledger, &charges, Micros(1)).unwrap();
                spend(&mut ledger, &charges, Micros(1));
                verdict
            });
            prop_assert_eq!(verdict.admitted(), cost == 0 || used + cost <= total);
            used += if verdict.admitted() { cost } else { 0 };
            let window = window(&charges[0]).unwrap();
            if amount % 7 == 0 {
                ledger.get_mut(&KEY).unwrap().adjust(window, amount, Micros(1));
                used = used.saturating_add_signed(amount);
            }
            let entry = ledger.get_mut(&KEY).unwrap();
            if std::mem::take(&mut entry.dirty) {
                disk = entry.written.amount;
            }
            prop_assert_eq!((entry.used().amount, entry.written.amount), (used, disk));
            prop_assert!(entry.left < 1000.min((total / 1000).max(1)));
            prop_assert!(disk <= total.max(used));
        }
        let entry = ledger.get_mut(&KEY).unwrap();
        entry.give_back();
        prop_assert_eq!((entry.written.amount, entry.left), (used, 0));
    }
}
