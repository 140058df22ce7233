//! What one request costs the judge: a good answer, a bad one of a new unit, and a verdict.
use criterion::{Criterion, criterion_group, criterion_main};
use poundlock_rollout::judge::{Assignment, Event, Judge, Millis, Outcome, Settings, Verdict, Warmth};
use poundlock_rollout::split::{Unit, Weight};
use std::hint::black_box;

fn event(n: u64, outcome: Outcome, weight: Weight) -> Event<'static> {
    let unit = Unit(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let (assignment, instance) = (Assignment::Drawn(weight), Warmth::WARM);
    Event { at: Millis(n / 100), arm: unit.arm(weight), assignment, unit, outcome, instance, id: "01J8ZC5D" }
}

fn judge() -> Judge {
    Judge::with_slow_limit(Settings::default(), Millis(0), 100.0)
}

fn one_event(c: &mut Criterion) {
    let weight = Weight::new(500).expect("5 % is a weight");
    let cases = [
        ("good", Outcome::Answered(200, 10.0), u64::MAX),
        ("good, 1,000 clients", Outcome::Answered(200, 10.0), 1_000),
        ("bad", Outcome::Answered(500, 10.0), u64::MAX),
        ("bad, 1,000 clients", Outcome::Answered(500, 10.0), 1_000),
    ];
    for (name, outcome, clients) in cases {
        let (mut judge, mut n) = (judge(), 0u64);
        c.bench_function(&format!("event/{name}"), |b| {
            b.iter(|| {
                n += 1;
                judge.observe(black_box(&event(n % clients, outcome, weight)));
            })
        });
        // An outage of both releases is no alarm, and nothing was lost.
        assert!(!matches!(judge.verdict(Millis(n)), Verdict::RollBack(_) | Verdict::Misrouted(_)));
        let explained = judge.explain(Millis(n));
        assert_eq!(explained.stable.requests + explained.candidate.requests, n);
    }
}

fn verdict(c: &mut Criterion) {
    let weight = Weight::new(500).expect("5 % is a weight");
    let mut judge = judge();
    for n in 0..100_000 {
        let outcome = Outcome::Answered(if n % 50 == 0 { 500 } else { 200 }, 10.0);
        judge.observe(&event(n, outcome, weight));
    }
    assert_eq!(judge.verdict(Millis(100_000)), Verdict::Good);
    c.bench_function("verdict", |b| b.iter(|| black_box(judge.verdict(Millis(100_000)))));
}

criterion_group!(benches, one_event, verdict);
criterion_main!(benches);
