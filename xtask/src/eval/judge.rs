//! `cargo xtask eval judge`: the judge of a rollout beside the rules of other tools, on simulated rollouts.
//!
//! Main type: [`Cell`], a scenario under one rule. It builds and runs the simulation and compares what that prints with a
//! budget; it simulates nothing itself.

mod budget;
mod table;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;
use std::{
    path::Path,
    process::{Command, Stdio},
};

use self::budget::Budget;
use crate::cargo;

#[derive(Args)]
pub(crate) struct Options {
    /// Rollouts a scenario; false alarms are judged with leave for chance below 10,000
    #[arg(long, value_name = "N", default_value_t = FULL)]
    rollouts: u64,
}

/// Rollouts behind a figure that is quoted.
const FULL: u64 = 10_000;

/// The rule that is judged.
const OURS: &str = "ours";

/// A scenario under one rule.
#[derive(Deserialize)]
struct Cell {
    scenario: String,
    /// The scenario where false alarms of this one's rules are counted. Empty: this is such a one.
    healthy: String,
    rule: String,
    rollouts: u64,
    alarms: u64,
    median_s: Option<f64>,
    p90_s: Option<f64>,
    bad_served: f64,
}

impl Cell {
    fn alarms_percent(&self) -> f64 {
        100.0 * self.alarms as f64 / self.rollouts as f64
    }
}

/// All cells, and what is asked about them.
struct Cells(Vec<Cell>);

impl Cells {
    fn rule<'a>(&'a self, rule: &'a str) -> impl Iterator<Item = &'a Cell> {
        self.0.iter().filter(move |cell| cell.rule == rule)
    }

    fn find(&self, scenario: &str, rule: &str) -> Option<&Cell> {
        self.0.iter().find(|cell| cell.scenario == scenario && cell.rule == rule)
    }

    /// The false alarms of a cell's rule where nothing is wrong, in percent.
    fn false_alarms(&self, cell: &Cell) -> f64 {
        let healthy = if cell.healthy.is_empty() { &cell.scenario } else { &cell.healthy };
        self.find(healthy, &cell.rule).map_or(100.0, Cell::alarms_percent)
    }

    /// Rules, in the order in which they come.
    fn rules(&self) -> Vec<&str> {
        let mut rules: Vec<&str> = Vec::new();
        for cell in &self.0 {
            if !rules.contains(&cell.rule.as_str()) {
                rules.push(&cell.rule);
            }
        }
        rules
    }
}

pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let budget = Budget::read(&root.join("crates/poundlock-rollout/budget.toml"))?;
    let cells = Cells(simulate(root, options.rollouts)?);
    print!("{}", table::render(&cells, &budget));
    let broken = budget.broken(&cells);
    for what in &broken {
        println!("BROKEN: {what}");
    }
    if !broken.is_empty() {
        bail!("{} budgets are broken", broken.len());
    }
    Ok(())
}

fn simulate(root: &Path, rollouts: u64) -> Result<Vec<Cell>> {
    let arguments = ["--release", "-p", "poundlock-rollout", "--example", "simulate"];
    let program = cargo::build(root, &arguments, "release/examples/simulate")?;
    let output = Command::new(program)
        .arg(rollouts.to_string())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start the simulation")?;
    ensure!(output.status.success(), "the simulation failed");
    let text = String::from_utf8(output.stdout)?;
    let mut cells: Vec<Cell> =
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect::<Result<_>>()?;
    ensure!(!cells.is_empty(), "the simulation printed nothing");
    // Threads end in any order.
    cells.sort_by(|a, b| a.scenario.cmp(&b.scenario));
    Ok(cells)
}
