//! What must hold for several budgets together, and so for every store.

use super::*;
use crate::Window;
use proptest::prelude::*;
use std::num::NonZeroU64;
use std::time::Duration;

const HOUR: u64 = 3_600 * Micros::SECOND;

fn rate(count: u64, burst: u64) -> Budget {
    let one = |n| NonZeroU64::new(n).unwrap();
    Budget::Rate(Gcra::new(one(count), Duration::from_secs(60), one(burst)).unwrap())
}

fn quota(total: u64) -> Budget {
    Budget::Quota(Window { start: Micros(0), end: Micros(HOUR), total })
}

fn charge(limit: u16, key: &str, budget: Budget, cost: u64) -> Charge {
    Charge { limit: LimitId(limit), key: Key::new(key).unwrap(), budget, cost }
}

#[test]
fn a_denied_request_is_charged_nowhere_and_says_what_is_left_without_it() {
    let (mut ledger, now) = (Ledger::default(), Micros(1_000));
    let charges =
        [charge(0, "a", rate(60, 10), 4), charge(0, "a", quota(5), 4), charge(1, "a", rate(60, 3), 1)];
    let first = ledger.decide(&charges, now);
    assert_eq!(first.decisions.iter().map(|d| d.remaining).collect::<Vec<_>>(), [6, 1, 2]);
    let before = ledger.clone();
    let second = ledger.decide(&charges, now);
    assert!(!second.admitted());
    assert_eq!(
        second.decisions.iter().map(|d| (d.allowed, d.remaining)).collect::<Vec<_>>(),
        [(true, 6), (false, 1), (true, 2)]
    );
    assert_eq!(ledger, before);
}

#[test]
fn a_reset_forgets_both_budgets_of_one_key_only() {
    let (mut ledger, now) = (Ledger::default(), Micros(1_000));
    let [limit, other] = [LimitId(0), LimitId(1)];
    let key = Key::new("a").unwrap();
    for id in [0, 1] {
        ledger.decide(&[charge(id, "a", rate(60, 10), 4), charge(id, "a", quota(5), 4)], now);
    }
    ledger.reset(limit, &key);
    let left = |id, budget| ledger.peek(id, &key, budget, now).remaining;
    assert_eq!((left(limit, rate(60, 10)), left(limit, quota(5))), (10, 5));
    assert_eq!((left(other, rate(60, 10)), left(other, quota(5))), (6, 1));
}

#[test]
fn an_adjustment_ends_at_a_full_or_an_empty_bucket_but_a_quota_goes_on() {
    let (mut ledger, now, key, id) = (Ledger::default(), Micros(1_000), Key::new("a").unwrap(), LimitId(0));
    ledger.adjust(id, &key, rate(60, 10), i64::MAX, now);
    assert_eq!(ledger.peek(id, &key, rate(60, 10), now.after(10 * Micros::SECOND)).remaining, 10);
    ledger.reset(id, &key);
    for (amount, tokens, used) in [(4, 6, 6), (i64::MAX, 0, 0), (-3, 3, 0), (i64::MIN, 10, 10), (0, 10, 10)] {
        ledger.adjust(id, &key, rate(60, 10), amount, now);
        ledger.adjust(id, &key, quota(10), amount, now);
        let left = |budget| ledger.peek(id, &key, budget, now).remaining;
        assert_eq!((left(rate(60, 10)), left(quota(10))), (tokens, used), "after {amount}");
    }
}

#[test]
fn a_clock_set_back_by_an_hour_locks_nobody_out() {
    let mut ledger = Ledger::default();
    let ask = [charge(0, "a", rate(60, 10), 10)];
    assert!(ledger.decide(&ask, Micros(2 * HOUR)).admitted());
    let wait = ledger.decide(&ask, Micros(HOUR)).decisions[0].retry_after.unwrap();
    assert_eq!(wait, 10 * Micros::SECOND);
    assert!(ledger.decide(&ask, Micros(HOUR + wait)).admitted());
}

