//! A changed configuration keeps what was consumed, to the token.

use super::*;

fn left(store: &MemoryStore, key: Key, gcra: Gcra, now: Micros) -> u64 {
    store.decide_now(&[rate(0, key, gcra, 0)], now).decisions[0].remaining
}

fn spent_by_forty_keys(before: Gcra) -> MemoryStore {
    let store = store(50);
    for n in 0..40 {
        assert_eq!(admitted(&store, &[rate(0, key(n), before, 1)], NOW, n as usize), n as usize);
    }
    store
}

#[test]
fn another_rate_and_another_burst() {
    let before = gcra(100, 100);
    for after in [gcra(100, 50), gcra(10, 100), gcra(6_000, 30), gcra(1, 200), gcra(1_000_000, 1_000)] {
        let told = spent_by_forty_keys(before).reconfigure(&defs(&[50, 50]), &[Some(after)], NOW);
        let learns = spent_by_forty_keys(before);
        for n in 0..40 {
            for store in [&told, &learns] {
                assert_eq!(
                    left(store, key(n), after, NOW),
                    after.burst().saturating_sub(n),
                    "{n} of {after:?}"
                );
            }
        }
    }
}

#[test]
fn conversion_is_as_of_the_change() {
    let (before, after) = (gcra(60, 100), gcra(6, 100));
    let store = spent_by_forty_keys(before).reconfigure(&defs(&[50, 50]), &[Some(after)], NOW);
    assert_eq!(left(&store, key(39), after, NOW.after(20 * Micros::SECOND)), 63);
}

#[test]
fn another_size_carries_everything_over_and_a_smaller_one_counts_what_it_loses() {
    let limit = gcra(100, 100);
    for size in [40, 41, 1_000, 100_000] {
        let store = spent_by_forty_keys(limit).reconfigure(&defs(&[size, 50]), &[], NOW);
        assert!((0..40).all(|n| left(&store, key(n), limit, NOW) == 100 - n), "{size}");
        assert_eq!((store.live_keys(LimitId(0), NOW), store.evictions(LimitId(0))), (39, 0));
    }
    let big = store(2_000);
    assert!((0..2_000).all(|n| admits(&big, &[rate(0, key(n), limit, 1)], NOW)));
    let small = big.reconfigure(&defs(&[300, 50]), &[Some(limit)], NOW);
    let (live, lost) = (small.live_keys(LimitId(0), NOW), small.evictions(LimitId(0)));
    assert!(live as u64 + lost == 2_000 && live >= 300, "{live} live, {lost} lost");
}

#[test]
fn size_and_rate_at_once_and_many_times() {
    let (mut store, mut spent) = (store(50), 0);
    for n in 0..60 {
        let limit = gcra(100 + n, 1_000);
        store = store.reconfigure(&defs(&[50 + n as usize / 25, 50]), &[Some(limit)], NOW);
        assert!(admits(&store, &[rate(0, key(1), limit, 1)], NOW));
        spent += 1;
        // Rounding to microseconds takes less than one token each time and never gives one.
        let seen = 1_000 - left(&store, key(1), limit, NOW);
        assert!((spent..=spent + 1).contains(&seen), "{seen} of {spent}");
    }
}

#[test]
fn a_request_of_the_old_configuration_is_decided_by_the_new_rate() {
    let (before, after) = (gcra(6_000, 10), gcra(60, 10));
    for size in [50, 500] {
        let old = store(50);
        assert_eq!(admitted(&old, &[rate(0, key(1), before, 1)], NOW, 99), 10);
        let new = old.reconfigure(&defs(&[size, 50]), &[Some(after)], NOW);
        let second = NOW.after(Micros::SECOND);
        let both = [(&old, before), (&new, after)]
            .map(|(store, gcra)| [rate(0, key(1), gcra, 1)].map(|c| (store, c)));
        let total: usize = both.iter().flatten().map(|(store, c)| admitted(store, &[*c], second, 99)).sum();
        assert_eq!(total, 1, "one token has grown");
        assert_eq!(admitted(&old, &[rate(0, key(2), before, 1), quota(0, key(2), 3, 1)], NOW, 9), 3);
        assert_eq!((left(&new, key(2), after, NOW), old.live_keys(LimitId(0), NOW)), (7, 2));
    }
}

#[test]
fn more_rates_than_a_table_has_units() {
    let store = store(50);
    for n in 1..=60 {
        assert!(admits(&store, &[rate(0, key(n), gcra(n, 100), 1)], NOW));
    }
    let limit = gcra(77, 100);
    let next = store.reconfigure(&defs(&[50, 50]), &[Some(limit)], NOW);
    assert!((1..=60).all(|n| (98..=99).contains(&left(&next, key(n), limit, NOW))));
}

#[test]
fn names_decide_what_goes_on() {
    let (store, limit) = (store(50), gcra(60, 5));
    assert!(admits(&store, &[rate(1, key(1), limit, 5), quota(1, key(1), 5, 5)], NOW));
    let swapped: Vec<LimitDef> = defs(&[50, 50]).into_iter().rev().chain(defs(&[9, 9, 9]).pop()).collect();
    let next = store.reconfigure(&swapped, &[], NOW);
    assert!(
        !admits(&next, &[rate(0, key(1), limit, 1)], NOW) && !admits(&next, &[quota(0, key(1), 5, 1)], NOW)
    );
    assert!(admits(&next, &[rate(1, key(1), limit, 1), rate(2, key(1), limit, 1)], NOW));
}
