//! What every store does.
//!
//! Main item: [`run`]. The store must be empty and know [`LIMITS`](crate::LIMITS); its clock is the `now` of each call.

use crate::oracle::Oracle;
use crate::today;
use poundlock_limit::{Budget, Charge, Decision, Gcra, Key, LimitId, Micros, Window};
use poundlock_store::limits::LimitStore;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;
use std::num::NonZeroU64;
use std::time::Duration;
use tokio::runtime::Runtime;

const HOUR: u64 = 3600 * Micros::SECOND;

/// Runs every case on a store.
pub(crate) fn run(store: &impl LimitStore, runtime: &Runtime) {
    runtime.block_on(async {
        a_burst_is_admitted_and_then_what_grows(store).await;
        a_denied_request_is_charged_nowhere(store).await;
        a_request_without_charges_is_admitted(store).await;
        costs_of_nothing_and_of_everything(store).await;
        amounts_change_both_ways(store).await;
        a_peek_charges_nothing(store).await;
        a_reset_forgets_both_kinds_of_one_key(store).await;
        limits_and_kinds_never_meet(store).await;
        a_change_of_the_rate_keeps_what_was_spent(store).await;
        a_smaller_burst_or_a_clock_set_back_locks_nobody_out(store).await;
        a_change_of_the_total_keeps_what_was_used(store).await;
        a_period_begins_from_nothing_and_an_older_clock_does_not_restart_it(store).await;
    });
    random_operations_are_decided_as_by_the_oracle(store, runtime);
}

fn rate(count: u64, burst: u64) -> Budget {
    let n = |n| NonZeroU64::new(n).unwrap();
    Budget::Rate(Gcra::new(n(count), Duration::from_secs(1), n(burst)).unwrap())
}

/// A quota in the hour of `now`.
fn quota(now: Micros, total: u64) -> Budget {
    let start = now.0 - now.0 % HOUR;
    Budget::Quota(Window { start: Micros(start), end: Micros(start + HOUR), total })
}

fn charge(limit: u16, key: &str, budget: Budget, cost: u64) -> Charge {
    Charge { limit: LimitId(limit), key: Key::new(key).unwrap(), budget, cost }
}

async fn decide(store: &impl LimitStore, charges: &[Charge], now: Micros) -> Vec<Decision> {
    store.decide(charges, now).await.unwrap().decisions.to_vec()
}

async fn admits(store: &impl LimitStore, charges: &[Charge], now: Micros) -> bool {
    store.decide(charges, now).await.unwrap().admitted()
}

async fn remaining(store: &impl LimitStore, of: &Charge, now: Micros) -> u64 {
    store.peek(of.limit, &of.key, of.budget, now).await.unwrap().remaining
}

async fn adjust(store: &impl LimitStore, of: &Charge, amount: i64, now: Micros) {
    store.adjust(of.limit, &of.key, of.budget, amount, now).await.unwrap();
}

async fn a_burst_is_admitted_and_then_what_grows(store: &impl LimitStore) {
    let (now, one) = (today(), charge(0, "burst", rate(10, 3), 1));
    for left in [2, 1, 0] {
        let decision = decide(store, &[one], now).await[0];
        assert_eq!((decision.allowed, decision.limit, decision.remaining), (true, 3, left));
    }
    let denied = decide(store, &[one], now).await[0];
    assert_eq!((denied.allowed, denied.retry_after, denied.reset_after), (false, Some(100_000), 300_000));
    assert!(!admits(store, &[one], now.after(99_999)).await);
    assert!(admits(store, &[one], now.after(100_000)).await);
    assert!(!admits(store, &[one], now.after(100_000)).await);
}

async fn a_denied_request_is_charged_nowhere(store: &impl LimitStore) {
    let now = today();
    let (wide, narrow) = (charge(0, "together", rate(10, 5), 1), charge(1, "together", rate(10, 2), 1));
    let month = charge(2, "together", quota(now, 100), 10);
    for order in [[wide, narrow, month], [month, wide, narrow]] {
        store.reset(LimitId(1), &narrow.key).await.unwrap();
        for _ in 0..2 {
            assert!(admits(store, &order, now).await);
        }
        let before = (remaining(store, &wide, now).await, remaining(store, &month, now).await);
        let denied = decide(store, &order, now).await;
        assert_eq!(denied.iter().filter(|decision| decision.allowed).count(), 2);
        for (decision, charge) in denied.iter().zip(&order).filter(|(decision, _)| decision.allowed) {
            assert_eq!(decision.remaining, remaining(store, charge, now).await);
        }
        assert_eq!((remaining(store, &wide, now).await, remaining(store, &month, now).await), before);
    }
    assert_eq!((remaining(store, &wide, now).await, remaining(store, &month, now).await), (1, 60));
    let month = Charge { cost: 61, ..month };
    assert!(!admits(store, &[wide, month], now).await);
    assert_eq!((remaining(store, &wide, now).await, remaining(store, &month, now).await), (1, 60));
}

