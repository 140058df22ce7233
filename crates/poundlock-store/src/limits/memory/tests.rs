//! What the store promises: exactly the budget, all or nothing, no lost key below the cap.

mod cap;
mod change;
mod interleavings;
mod model;
mod race;

use super::*;
use poundlock_limit::Window;
use std::num::NonZeroU64;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const NOW: Micros = Micros(1_700_000_000_000_000);
const HOUR: u64 = 3600 * Micros::SECOND;
const SEED: [u64; 2] = [0x5eed, 0x0dd5];

fn gcra(per_minute: u64, burst: u64) -> Gcra {
    let count = |n| NonZeroU64::new(n).unwrap();
    Gcra::new(count(per_minute), Duration::from_secs(60), count(burst)).unwrap()
}

fn key(n: u64) -> Key {
    Key::new(&format!("10.{}.{}.{}", (n >> 16) & 255, (n >> 8) & 255, n & 255)).unwrap()
}

fn rate(limit: u16, key: Key, gcra: Gcra, cost: u64) -> Charge {
    Charge { limit: LimitId(limit), key, budget: Budget::Rate(gcra), cost }
}

fn quota(limit: u16, key: Key, total: u64, cost: u64) -> Charge {
    let window = Window { start: Micros(NOW.0 - HOUR), end: NOW.after(HOUR), total };
    Charge { limit: LimitId(limit), key, budget: Budget::Quota(window), cost }
}

fn defs(sizes: &[usize]) -> Vec<LimitDef> {
    let def = |(n, max_keys): (usize, &usize)| LimitDef { name: format!("limit-{n}"), max_keys: *max_keys };
    sizes.iter().enumerate().map(def).collect()
}

fn store(max_keys: usize) -> MemoryStore {
    MemoryStore::new(&defs(&[max_keys, max_keys]), SEED)
}

fn admits(store: &MemoryStore, charges: &[Charge], now: Micros) -> bool {
    store.decide_now(charges, now).admitted()
}

/// How many of `attempts` are admitted.
fn admitted(store: &MemoryStore, charges: &[Charge], now: Micros, attempts: usize) -> usize {
    (0..attempts).filter(|_| admits(store, charges, now)).count()
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("memory never waits"),
    }
}

#[test]
fn admits_the_burst_and_then_what_grows() {
    let (store, one) = (store(100), [rate(0, key(1), gcra(100, 20), 1)]);
    assert_eq!(admitted(&store, &one, NOW, 50), 20);
    assert!(!admits(&store, &one, NOW.after(599_999)) && admits(&store, &one, NOW.after(600_000)));
    assert_eq!(admitted(&store, &one, NOW.after(HOUR), 50), 20);
    let decision = store.decide_now(&one, NOW.after(HOUR)).decisions[0];
    assert_eq!((decision.limit, decision.remaining, decision.retry_after), (20, 0, Some(600_000)));
}

#[test]
fn keys_limits_and_kinds_never_meet() {
    let store = store(100);
    for limit in [0, 1] {
        for n in 0..50 {
            assert_eq!(admitted(&store, &[rate(limit, key(n), gcra(60, 3), 1)], NOW, 5), 3);
            assert_eq!(admitted(&store, &[quota(limit, key(n), 4, 1)], NOW, 6), 4);
        }
    }
    assert_eq!((store.live_keys(LimitId(0), NOW), store.live_keys(LimitId(1), NOW)), (50, 50));
}

#[test]
fn a_denied_request_is_charged_nowhere() {
    let (store, a, b) = (store(100), key(1), key(2));
    let all = [
        rate(0, a, gcra(60, 9), 2),
        quota(0, a, 9, 3),
        rate(0, b, gcra(60, 1), 1),
        rate(1, a, gcra(60, 9), 1),
    ];
    assert!(admits(&store, &all, NOW));
    let denied = store.decide_now(&all, NOW);
    let seen: Vec<_> = denied.decisions.iter().map(|d| (d.allowed, d.remaining, d.retry_after)).collect();
    let second = Some(Micros::SECOND);
    assert_eq!(seen, [(true, 7, None), (true, 6, None), (false, 0, second), (true, 8, None)]);
    assert_eq!(store.decide_now(&all, NOW), denied, "nothing was charged");
    let free: Vec<Charge> = all.iter().map(|charge| Charge { cost: 0, ..*charge }).collect();
    let left: Vec<u64> = store.decide_now(&free, NOW).decisions.iter().map(|d| d.remaining).collect();
    assert_eq!(left, [7, 6, 0, 8]);
}

