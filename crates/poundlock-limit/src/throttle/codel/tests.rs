//! A queue of one server, with and without the RFC's law of dropping.

use super::*;
use proptest::prelude::*;
use std::collections::VecDeque;

/// Plays a queue: one request each `gap(n)` microseconds, 1,000 to serve one. Returns the share that was served of what
/// could have been, and the longest wait of one that was, both in the second half.
fn play(
    gap: impl Fn(u64) -> u64,
    seconds: u64,
    mut law: impl FnMut(Micros, Micros) -> Dequeue,
) -> (f64, u64) {
    let (end, mut arrival, mut number, mut now) = (seconds * Micros::SECOND, 0, 0, 0);
    let (mut queue, mut served, mut longest) = (VecDeque::new(), 0u64, 0);
    while now < end {
        while arrival <= now {
            queue.push_back(arrival);
            arrival += gap(number);
            number += 1;
        }
        let Some(enqueued) = queue.pop_front() else {
            now = arrival;
            continue;
        };
        if law(Micros(now), Micros(enqueued)) == Dequeue::Serve {
            if now >= end / 2 {
                longest = longest.max(now - enqueued);
                served += 1;
            }
            now += 1_000;
        }
    }
    (served as f64 / (end / 2_000) as f64, longest)
}

/// The RFC's law, appendix A, for comparison.
fn rfc() -> impl FnMut(Micros, Micros) -> Dequeue {
    let (mut above, mut dropping, mut next, mut count) = (0, false, 0.0, 0u32);
    move |now, enqueued| {
        let (now, waited) = (now.0, now.since(enqueued));
        if waited < Codel::TARGET_US {
            (above, dropping) = (0, false);
            return Dequeue::Serve;
        }
        if above == 0 {
            above = now + Codel::INTERVAL_US;
        }
        let due = if dropping { now as f64 >= next } else { now >= above };
        if !due {
            return Dequeue::Serve;
        }
        if !dropping {
            (dropping, count, next) = (true, 0, now as f64);
        }
        count += 1;
        next += Codel::INTERVAL_US as f64 / f64::from(count).sqrt();
        Dequeue::Drop
    }
}

#[test]
fn a_standing_queue_is_cut_to_twice_the_target_and_the_server_stays_busy() {
    let mut codel = Codel::default();
    let (served, longest) = play(|_| 500, 10, |now, at| codel.on_dequeue(now, at));
    assert!(served > 0.99, "{served}");
    assert!(longest <= 2 * Codel::TARGET_US, "{longest}");
}

#[test]
fn the_law_for_tcp_lets_requests_wait_for_seconds() {
    let (_, longest) = play(|_| 500, 10, rfc());
    assert!(longest > Micros::SECOND, "{longest}");
}

#[test]
fn a_burst_that_drains_within_the_interval_is_served_whole() {
    // 80 at once, then nothing until 200 ms after the last burst.
    let gap = |n| if n % 80 == 79 { 200_000 } else { 0 };
    let mut codel = Codel::default();
    let (served, longest) = play(gap, 20, |now, at| codel.on_dequeue(now, at));
    assert!((served - 0.4).abs() < 0.01, "{served}");
    assert!(longest > 70_000, "{longest}");
}

#[test]
fn overload_is_forgotten_after_a_pause() {
    let mut codel = Codel::default();
    let mut now = Micros(0);
    for _ in 0..300 {
        now = now.after(1_000);
        codel.on_dequeue(now, Micros(now.0.saturating_sub(50_000)));
    }
    assert_eq!(codel.on_dequeue(now, Micros(now.0 - 50_000)), Dequeue::Drop);
    let later = now.after(10 * Codel::INTERVAL_US);
    assert_eq!(codel.on_dequeue(later, Micros(later.0 - 50_000)), Dequeue::Serve);
}

#[test]
fn a_clock_set_back_does_not_make_it_drop_for_long() {
    let mut codel = Codel::default();
    let waited = |now: Micros| Micros(now.0 - 50_000);
    let late = Micros(3_600 * Micros::SECOND);
    for n in 0..300 {
        codel.on_dequeue(late.after(n * 1_000), waited(late.after(n * 1_000)));
    }
    let early = |n: u64| Micros(Micros::SECOND + n * 1_000);
    (0..300).for_each(|n| assert_eq!(codel.on_dequeue(early(n), early(n)), Dequeue::Serve));
    assert_eq!(codel.on_dequeue(early(300), waited(early(300))), Dequeue::Serve);
}

proptest! {
    #[test]
    fn what_waited_for_less_than_twice_the_target_is_never_dropped(
        steps in prop::collection::vec((any::<u32>(), any::<u32>(), any::<bool>()), 0..500),
    ) {
        let (mut codel, mut now) = (Codel::default(), Micros(0));
        for (step, waited, back) in steps {
            now = if back { Micros(now.0.saturating_sub(step.into())) } else { now.after(u64::from(step) % 200_000) };
            let at = Micros(now.0.saturating_sub(u64::from(waited) % 30_000));
            let verdict = codel.on_dequeue(now, at);
            prop_assert!(verdict == Dequeue::Serve || now.since(at) > 2 * Codel::TARGET_US);
        }
    }
}
