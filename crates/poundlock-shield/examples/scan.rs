//! Scans JSON lines from stdin, as `poundlock shield scan` does: `scan values|requests [LEVEL]`.
//!
//! A program of its own so that detection is measured without building a gateway.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program reads lines, prints and measures"
)]

use poundlock_shield::{Input, Level, Policy, prepare, scan_line};
use std::io::{BufRead, BufWriter, Write, stdin, stdout};
use std::time::Instant;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let input = if arguments.next().as_deref() == Some("requests") { Input::Requests } else { Input::Values };
    let level = arguments.next().and_then(|text| text.parse().ok()).and_then(Level::new);
    let policy = Policy { level: level.unwrap_or(Level::DEFAULT), ..Policy::default() };
    prepare();
    let start = Instant::now();
    let clock = || u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let mut out = BufWriter::new(stdout().lock());
    for line in stdin().lock().lines() {
        writeln!(out, "{}", scan_line(&line?, input, &policy, clock))?;
    }
    out.flush()
}
