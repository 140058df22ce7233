//! Threads: together they get what one would have got.

use super::*;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::thread;

const THREADS: usize = 4;

/// Runs `work` in threads that start together; what they admitted in all.
fn together(work: impl Fn(usize) -> usize + Sync) -> usize {
    let (total, start) = (AtomicUsize::new(0), Barrier::new(THREADS));
    thread::scope(|scope| {
        for n in 0..THREADS {
            let (work, total, start) = (&work, &total, &start);
            scope.spawn(move || {
                start.wait();
                total.fetch_add(work(n), Ordering::Relaxed);
            });
        }
    });
    total.into_inner()
}

#[test]
fn new_keys_are_admitted_exactly_their_burst() {
    // At the cap, so that keys of one bucket meet; each thread goes through all keys from another end.
    let (store, limit, keys) = (store(2_000), gcra(1, 3), 2_000);
    let total = together(|n| {
        let order = (0..2 * keys).map(|k| key(if n % 2 == 0 { k % keys } else { keys - 1 - k % keys }));
        order.map(|key| admitted(&store, &[rate(0, key, limit, 1)], NOW, 2)).sum()
    });
    assert_eq!((total, store.evictions(LimitId(0))), (3 * keys as usize, 0));
}

#[test]
fn requests_with_several_keys_neither_lock_up_nor_admit_too_much() {
    let (store, limit) = (store(40), gcra(1, 50));
    let total = together(|n| {
        (0..4_000u64)
            .filter(|k| {
                let (a, b) = (key(k * (n as u64 + 1) % 20), key(20 + k % 7));
                let mut all =
                    [rate(0, a, limit, 1), rate(0, b, limit, 1), rate(1, a, limit, 1), quota(0, b, 40, 1)];
                all.rotate_left(n);
                admits(&store, &all, NOW)
            })
            .count()
    });
    let spent: u64 = (0..20)
        .map(|k| 50 - store.decide_now(&[rate(1, key(k), limit, 0)], NOW).decisions[0].remaining)
        .sum();
    assert_eq!((total, spent), (7 * 40, 7 * 40), "the quotas of seven keys, and nothing for what was denied");
}

#[test]
fn changes_under_load_admit_nothing_twice() {
    let limits = [gcra(1, 40), gcra(3, 40), gcra(1, 40)];
    let (first, keys, going) = (store(300), 200, AtomicBool::new(true));
    let current = Mutex::new((Arc::new(first), limits[0]));
    let total = AtomicUsize::new(0);
    thread::scope(|scope| {
        for n in 0..THREADS {
            let (current, total, going) = (&current, &total, &going);
            scope.spawn(move || {
                for round in 0..60u64 {
                    // Like a worker, each holds on to its snapshot for a while after a newer one is there.
                    let (store, limit) = current.lock().unwrap().clone();
                    let ask =
                        |k| admitted(&store, &[rate(0, key((k + n as u64 * 7) % keys), limit, 1)], NOW, 1);
                    total.fetch_add((0..keys).map(ask).sum(), Ordering::Relaxed);
                    if n == 0 && round == 59 {
                        going.store(false, Ordering::Relaxed);
                    }
                }
            });
        }
        for turn in 1usize.. {
            if !going.load(Ordering::Relaxed) {
                break;
            }
            let (old, limit) = (current.lock().unwrap().0.clone(), limits[turn % 3]);
            let new = old.reconfigure(&defs(&[300 + turn % 5 * 100, 300]), &[Some(limit)], NOW);
            *current.lock().unwrap() = (Arc::new(new), limit);
        }
    });
    let (store, limit) = current.into_inner().unwrap();
    let rest: usize = (0..keys).map(|k| admitted(&store, &[rate(0, key(k), limit, 1)], NOW, 99)).sum();
    assert_eq!((total.into_inner() + rest, store.evictions(LimitId(0))), (40 * keys as usize, 0));
}
