//! What throttling costs on the path of a request: the decision, and counting what became of it.

use criterion::{Criterion, criterion_group, criterion_main};
use poundlock_limit::throttle::{Admission, Outcome, Priority, Window};
use std::hint::black_box;

fn decide(c: &mut Criterion) {
    for (name, in_flight, expect) in [("admit", 10, true), ("shed", 300, false)] {
        let (mut admission, mut key) = (Admission::default(), 0u64);
        c.bench_function(&format!("throttle/{name}"), |b| {
            b.iter(|| {
                key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let admitted = admission.admit(black_box(in_flight), black_box(280), Priority::Default, key);
                assert_eq!(admitted, expect);
            })
        });
    }
}

fn count(c: &mut Criterion) {
    let (mut window, mut counted) = (Window::default(), 0u64);
    c.bench_function("throttle/sample", |b| {
        b.iter(|| {
            counted += 1;
            window.sample(black_box(20_000), Outcome::Answered);
        })
    });
    let mut other = Window::default();
    (0..counted).for_each(|_| other.sample(20_000, Outcome::Answered));
    assert_eq!(window, other);
}

fn tick(c: &mut Criterion) {
    let mut admission = Admission::default();
    c.bench_function("throttle/admission tick", |b| b.iter(|| admission.tick(black_box(0))));
}

criterion_group!(benches, decide, count, tick);
criterion_main!(benches);
