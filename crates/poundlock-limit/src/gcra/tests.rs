//! Properties of the arithmetic, against a bucket that is kept as a fraction.

use super::*;
use proptest::prelude::*;

fn gcra(count: u64, period: Duration, burst: u64) -> Gcra {
    Gcra::new(NonZeroU64::new(count).unwrap(), period, NonZeroU64::new(burst).unwrap()).unwrap()
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_hundred_a_minute_admits_a_hundred_at_once_and_then_one_each_600_ms() {
    let (limit, mut tat, now) = (gcra(100, MINUTE, 100), Micros::default(), Micros(1_000_000_000));
    for n in (0..100).rev() {
        let (decision, next) = limit.decide(tat, now, 1);
        assert_eq!((decision.allowed, decision.remaining, decision.limit), (true, n, 100));
        tat = next;
    }
    let (denied, _) = limit.decide(tat, now, 1);
    assert_eq!((denied.allowed, denied.remaining, denied.retry_after), (false, 0, Some(600_000)));
    assert!(!limit.decide(tat, now.after(599_999), 1).0.allowed);
    assert!(limit.decide(tat, now.after(600_000), 1).0.allowed);
}

#[test]
fn costs_of_nothing_and_of_too_much() {
    let (limit, now) = (gcra(10, MINUTE, 5), Micros(7_000_000));
    let (free, tat) = limit.decide(Micros::default(), now, 0);
    assert_eq!((free.allowed, free.remaining, tat), (true, 5, now));
    for cost in [6, u64::MAX / 2, u64::MAX] {
        let (denied, tat) = limit.decide(Micros::default(), now, cost);
        assert_eq!((denied.allowed, denied.retry_after, denied.remaining, tat), (false, None, 5, now));
    }
}

#[test]
fn a_rate_that_microseconds_cannot_keep_names_its_neighbours() {
    let rate = |count| Gcra::new(NonZeroU64::new(count).unwrap(), Duration::from_secs(1), NonZeroU64::MIN);
    assert!(rate(10_000).is_ok() && rate(9_999).is_ok() && rate(100_000).is_ok() && rate(1_000_000).is_ok());
    assert_eq!(rate(350_000), Err(RateError::Precision { below: 333_333, above: 500_000 }));
    assert_eq!(rate(2_000_000), Err(RateError::Precision { below: 1_000_000, above: 1_000_000 }));
    assert_eq!(Gcra::new(NonZeroU64::MIN, Duration::ZERO, NonZeroU64::MIN), Err(RateError::Period));
    assert_eq!(Gcra::new(NonZeroU64::MIN, MINUTE, NonZeroU64::MAX), Err(RateError::Burst));
}

#[test]
fn a_clock_set_back_leaves_an_empty_bucket_not_a_lock_out() {
    let (limit, now) = (gcra(1, Duration::from_secs(1), 10), Micros(3_600_000_000));
    let (_, tat) = limit.decide(Micros::default(), now, 1);
    let earlier = Micros(1_000_000);
    assert!(limit.decide(tat, earlier, 1).0.retry_after.unwrap() <= Micros::SECOND);
}

proptest! {
    /// In any window, no more than the burst and what grows in the window is admitted, whatever the costs.
    #[test]
    fn never_more_than_burst_plus_rate_times_time(
        count in 1u64..2_000, burst in 1u64..200,
        steps in prop::collection::vec((0u64..100_000, 0u64..20), 1..400),
    ) {
        let limit = gcra(count, MINUTE, burst);
        let (mut tat, mut now, mut admitted) = (Micros::default(), Micros(1_000), Vec::new());
        for (wait, cost) in steps {
            now = now.after(wait);
            let (decision, next) = limit.decide(tat, now, cost);
            if decision.allowed {
                tat = next;
                admitted.push((now, cost));
            }
            prop_assert!(decision.remaining <= burst);
            prop_assert!(!decision.allowed || decision.retry_after.is_none());
        }
        for (i, (from, _)) in admitted.iter().enumerate() {
            let mut sum = 0;
            for (at, cost) in &admitted[i..] {
                sum += cost;
                prop_assert!(sum <= burst + at.since(*from) / limit.interval() + 1, "{} in {} µs", sum, at.since(*from));
            }
        }
    }

    /// What nodes grant apart is no more than what they grant together, but for one token each.
    #[test]
    fn parts_are_no_more_than_the_whole(count in 1u64..10_000, burst in 1u64..10_000, nodes in 1u32..100) {
        let (whole, part) = (gcra(count, MINUTE, burst), gcra(count, MINUTE, burst).part_of(nodes));
        let together = part.burst() * u64::from(nodes);
        prop_assert!(together <= whole.burst() || part.burst() == 1);
        prop_assert!(part.interval() / u64::from(nodes) >= whole.interval());
        prop_assert!(u128::from(part.span()) <= Gcra::MAX_SPAN.as_micros());
    }

    /// A denied request that comes back after `retry_after` is admitted, and not a microsecond earlier.
    #[test]
    fn retry_after_is_exact(count in 1u64..2_000, burst in 1u64..50, cost in 1u64..50, debt in 0u64..100_000_000) {
        let (limit, now) = (gcra(count, MINUTE, burst), Micros(1_000_000_000));
        let tat = now.after(debt);
        if let (Decision { retry_after: Some(wait), .. }, _) = limit.decide(tat, now, cost) {
            let tat = now.after(debt.min(limit.span()));
            prop_assert!(limit.decide(tat, now.after(wait), cost).0.allowed);
            prop_assert!(!limit.decide(tat, now.after(wait - 1), cost).0.allowed);
        }
    }

    /// A refund undoes a charge: what was spent can be spent again.
    #[test]
    fn a_refund_restores(burst in 1u64..50, cost in 0u64..50, debt in 0u64..10_000_000) {
        let (limit, now) = (gcra(100, MINUTE, burst), Micros(1_000_000_000));
        let tat = now.after(debt.min(limit.span()));
        let before = limit.decide(tat, now, 0).0;
        if let (Decision { allowed: true, .. }, spent) = limit.decide(tat, now, cost) {
            prop_assert_eq!(limit.decide(limit.refund(spent, cost), now, 0).0, before);
        }
    }

    /// A new rate keeps the tokens that were spent, to the token.
    #[test]
    fn a_change_of_rate_keeps_what_was_spent(old in 1u64..1_000, new in 1u64..1_000, burst in 1u64..100, spent in 0u64..100) {
        let (before, after) = (gcra(old, MINUTE, 100), gcra(new, MINUTE, burst));
        let now = Micros(1_000_000_000);
        let (_, tat) = before.decide(Micros::default(), now, spent);
        let left = after.decide(after.rescale(before, tat, now), now, 0).0.remaining;
        prop_assert_eq!(left, burst.saturating_sub(spent));
    }
}
