//! The throttle against simulated upstreams: the bars that it has to clear, with ten seeds for each scenario. Some are cut
//! short here, to the seconds that are counted.
//!
//! `cargo run --release -p poundlock-limit --example throttle` prints how it and others do, at full length.

mod ours;
mod scenario;
mod sim;

use ours::Ours;
use poundlock_limit::throttle::Priority;
use scenario::{SECOND, Scenario};
use sim::{Outcome, run};

const SEEDS: std::ops::RangeInclusive<u64> = 1..=10;
/// Goodput, in per cent of what an upstream without a queue would have answered.
const GOODPUT: f64 = 90.0;
/// The 99th percentile of the answers, in milliseconds: half of what a client waits for.
const P99_MS: usize = 500;
/// Rejections under a load that the upstream can bear, in per cent of what arrived.
const FALSE_REJECTIONS: f64 = 1.0;

/// Runs the scenario whose name begins so, and says which seed does not hold.
fn check(list: Vec<Scenario>, name: &str, seconds: u64, holds: impl Fn(&Scenario, Outcome) -> bool) {
    let mut named = list.into_iter().filter(|scenario| scenario.name.starts_with(name));
    let mut scenario = named.next().expect("a scenario is called so");
    assert!(named.next().is_none(), "one scenario is called {name}");
    assert!(scenario.count_from + seconds * SECOND <= scenario.end, "it is that long");
    scenario.end = scenario.count_from + seconds * SECOND;
    for seed in SEEDS {
        let outcome = run(&scenario, seed, &mut Ours::default());
        assert!(holds(&scenario, outcome), "{}, seed {seed}: {outcome:?}", scenario.name);
    }
}

fn check_goodput(name: &str, seconds: u64) {
    check(scenario::overloads(), name, seconds, |scenario, outcome| {
        100.0 * outcome.good as f64 >= GOODPUT * scenario.useful() && outcome.p99_ms <= P99_MS
    });
}

fn check_bearable(name: &str, seconds: u64) {
    check(scenario::bearable(), name, seconds, |_, outcome| {
        outcome.all.rejected_percent() <= FALSE_REJECTIONS && outcome.p99_ms <= P99_MS
    });
}

#[test]
fn goodput_step_to_twice() {
    check_goodput("step to 2x", 40);
}

#[test]
fn goodput_step_to_ten_times() {
    check_goodput("step to 10x", 30);
}

#[test]
fn goodput_capacity_to_a_third_servers_lost() {
    check_goodput("capacity to 1/3: servers lost", 40);
}

#[test]
fn goodput_capacity_to_a_third_all_slower() {
    check_goodput("capacity to 1/3: all slower", 40);
}

#[test]
fn goodput_bimodal_latency() {
    check_goodput("bimodal latency", 40);
}

#[test]
fn goodput_heavy_tailed_latency() {
    check_goodput("heavy-tailed latency", 40);
}

#[test]
fn goodput_just_over() {
    check_goodput("just over", 40);
}

#[test]
fn goodput_eight_instances() {
    check_goodput("8 instances", 40);
}

#[test]
fn goodput_all_slower_for_30_s() {
    check_goodput("all slower for 30 s", 60);
}

#[test]
fn goodput_stalls() {
    check_goodput("stalls", 40);
}

#[test]
fn goodput_bursts() {
    check_goodput("bursts", 30);
}

#[test]
fn goodput_two_servers() {
    check_goodput("2 servers", 120);
}

#[test]
fn goodput_many_servers() {
    check_goodput("256 servers", 10);
}

#[test]
fn goodput_twenty_minutes() {
    check_goodput("20 minutes", 1200);
}

#[test]
fn bearable_3two_servers() {
    check_bearable("0.7x, 32 servers", 30);
}

#[test]
fn bearable_bimodal() {
    check_bearable("0.7x, bimodal", 60);
}

#[test]
fn bearable_two_servers() {
    check_bearable("0.7x, 2 servers", 240);
}

#[test]
fn bearable_many_servers() {
    check_bearable("0.7x, 256 servers", 10);
}

#[test]
fn bearable_heavy_tailed() {
    check_bearable("0.7x, heavy-tailed", 60);
}

#[test]
fn bearable_eight_instances() {
    check_bearable("0.7x, 8 instances", 30);
}

#[test]
fn bearable_latency_doubles() {
    check_bearable("0.7x, latency doubles", 240);
}

#[test]
fn sheddable_requests_go_first_and_critical_ones_last() {
    check(vec![scenario::priorities()], "priorities", 20, |_, outcome| {
        let rejected = |priority: Priority| outcome.by_priority[priority as usize].rejected_percent();
        let default = rejected(Priority::Default);
        rejected(Priority::Critical) < 1.0 && default < 65.0 && rejected(Priority::Sheddable) > 97.0
    });
}

#[test]
fn a_greedy_client_does_not_crowd_the_others_out() {
    check(vec![scenario::greedy_client()], "a greedy client", 20, |_, outcome| {
        outcome.by_priority[Priority::Default as usize].rejected_percent() < 10.0
            && outcome.greedy.rejected_percent() > 75.0
    });
}

#[test]
fn an_upstream_without_a_limiter_fails_the_bar() {
    struct Nobody;
    impl sim::Limiter for Nobody {
        fn limit(&self) -> u32 {
            u32::MAX
        }
        fn ended(&mut self, _now: u64, _rtt: u64, _answered: bool, _in_flight: u32) {}
    }
    let scenario = scenario::overloads().swap_remove(0);
    let outcome = run(&scenario, 1, &mut Nobody);
    assert!(100.0 * (outcome.good as f64) < 20.0 * scenario.useful(), "{outcome:?}");
}