async fn a_request_without_charges_is_admitted(store: &impl LimitStore) {
    assert!(admits(store, &[], today()).await);
}

async fn costs_of_nothing_and_of_everything(store: &impl LimitStore) {
    let now = today();
    for budget in [rate(10, 5), quota(now, 5)] {
        let cost = |cost| charge(0, "costs", budget, cost);
        for huge in [6, u64::MAX / 2, u64::MAX] {
            let never = decide(store, &[cost(huge)], now).await[0];
            assert_eq!((never.allowed, never.retry_after, never.remaining), (false, None, 5), "{huge}");
        }
        assert!(admits(store, &[cost(5)], now).await);
        assert!(!admits(store, &[cost(1)], now).await);
        let nothing = decide(store, &[cost(0)], now).await[0];
        assert_eq!((nothing.allowed, nothing.remaining), (true, 0));
    }
}

async fn amounts_change_both_ways(store: &impl LimitStore) {
    let now = today();
    for budget in [rate(10, 20), quota(now, 20)] {
        let one = charge(1, "adjust", budget, 1);
        adjust(store, &one, 15, now).await;
        assert_eq!(remaining(store, &one, now).await, 5);
        adjust(store, &one, -12, now).await;
        assert_eq!(remaining(store, &one, now).await, 17);
        adjust(store, &one, i64::MIN, now).await;
        assert_eq!(remaining(store, &one, now).await, 20, "no more than all is given back");
        adjust(store, &one, i64::MAX, now).await;
        assert_eq!(remaining(store, &one, now).await, 0);
        assert!(!admits(store, &[one], now).await);
    }
}

async fn a_peek_charges_nothing(store: &impl LimitStore) {
    let now = today();
    for budget in [rate(10, 5), quota(now, 5)] {
        let one = charge(0, "peek", budget, 2);
        for _ in 0..3 {
            assert_eq!(remaining(store, &one, now).await, 5);
        }
        assert_eq!(decide(store, &[one], now).await[0].remaining, 3);
        assert_eq!(remaining(store, &one, now).await, 3);
    }
}

async fn a_reset_forgets_both_kinds_of_one_key(store: &impl LimitStore) {
    let now = today();
    let [rate, quota] = [rate(10, 5), quota(now, 5)].map(|budget| charge(2, "reset", budget, 5));
    let other = Charge { key: Key::new("kept").unwrap(), ..rate };
    assert!(admits(store, &[rate, quota, other], now).await);
    store.reset(rate.limit, &rate.key).await.unwrap();
    assert_eq!([remaining(store, &rate, now).await, remaining(store, &quota, now).await], [5, 5]);
    assert_eq!(remaining(store, &other, now).await, 0);
    assert!(admits(store, &[rate, quota], now).await);
}

async fn limits_and_kinds_never_meet(store: &impl LimitStore) {
    let now = today();
    for budget in [rate(10, 5), quota(now, 5)] {
        for limit in 0..3 {
            assert!(admits(store, &[charge(limit, "meet", budget, 5)], now).await);
        }
        assert!(admits(store, &[charge(0, "meet2", budget, 5), charge(0, "", budget, 5)], now).await);
    }
}

async fn a_change_of_the_rate_keeps_what_was_spent(store: &impl LimitStore) {
    let now = today();
    let of = |count, burst| charge(0, "rates", rate(count, burst), 1);
    adjust(store, &of(10, 20), 8, now).await;
    for (count, burst, left) in [(1000, 20, 12), (7, 20, 12), (1, 9, 1), (1, 30, 22), (10, 20, 12)] {
        assert_eq!(remaining(store, &of(count, burst), now).await, left, "{count}/s, burst {burst}");
    }
    assert_eq!(decide(store, &[of(1, 20)], now).await[0].remaining, 11);
    assert_eq!(remaining(store, &of(100, 20), now).await, 11);
    assert!(decide(store, &[of(100, 20)], now).await[0].allowed);
    assert_eq!(decide(store, &[of(10, 20)], now).await[0].remaining, 9);
    let part = store.peek(LimitId(0), &of(1, 1).key, rate(1000, 20), now.after(50_000)).await.unwrap();
    assert_eq!((part.remaining, part.reset_after), (9, 10_500), "and what has grown of the next token");
}

async fn a_smaller_burst_or_a_clock_set_back_locks_nobody_out(store: &impl LimitStore) {
    let now = today();
    let of = |burst| charge(0, "ahead", rate(10, burst), 1);
    adjust(store, &of(1000), 1000, now.after(HOUR)).await;
    assert!(!admits(store, &[of(5), charge(1, "ahead", rate(10, 5), 1)], now).await);
    assert!(!admits(store, &[of(5)], now.after(99_999)).await);
    assert!(admits(store, &[of(5)], now.after(100_000)).await);
}

