//! Below the cap no key is lost; above it memory stays as it is and the heaviest keys stay longest.

use super::*;
use std::collections::BTreeMap;

/// A few steps of a generator for keys and lives: xorshift64* (Vigna).
fn random(state: &mut u64) -> u64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    state.wrapping_mul(0x2545_f491_4f6c_dd1d)
}

fn any_key(state: &mut u64) -> Key {
    Key::new(&format!("{:x}", random(state))).unwrap()
}

#[test]
fn at_exactly_the_cap_every_key_is_remembered() {
    for (seed, cap) in [(1, 1), (2, 7), (3, 100), (4, 700), (5, 3_000), (6, 20_000), (7, 20_000), (8, 50_000)]
    {
        let store = MemoryStore::new(&defs(&[cap]), [seed, !seed]);
        let (once, mut state) = (gcra(1, 1), seed);
        let keys: Vec<Key> = (0..cap).map(|_| any_key(&mut state)).collect();
        assert!(keys.iter().all(|key| admits(&store, &[rate(0, *key, once, 1)], NOW)));
        assert!(keys.iter().all(|key| !admits(&store, &[rate(0, *key, once, 1)], NOW)), "of {cap}");
        assert_eq!((store.live_keys(LimitId(0), NOW), store.evictions(LimitId(0))), (cap, 0));
        assert!(
            cap < 3_000 || store.table_bytes(LimitId(0)) <= 20 * cap,
            "{} B",
            store.table_bytes(LimitId(0))
        );
    }
}

/// Texts that are close together, as addresses are, under many seeds: the hash must not keep their distances.
#[test]
fn keys_that_count_up_find_room_as_random_ones_do() {
    for (seed, cap) in (0..100).map(|seed| (seed, 200 + 21 * seed as usize)) {
        let (store, once) = (MemoryStore::new(&defs(&[cap, cap]), [seed, !seed]), gcra(1, 1));
        for n in 0..cap as u64 {
            let letters = [n / 50, n % 50].map(|place| char::from(b'A' + place as u8));
            let counted = Key::new(&letters.iter().collect::<String>()).unwrap();
            assert!(admits(&store, &[rate(0, key(n), once, 1), rate(1, counted, once, 1)], NOW));
        }
        assert_eq!([0, 1].map(|limit| store.evictions(LimitId(limit))), [0, 0], "seed {seed}");
    }
}

/// Keys live from 1 to 64 s and are replaced at once: the fill that is left after turnover is less even than the first.
#[test]
fn turnover_at_the_cap_loses_no_key() {
    for (seed, cap) in [(1, 300), (2, 2_000), (3, 5_000)] {
        let store = MemoryStore::new(&defs(&[cap]), [seed, !seed]);
        let (limit, mut state, mut ends) = (gcra(60, 64), seed, BTreeMap::<u64, Vec<Key>>::new());
        let (mut live, mut now, mut renewed) = (0, NOW, 0);
        while renewed < 12 * cap {
            while live < cap {
                let (key, cost) = (any_key(&mut state), 1 + random(&mut state) % 64);
                assert!(admits(&store, &[rate(0, key, limit, cost)], now));
                ends.entry(now.after(cost * limit.interval()).0).or_default().push(key);
                (live, renewed) = (live + 1, renewed + 1);
            }
            assert_eq!(store.live_keys(LimitId(0), now), cap);
            now = Micros(*ends.keys().next().unwrap());
            live -= ends.remove(&now.0).unwrap().len();
        }
        assert_eq!(store.evictions(LimitId(0)), 0);
        for key in ends.values().flatten() {
            assert!(!admits(&store, &[rate(0, *key, limit, 64)], now), "{key} still owes something");
        }
    }
}

#[test]
fn a_flood_grows_nothing_and_pushes_out_the_lightest() {
    let (store, limit) = (store(1_000), gcra(60, 100));
    let bytes = store.table_bytes(LimitId(0));
    assert!((0..500).all(|n| admits(&store, &[rate(0, key(n), limit, 100)], NOW)));
    for n in 0..100_000 {
        assert!(admits(&store, &[rate(0, key(1_000 + n), limit, 1)], NOW.after(n)));
    }
    assert!((0..500).all(|n| !admits(&store, &[rate(0, key(n), limit, 100)], NOW.after(100_000))));
    assert_eq!(store.table_bytes(LimitId(0)), bytes);
    let (live, lost) = (store.live_keys(LimitId(0), NOW.after(100_000)), store.evictions(LimitId(0)));
    assert!(live as u64 + lost == 100_500 && live >= 1_000, "{live} live, {lost} lost");
}

#[test]
fn a_key_whose_time_has_passed_makes_room_without_loss() {
    let (store, limit) = (store(1_000), gcra(60, 1));
    for n in 0..50_000 {
        assert!(admits(&store, &[rate(0, key(n), limit, 1)], NOW.after(n / 1_000 * Micros::SECOND)));
    }
    assert_eq!(store.evictions(LimitId(0)), 0);
}

#[test]
fn quotas_are_bounded_too() {
    let store = store(100);
    assert!((0..1_000).all(|n| admits(&store, &[quota(0, key(n), 1, 1)], NOW)));
    assert_eq!(store.evictions(LimitId(0)), 900);
    assert_eq!(store.limits[0].quotas.lock().unwrap().len(), 100);
}