#[test]
fn a_grant_lasts_as_long_as_it_is_brought() {
    let (store, plain) = (store(100), gcra(60, 10));
    let granted = plain.with_extra(5);
    assert_eq!(admitted(&store, &[rate(0, key(1), granted, 1)], NOW, 99), 15);
    assert_eq!(admitted(&store, &[rate(0, key(2), plain, 1)], NOW, 99), 10);
    // The neighbours' conversion to another rate and back must not cut what was granted.
    let wide = rate(0, key(3), gcra(600, 1), 1);
    assert!(admits(&store, &[wide], NOW));
    let left = store.decide_now(&[rate(0, key(1), granted, 0)], NOW.after(3 * Micros::SECOND)).decisions[0];
    assert_eq!(left.remaining, 3);
}

#[test]
fn a_clock_set_back_costs_an_empty_bucket_at_most() {
    for step in [2 * Micros::SECOND, HOUR, NOW.0] {
        let (store, one) = (store(100), [rate(0, key(1), gcra(60, 10), 1)]);
        let both = [one[0], rate(1, key(1), gcra(60, 1), 1)];
        assert_eq!(admitted(&store, &both, NOW, 2), 1);
        assert_eq!(admitted(&store, &one, NOW, 20), 9);
        let back = Micros(NOW.0 - step);
        assert!(!admits(&store, &both, back), "together with others");
        assert!(!admits(&store, &one, back.after(999_999)));
        assert!(admits(&store, &one, back.after(Micros::SECOND)), "one token has grown since the first look");
        assert_eq!(admitted(&store, &one, back.after(11 * Micros::SECOND), 20), 10);
    }
}

#[test]
fn a_late_reader_of_the_clock_gives_no_token_back() {
    let (store, one) = (store(100), [rate(0, key(1), gcra(60_000, 10), 1)]);
    let mut total = admitted(&store, &one, NOW, 99);
    for n in 1..=100u64 {
        // Each asks 50 ms late, when 50 tokens fewer have grown.
        let now = NOW.after(n * 1_000);
        assert!(!admits(&store, &one, Micros(now.0 - 50_000)));
        total += admitted(&store, &one, now, 5);
    }
    assert_eq!(total, 110);
}

#[test]
fn strange_costs_and_clocks_do_no_harm() {
    let (store, limit) = (store(4), gcra(60, 10));
    for now in [0, 1, NOW.0, u64::MAX - 1, u64::MAX] {
        for cost in [11, u64::MAX / 2, u64::MAX] {
            let decision = store.decide_now(&[rate(0, key(now), limit, cost)], Micros(now)).decisions[0];
            assert_eq!((decision.allowed, decision.retry_after), (false, None));
        }
        assert_eq!(admitted(&store, &[rate(0, key(now), limit, 1)], Micros(now), 20), 10, "at {now}");
        assert!(admits(&store, &[rate(0, key(now), limit, 0)], Micros(now)));
    }
    let nowhere = store.decide_now(&[rate(0, key(7), limit, 1), rate(9, key(7), limit, 1)], NOW);
    assert!(!nowhere.admitted() && nowhere.decisions.len() == 2);
    assert!(matches!(ready(store.decide(&[rate(9, key(7), limit, 1)], NOW)), Err(StoreError::Failed(_))));
    assert!(store.decide_now(&[], NOW).admitted());
}

#[test]
fn adjust_peek_and_reset() {
    let (store, budget, a) = (store(100), Budget::Rate(gcra(60, 10)), key(1));
    let (id, window) = (LimitId(0), quota(0, a, 10, 1).budget);
    for budget in [budget, window] {
        let left = || ready(store.peek(id, &a, budget, NOW)).unwrap().remaining;
        let adjust = |amount| ready(store.adjust(id, &a, budget, amount, NOW)).unwrap();
        assert_eq!(left(), 10);
        assert_eq!([4, -1, -9, 3].map(|amount| (adjust(amount), left()).1), [6, 7, 10, 7]);
        let extremes = [i64::MAX, i64::MIN, -9, 5].map(|amount| (adjust(amount), left()).1);
        assert_eq!((extremes[0], extremes[2], extremes[3]), (0, 10, 5));
        ready(store.reset(id, &a)).unwrap();
        assert_eq!(left(), 10);
    }
    assert_eq!(store.live_keys(id, NOW), 0);
}
