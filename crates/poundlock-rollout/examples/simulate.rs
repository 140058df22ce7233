//! Simulates rollouts under several rules and prints a line of JSON for each scenario and rule:
//! `simulate [ROLLOUTS] [SCENARIO]`.
//!
//! Everything follows from the number of the rollout, so figures are the same on every machine. `cargo xtask eval judge`
//! makes a table of them and compares it with `budget.toml`.
#![allow(clippy::print_stdout, reason = "an example shows what it measured")]

#[path = "simulate/ours.rs"]
mod ours;
#[path = "simulate/random.rs"]
mod random;
#[path = "simulate/result.rs"]
mod result;
#[path = "simulate/rivals.rs"]
mod rivals;
#[path = "simulate/scenario.rs"]
mod scenario;
#[path = "simulate/scenarios.rs"]
mod scenarios;
#[path = "simulate/world.rs"]
mod world;

use ours::Counting;
use random::Random;
use result::Rule;
use scenario::Scenario;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};
use world::World;

const DEFAULT_ROLLOUTS: u64 = 10_000;
const THREADS: usize = 2;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rollouts = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_ROLLOUTS).max(1);
    let wanted = arguments.next().unwrap_or_default();
    let all: Vec<Scenario> =
        scenarios::all().into_iter().filter(|scenario| scenario.name.contains(&wanted)).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(scenario) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let lines: Vec<String> =
                        simulate(scenario, rollouts).iter().map(|rule| rule.line(scenario)).collect();
                    // One call, so that the lines of two threads do not mix.
                    println!("{}", lines.join("\n"));
                }
            });
        }
    });
}

fn simulate(scenario: &Scenario, rollouts: u64) -> Vec<Rule> {
    let mut ours = vec![(Rule::new("ours"), Counting::Once)];
    if scenario.clusters() {
        ours.push((Rule::new("ours, each 10 s"), Counting::EachTenSeconds));
        ours.push((Rule::new("ours, every event"), Counting::Every));
    }
    let mut rivals = rivals::NAMES.map(Rule::new);
    for rollout in 0..rollouts {
        let mut random = Random::new(rollout);
        let world = World::new(scenario, &mut random);
        let seed = random.bits();
        for (rule, counting) in &mut ours {
            // The same events for each way to count them.
            rule.add(ours::alarm(&world, *counting, &mut Random::new(seed)), &world);
        }
        for (rule, alarm) in rivals.iter_mut().zip(rivals::alarms(&world, &mut random)) {
            rule.add(alarm, &world);
        }
    }
    ours.into_iter().map(|(rule, _)| rule).chain(rivals).collect()
}
