//! `cargo xtask bench`: the release binary on loopback, beside other proxies or under a long load.
//!
//! Every figure is checked before it is printed: each answer has the right status and length. Nothing here is a test
//! that fails on a slow machine.

mod modes;
mod payload;
mod peers;
mod probe;
mod procs;
mod proxy;
mod soak;
mod table;
mod upstream;
mod wrk;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Subcommand;

use crate::cargo;

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Reverse proxies side by side: CPU per request, throughput, latency, memory
    Proxy(proxy::Options),
    /// Memory under a steady load that nobody scrapes
    Soak(soak::Options),
}

/// Runs one benchmark in the workspace at `root`.
///
/// # Errors
/// When a tool is missing, a process does not start, or an answer is wrong.
pub(crate) fn run(root: &Path, bench: &Bench) -> Result<()> {
    procs::raise_descriptor_limit()?;
    match bench {
        Bench::Proxy(options) => proxy::run(root, options),
        Bench::Soak(options) => soak::run(root, options),
    }
}

/// Builds the release binary and returns its path.
fn build_release(root: &Path) -> Result<PathBuf> {
    cargo::build(root, &["--release", "--bin", "poundlock"], "release/poundlock")
}
