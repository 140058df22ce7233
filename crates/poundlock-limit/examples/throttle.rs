//! Compares limiters on simulated upstreams and prints the tables: `throttle [SEEDS] [SCENARIO] [LIMITER]`.
//!
//! Everything follows from the seeds, 1 to SEEDS (10 if not given), so the figures are the same on every machine.
#![allow(clippy::print_stdout, reason = "an example shows what it measured")]

#[path = "../tests/throttle/ours.rs"]
mod ours;
#[path = "../tests/throttle/rivals.rs"]
mod rivals;
#[path = "../tests/throttle/scenario.rs"]
mod scenario;
#[path = "../tests/throttle/sim.rs"]
mod sim;

use rivals::Gradient2;
use scenario::{SECOND, Scenario};
use sim::{Limiter, Outcome, run};

type Make = fn(&Scenario) -> Box<dyn Limiter>;

/// The static limit is what a load test of the upstream as it is at the start would have given: its servers and a few
/// more, so that chance does not leave one idle.
const LIMITERS: [(&str, Make); 8] = [
    ("none", |_| Box::new(rivals::Unlimited)),
    ("static", |scenario| {
        let servers = scenario.stages[0].servers as f64;
        Box::new(rivals::Fixed((servers + 3.0 * servers.sqrt()) as u32))
    }),
    ("AIMD", |_| Box::<rivals::Aimd>::default()),
    ("Vegas", |_| Box::<rivals::Vegas>::default()),
    ("Gradient2", |_| Box::new(Gradient2::plain())),
    ("… 1 s", |_| Box::new(Gradient2::windowed())),
    ("Envoy", |_| Box::<rivals::Envoy>::default()),
    ("ours", |_| Box::<ours::Ours>::default()),
];

struct Arguments {
    seeds: u64,
    scenario: String,
    limiter: String,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seeds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(10).max(1);
    let (scenario, limiter) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let chosen = Arguments { seeds, scenario, limiter };
    println!("Goodput, % of what an upstream without a queue would answer; the worst of {seeds} seeds.");
    table(&chosen, &scenario::overloads(), &goodput, &f64::min);
    println!(
        "\nRejected although the upstream can bear the load, % of arrivals; the worst of {seeds} seeds."
    );
    table(&chosen, &scenario::bearable(), &rejected, &f64::max);
    println!(
        "\nOurs: goodput or rejections, worst and median; 99th percentile of the answers of the worst seed."
    );
    details(&chosen, &scenario::overloads(), goodput, false);
    details(&chosen, &scenario::bearable(), rejected, true);
    println!("\nWho is shed at twice the capacity, % of arrivals of each; seed 1.");
    shed(&[scenario::priorities(), scenario::greedy_client()]);
}

fn goodput(scenario: &Scenario, outcome: Outcome) -> f64 {
    100.0 * outcome.good as f64 / scenario.useful()
}

fn rejected(_: &Scenario, outcome: Outcome) -> f64 {
    outcome.all.rejected_percent()
}

fn table(
    chosen: &Arguments,
    rows: &[Scenario],
    score: &dyn Fn(&Scenario, Outcome) -> f64,
    worse: &dyn Fn(f64, f64) -> f64,
) {
    let limiters: Vec<_> = LIMITERS.iter().filter(|(name, _)| name.contains(&chosen.limiter)).collect();
    let names: String = limiters.iter().map(|(name, _)| format!("{name:>11}")).collect();
    println!("{:38}{names}", "");
    for row in rows.iter().filter(|row| row.name.contains(&chosen.scenario)) {
        let cell = |make: &Make| {
            let scores = (1..=chosen.seeds).map(|seed| score(row, run(row, seed, make(row).as_mut())));
            scores.reduce(worse).unwrap_or(f64::NAN)
        };
        let cells: String = limiters.iter().map(|(_, make)| format!("{:11.2}", cell(make))).collect();
        println!("{:38}{cells}", row.name);
    }
}

fn details(chosen: &Arguments, rows: &[Scenario], score: fn(&Scenario, Outcome) -> f64, most_is_worst: bool) {
    for row in rows.iter().filter(|row| row.name.contains(&chosen.scenario)) {
        let mut outcomes: Vec<_> =
            (1..=chosen.seeds).map(|seed| run(row, seed, &mut ours::Ours::default())).collect();
        outcomes.sort_by(|a, b| score(row, *a).total_cmp(&score(row, *b)));
        if most_is_worst {
            outcomes.reverse();
        }
        let (worst, median) = (outcomes[0], outcomes[outcomes.len() / 2]);
        let (name, score) = (row.name, |outcome| score(row, outcome));
        println!("{name:38}{:9.2}{:9.2}{:6} ms", score(worst), score(median), worst.p99_ms);
    }
}

fn shed(rows: &[Scenario]) {
    for row in rows {
        let outcome = run(row, 1, &mut ours::Ours::default());
        let [critical, default, sheddable] = outcome.by_priority.map(sim::Tally::rejected_percent);
        let (greedy, seconds) = (outcome.greedy.rejected_percent(), (row.end - row.count_from) / SECOND);
        println!(
            "{:24} critical {critical:.2}, default {default:.2}, sheddable {sheddable:.2}, greedy {greedy:.2} ({seconds} s)",
            row.name
        );
    }
}