#[test]
fn a_raised_rate_keeps_what_was_spent() {
    let (mut ledger, now) = (Ledger::default(), Micros(1_000));
    ledger.decide(&[charge(0, "a", rate(60, 100), 30)], now);
    let key = Key::new("a").unwrap();
    assert_eq!(ledger.peek(LimitId(0), &key, rate(600, 1_000), now).remaining, 970);
    assert_eq!(ledger.peek(LimitId(0), &key, rate(6, 50), now).remaining, 20);
}

/// Three limits over two keys each; the kinds and sizes are fixed, what is asked is not.
fn budget_of(limit: u16) -> Budget {
    [rate(600, 5), rate(60, 20), quota(60)][usize::from(limit)]
}

fn requests() -> impl Strategy<Value = Vec<(u64, Vec<Charge>)>> {
    let one = (0u16..3, prop::sample::select(&["a", "b"][..]), 0u64..8);
    let request = prop::collection::vec(one, 1..4).prop_map(|asks| {
        let mut charges: Vec<Charge> =
            asks.into_iter().map(|(limit, key, cost)| charge(limit, key, budget_of(limit), cost)).collect();
        charges.sort_by_key(|charge| (charge.limit, charge.key));
        charges.dedup_by_key(|charge| (charge.limit, charge.key));
        charges
    });
    prop::collection::vec((0u64..2_000_000, request), 1..200)
}

proptest! {
    #[test]
    fn denied_requests_change_nothing_and_admitted_ones_exactly_what_they_cost(requests in requests()) {
        let (mut ledger, mut now) = (Ledger::default(), Micros(1_000));
        for (wait, charges) in requests {
            now = now.after(wait);
            let before = ledger.clone();
            let verdict = ledger.decide(&charges, now);
            for (charge, decision) in charges.iter().zip(&verdict.decisions) {
                let left = |ledger: &Ledger| ledger.peek(charge.limit, &charge.key, charge.budget, now);
                let spent = if verdict.admitted() { charge.cost } else { 0 };
                prop_assert_eq!(left(&before).remaining - spent, left(&ledger).remaining);
                prop_assert_eq!(decision.remaining, left(&ledger).remaining);
                prop_assert_eq!(decision.allowed, charge.cost <= left(&before).remaining);
            }
            prop_assert!(verdict.admitted() || ledger == before);
        }
    }

    /// In any window and for each budget, no more than the burst and what grows in it, and one for rounding.
    #[test]
    fn never_more_than_each_budget_allows(requests in requests()) {
        let (mut ledger, mut now, mut admitted) = (Ledger::default(), Micros(1_000), Vec::new());
        for (wait, charges) in requests {
            now = now.after(wait);
            if ledger.decide(&charges, now).admitted() {
                admitted.extend(charges.into_iter().map(|charge| (now, charge)));
            }
        }
        for (limit, key) in (0u16..3).flat_map(|limit| ["a", "b"].map(|key| (LimitId(limit), Key::new(key).unwrap()))) {
            let spent: Vec<(Micros, u64)> =
                admitted.iter().filter(|(_, c)| (c.limit, c.key) == (limit, key)).map(|(at, c)| (*at, c.cost)).collect();
            for (i, (from, _)) in spent.iter().enumerate() {
                let mut sum = 0;
                for (at, cost) in &spent[i..] {
                    sum += cost;
                    let most = match budget_of(limit.0) {
                        Budget::Rate(gcra) => gcra.burst() + at.since(*from) / gcra.interval() + 1,
                        Budget::Quota(window) => window.total,
                    };
                    prop_assert!(sum <= most, "{sum} > {most} of {limit:?} in {} µs", at.since(*from));
                }
            }
        }
    }

    #[test]
    fn the_order_of_charges_does_not_matter(requests in requests()) {
        let (mut ahead, mut back, mut now) = (Ledger::default(), Ledger::default(), Micros(1_000));
        for (wait, mut charges) in requests {
            now = now.after(wait);
            let one = ahead.decide(&charges, now);
            charges.reverse();
            let mut other = back.decide(&charges, now);
            other.decisions.reverse();
            prop_assert_eq!(one, other);
            prop_assert_eq!(&ahead, &back);
        }
    }
}
