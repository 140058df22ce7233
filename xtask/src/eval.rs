//! `cargo xtask eval`: how good decisions are, on collections that are not part of the repository or on simulations.
//!
//! Main type: [`Eval`]. It builds and runs programs and compares what they print with a budget; it links none
//! of the crates that it judges.

mod budget;
mod corpus;
mod crs;
mod judge;
mod scanner;
mod table;

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

use self::{budget::Budget, corpus::Corpus, scanner::Scanner, table::Row};

#[derive(Subcommand)]
pub(crate) enum Eval {
    /// Rates, classes and time of attack detection, a row a file; fails when a budget is broken
    Shield(Shield),
    /// False alarms, time to rollback and bad responses served, beside the rules of other tools; fails when a
    /// budget is broken
    Judge(judge::Options),
}

#[derive(Args)]
pub(crate) struct Shield {
    /// The folder of collections, with `attack`, `benign` and `requests`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Only files whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Judge by this level, and by no budget
    #[arg(long, value_name = "N")]
    level: Option<u8>,
    /// Print the answers that are wrong, at most this many a file
    #[arg(long, value_name = "N", default_value_t = 0)]
    show: usize,
}

/// The level that the budget speaks of, where a row does not say another one.
const DEFAULT_LEVEL: u8 = 1;

/// The level that the CRS cases are judged by: their rules are of all levels.
const CRS_LEVEL: u8 = 2;

pub(crate) fn run(root: &Path, eval: &Eval) -> Result<()> {
    match eval {
        Eval::Shield(options) => shield(root, options),
        Eval::Judge(options) => judge::run(root, options),
    }
}

fn shield(root: &Path, options: &Shield) -> Result<()> {
    let budget = Budget::read(&root.join("crates/poundlock-shield/budget.toml"))?;
    let scanner = Scanner::build(root)?;
    let mut rows = Vec::new();
    for corpus in corpus::all(&options.data, &options.only)? {
        rows.extend(scan(&corpus, &scanner, options)?);
    }
    print!("{}", table::render(&rows, &budget));
    if options.level.is_some() {
        return Ok(());
    }
    let broken = rows.iter().filter(|row| budget.broken(row)).count();
    ensure!(broken == 0, "{broken} budgets are broken");
    let unmeasured = budget.unmeasured(&rows);
    let all = options.only.is_empty();
    ensure!(!all || unmeasured.is_empty(), "there are budgets of no collection: {}", unmeasured.join(", "));
    Ok(())
}

fn scan(corpus: &Corpus, scanner: &Scanner, options: &Shield) -> Result<Vec<Row>> {
    if corpus.name == "crs_cases" {
        let cases = crs::cases(corpus)?;
        let lines: Vec<String> = cases.iter().map(|case| case.line.clone()).collect();
        let answers = scanner.scan("requests", options.level.unwrap_or(CRS_LEVEL), &lines)?;
        return Ok(crs::rows(&cases, &answers, options.show));
    }
    let answers = scanner.scan(corpus.input, options.level.unwrap_or(DEFAULT_LEVEL), &corpus.lines)?;
    let wrong = |answer: &&scanner::Answer| answer.blocked() != corpus.attack;
    for answer in answers.iter().filter(wrong).take(options.show) {
        println!("{}: {} {}", corpus.name, answer.id, answer.because());
    }
    Ok(vec![Row::of(&corpus.name, &answers)])
}
