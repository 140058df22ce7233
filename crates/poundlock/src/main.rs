//! The `poundlock` binary: reads the command line, calls the gateway, prints and exits.
//!
//! A newcomer goes on to `stack.rs` in `poundlock-gateway`, the whole request path on one screen.

mod cli;
mod config;
mod demo;
mod deploy;
mod limits;
mod log;
mod output;
mod remote;
mod run;
mod shield;

use clap::Parser;
use cli::{Cli, Verb};
use output::{Failure, Out};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let out = Out::new(&cli.general);
    let result = match cli.verb {
        Verb::Run(args) => run::run(&args, &cli.general, &out),
        Verb::Demo(args) => demo::demo(&args, &cli.general, &out),
        Verb::Check(args) => config::check(&args, &out),
        Verb::Init(args) => config::init(&args, &out),
        Verb::Schema => config::schema(&out),
        Verb::Config(cli::ConfigVerb::Show(args)) => config::show(&args, &out),
        Verb::Shield(cli::ShieldVerb::Scan(args)) => shield::scan(&args),
        Verb::Shield(cli::ShieldVerb::Explain(args)) => shield::explain(&args, &out),
        Verb::Shield(cli::ShieldVerb::Report(args)) => shield::report::report(&args, &out),
        Verb::Deploy(verb) => deploy::deploy(&verb, &out),
        Verb::Status(args) => remote::status(&args, &out),
        Verb::Health(args) => remote::health(&args, &out),
        Verb::Limits(verb) => limits::limits(&verb, &out),
        Verb::Version => output::version(&out),
        Verb::Completions { shell } => cli::completions(shell, &out),
        Verb::Man => cli::man(&out),
        Verb::DemoService(args) => demo::service::serve(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out.failure(&failure);
            ExitCode::from(Failure::code(&failure))
        }
    }
}