async fn a_change_of_the_total_keeps_what_was_used(store: &impl LimitStore) {
    let now = today();
    let of = |total| charge(0, "totals", quota(now, total), 1);
    adjust(store, &of(10), 8, now).await;
    assert_eq!(remaining(store, &of(100), now).await, 92);
    assert!(!admits(store, &[of(5)], now).await);
    assert_eq!(remaining(store, &of(10), now).await, 2);
}

async fn a_period_begins_from_nothing_and_an_older_clock_does_not_restart_it(store: &impl LimitStore) {
    let now = today();
    let next = now.after(HOUR);
    let of = |now, cost| charge(1, "periods", quota(now, 10), cost);
    assert!(admits(store, &[of(now, 10)], now).await);
    assert_eq!(decide(store, &[of(next, 4)], next).await[0].remaining, 6);
    let late = decide(store, &[of(now, 7)], now).await[0];
    assert_eq!((late.allowed, late.remaining), (false, 6));
    assert!(admits(store, &[of(now, 1)], now).await);
    adjust(store, &of(now, 0), -3, now).await;
    assert_eq!(remaining(store, &of(next, 0), next).await, 5, "nothing is given back to a later period");
}

#[derive(Debug, Clone)]
enum Step {
    Decide(Vec<(usize, u64)>),
    Adjust(usize, i64),
    Peek(usize),
    Reset(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let cost = prop_oneof![8 => 0_u64..6, 1 => 6_u64..60, 1 => any::<u64>()];
    let costs = prop::collection::btree_map(0_usize..BUDGETS, cost, 1..4);
    prop_oneof![
        8 => costs.prop_map(|costs| Step::Decide(costs.into_iter().collect())),
        2 => (0..BUDGETS, -30_i64..30).prop_map(|(budget, amount)| Step::Adjust(budget, amount)),
        1 => (0..BUDGETS).prop_map(Step::Peek),
        1 => (0..BUDGETS).prop_map(Step::Reset),
        4 => prop_oneof![0_u64..2_000_000, Just(0), Just(HOUR)].prop_map(Step::Wait),
    ]
}

const BUDGETS: usize = 6;

/// The budgets that steps choose from: two keys of a fast and a slow rate, and of a quota.
fn budget(index: usize, run: u64, now: Micros) -> Charge {
    let key = Key::new(&format!("{run}.{}", index % 2)).unwrap();
    let (limit, budget) = match index / 2 {
        0 => (0, rate(700, 20)),
        1 => (1, rate(3, 7)),
        _ => (1, quota(now, 40)),
    };
    Charge { limit: LimitId(limit), key, budget, cost: 0 }
}

fn random_operations_are_decided_as_by_the_oracle(store: &impl LimitStore, runtime: &Runtime) {
    let mut runner = TestRunner::new(Config { failure_persistence: None, cases: 60, ..Config::default() });
    let (runs, began) = (Cell::new(0), today());
    let result = runner.run(&prop::collection::vec(step(), 1..60), |steps| {
        runs.set(runs.get() + 1);
        let (oracle, mut now) = (Oracle::default(), began);
        for step in steps {
            let same = runtime.block_on(both(store, &oracle, &step, runs.get(), &mut now));
            prop_assert!(same.is_ok(), "{step:?}: {same:?}");
        }
        Ok(())
    });
    result.unwrap();
}

/// Takes a step with both; their answers, if they differ.
async fn both(
    store: &impl LimitStore,
    oracle: &Oracle,
    step: &Step,
    run: u64,
    now: &mut Micros,
) -> Result<(), String> {
    let at = |index| budget(index, run, *now);
    match step {
        Step::Decide(costs) => {
            let charges: Vec<Charge> =
                costs.iter().map(|(index, cost)| Charge { cost: *cost, ..at(*index) }).collect();
            same(decide(store, &charges, *now).await, decide(oracle, &charges, *now).await)?;
        }
        Step::Adjust(index, amount) => {
            adjust(store, &at(*index), *amount, *now).await;
            adjust(oracle, &at(*index), *amount, *now).await;
        }
        Step::Peek(index) => {
            let of = at(*index);
            let peek = store.peek(of.limit, &of.key, of.budget, *now).await;
            same(peek, oracle.peek(of.limit, &of.key, of.budget, *now).await)?;
        }
        Step::Reset(index) => {
            store.reset(at(*index).limit, &at(*index).key).await.unwrap();
            oracle.reset(at(*index).limit, &at(*index).key).await.unwrap();
        }
        Step::Wait(micros) => *now = now.after(*micros),
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(store: T, oracle: T) -> Result<(), String> {
    if store == oracle { Ok(()) } else { Err(format!("{store:?}, but the oracle {oracle:?}")) }
}
