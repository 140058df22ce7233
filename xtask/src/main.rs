//! Maintenance commands of the workspace: `cargo xtask tidy | bench | docs | eval`.
//!
//! Knows the repository's layout. Links none of its crates, so that it also runs when one of them does not compile.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks on its terminal")]

mod bench;
mod cargo;
mod docs;
mod eval;
mod tidy;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Maintenance commands of the workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check what the compiler does not: crate edges, file headers and sizes, bans, licences
    Tidy,
    /// Measure the release binary
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Check that the configurations, commands and links in the documents are real
    Docs(docs::Options),
    /// Measure decisions on collections of data
    #[command(subcommand)]
    Eval(eval::Eval),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Tidy => tidy::run(&root()),
        Command::Bench(bench) => bench::run(&root(), &bench),
        Command::Docs(options) => docs::run(&root(), &options),
        Command::Eval(eval) => eval::run(&root(), &eval),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the workspace.
fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask is a folder of the workspace").to_path_buf()
}
