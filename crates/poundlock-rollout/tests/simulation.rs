//! The eight invariants of a deployment, over random lives with crashes at every moment.
//!
//! More of them, or one of them again: `cargo run --release -p poundlock-rollout --example machine -- --runs 100000`
//! and `-- --seed N`.

#[path = "simulation/run.rs"]
mod run;

use poundlock_rollout::{
    machine::{Cause, Phase},
    plan::Strategy,
};
use run::{Tally, run, run_killed_at, run_without_stable};

#[test]
fn invariants_hold_in_random_lives() {
    let mut all = Tally::default();
    for seed in 0..3_000 {
        let tally = run(seed).unwrap_or_else(|broken| panic!("seed {seed} breaks invariant {broken}"));
        all.add(&tally);
    }
    // There must have been something to check.
    let counts = [all.crashes, all.torn, all.aborts, all.observed, all.second, all.zombies, all.rewinds];
    assert!(counts.iter().all(|count| *count > 20), "{all:?}");
    let ends = [all.done, all.rolled_back, all.needs_human, all.superseded];
    assert!(ends.iter().all(|count| *count > 50), "{all:?}");
}

#[test]
fn it_goes_on_after_a_crash_at_any_moment() {
    for strategy in [Strategy::blue_green, Strategy::canary, Strategy::rolling] {
        for torn in [false, true] {
            let mut moments = 0;
            let check = |moment| {
                run_killed_at(strategy(), moment, torn)
                    .unwrap_or_else(|error| panic!("moment {moment}: {error}"))
            };
            while let Some(phase) = check(moments) {
                assert_eq!(phase, Phase::Done, "killed at moment {moments}, torn: {torn}");
                moments += 1;
            }
            assert!(moments > 20, "only {moments}");
        }
    }
}

#[test]
fn an_unhealthy_stable_pool_never_stops_the_way_forward() {
    for seed in 0..200 {
        let phase = run_without_stable(seed).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(phase, Phase::Done, "7: seed {seed}");
    }
}

#[test]
fn a_cause_speaks_for_itself() {
    let cause = Cause::NotHealthy { healthy: 1, wanted: 4 };
    assert_eq!(cause.to_string(), "1 of 4 instances were healthy in time");
}
