//! Many random lives of deployments: `--runs N` of them from `--from SEED`, or one of them with `--seed N`.
//!
//! It prints what happened in them. The first one that breaks an invariant ends it with the seed.

#![allow(clippy::print_stdout)]

#[allow(dead_code, reason = "the tests live through more kinds of lives")]
#[path = "../tests/simulation/run.rs"]
mod run;

use run::Tally;
use std::{env, process::ExitCode, thread};

const THREADS: u64 = 2;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let number = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1)?.parse::<u64>().ok()
    };
    let (from, runs) = match number("--seed") {
        Some(seed) => (seed, 1),
        None => (number("--from").unwrap_or(0), number("--runs").unwrap_or(100_000)),
    };
    match all(from, runs) {
        Ok(tally) => {
            println!("{runs} lives from seed {from}, none breaks an invariant\n{tally:#?}");
            ExitCode::SUCCESS
        }
        Err((seed, broken)) => {
            println!("seed {seed} breaks invariant {broken}\nreplay it with --seed {seed}");
            ExitCode::FAILURE
        }
    }
}

fn all(from: u64, runs: u64) -> Result<Tally, (u64, String)> {
    let part = |thread: u64| {
        let mut tally = Tally::default();
        for seed in (from + thread..from + runs).step_by(THREADS as usize) {
            tally.add(&run::run(seed).map_err(|broken| (seed, broken))?);
        }
        Ok(tally)
    };
    let parts: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || part(thread))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a life does not panic")).collect()
    });
    let mut tally = Tally::default();
    for part in parts {
        tally.add(&part?);
    }
    Ok(tally)
}
