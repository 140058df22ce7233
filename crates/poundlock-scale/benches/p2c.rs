//! What one balancing decision costs over pools of several sizes.
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn p2c(c: &mut Criterion) {
    for n in [2usize, 10, 1000] {
        let loads: Vec<Option<u32>> = (0..n).map(|i| Some(i as u32 % 7)).collect();
        let mut random = 0x9e3779b97f4a7c15u64;
        c.bench_function(&format!("p2c/{n}"), |b| {
            b.iter(|| {
                random = random.rotate_left(23).wrapping_mul(0xbf58476d1ce4e5b9);
                let picked = poundlock_scale::p2c(n, random, |i| loads[i]);
                assert!(picked.is_some());
                black_box(picked)
            })
        });
    }
}

criterion_group!(benches, p2c);
criterion_main!(benches);
