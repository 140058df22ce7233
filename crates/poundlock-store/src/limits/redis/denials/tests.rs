//! What may and what must not be answered from memory.

use super::*;
use poundlock_limit::{Decision, Gcra, Micros, Window};
use std::num::NonZeroU64;

fn charge(key: &str, burst: u64, cost: u64) -> Charge {
    let n = |n| NonZeroU64::new(n).unwrap();
    let rate = Gcra::new(n(10), Duration::from_secs(1), n(burst)).unwrap();
    Charge { limit: LimitId(0), key: Key::new(key).unwrap(), budget: Budget::Rate(rate), cost }
}

fn quota(total: u64) -> Charge {
    let budget = Budget::Quota(Window { start: Micros(0), end: Micros(9), total });
    Charge { limit: LimitId(1), key: Key::EMPTY, budget, cost: 1 }
}

fn denied(retry_after: u64) -> Decision {
    Decision {
        allowed: false,
        limit: 1,
        remaining: 0,
        reset_after: retry_after,
        retry_after: Some(retry_after),
    }
}

fn verdict(decisions: &[Decision]) -> Verdict {
    Verdict { decisions: decisions.into() }
}

#[test]
fn a_denial_holds_until_its_time_counted_from_before_the_question() {
    let (denials, asked) = (Denials::new(64), Instant::now());
    let answered = asked + Duration::from_millis(30);
    denials.remember(&[charge("a", 5, 1)], &verdict(&[denied(100_000)]), asked, answered);
    let at = |ms| denials.find(&[charge("a", 5, 1)], asked + Duration::from_millis(ms));
    assert_eq!(at(60).unwrap().decisions[0].retry_after, Some(40_000));
    assert_eq!(at(100), None);
}

#[test]
fn a_denial_holds_for_a_second_at_most() {
    let (denials, now) = (Denials::new(64), Instant::now());
    let never = Decision { retry_after: None, ..denied(0) };
    denials.remember(&[charge("a", 5, 9)], &verdict(&[never]), now, now);
    assert!(denials.find(&[charge("a", 5, 9)], now + Duration::from_millis(999)).is_some());
    assert!(denials.find(&[charge("a", 5, 9)], now + LONGEST).is_none());
}

#[test]
fn what_might_be_admitted_is_not_denied() {
    let (denials, now) = (Denials::new(64), Instant::now());
    let other = Decision { allowed: true, ..denied(0) };
    denials.remember(&[charge("a", 5, 3), quota(7)], &verdict(&[denied(500_000), other]), now, now);
    let known = |charges: &[Charge]| denials.find(charges, now).is_some();
    assert!(known(&[charge("a", 5, 3), quota(7)]));
    assert!(known(&[charge("a", 5, 4), quota(7)]));
    assert!(!known(&[charge("a", 5, 2), quota(7)]), "it costs less");
    assert!(!known(&[charge("a", 6, 3), quota(7)]), "a larger burst was granted");
    assert!(!known(&[charge("b", 5, 3), quota(7)]), "another key");
    assert!(!known(&[charge("a", 5, 3)]), "other budgets, whose state is not known");
    assert!(!known(&[charge("a", 5, 3), quota(8)]), "another quota");
    denials.forget(LimitId(0), &Key::new("a").unwrap());
    assert!(!known(&[charge("a", 5, 3), quota(7)]));
}

#[test]
fn denials_of_quotas_are_not_remembered_and_memory_is_bounded() {
    let (denials, now) = (Denials::new(64), Instant::now());
    denials.remember(&[quota(1)], &verdict(&[denied(500_000)]), now, now);
    assert!(denials.find(&[quota(1)], now).is_none());
    for i in 0..10_000 {
        denials.remember(&[charge(&i.to_string(), 5, 1)], &verdict(&[denied(500_000)]), now, now);
    }
    let held = denials.shards.iter().map(|shard| shard.lock().unwrap().len()).sum::<usize>();
    assert!((16..=64).contains(&held), "{held}");
}
