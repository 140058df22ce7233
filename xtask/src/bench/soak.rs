//! `cargo xtask bench soak`: memory of our binary under a steady load that nobody scrapes.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use super::{
    build_release,
    modes::{Mode, SMALL},
    peers::{Peer, Running, Setting},
    probe,
    upstream::{OTHER_CPU, Upstream},
    wrk::{Load, Outcome},
};

/// Seconds between two looks at the memory.
const SAMPLE_SECS: u64 = 10;

/// How long to load.
#[derive(Args)]
pub(crate) struct Options {
    /// Seconds of load
    #[arg(long, default_value_t = 300)]
    secs: u64,
    /// Keep-alive connections of the load
    #[arg(long, default_value_t = 64)]
    conns: usize,
}

/// Loads, then prints the series and the growth since the first sample under load.
pub(super) fn run(root: &Path, options: &Options) -> Result<()> {
    ensure!(options.secs >= 2 * SAMPLE_SECS, "at least {} seconds, for two samples", 2 * SAMPLE_SECS);
    let binary = build_release(root)?;
    let runs = tempfile::Builder::new().prefix("poundlock-soak-").tempdir()?;
    fs::set_permissions(&runs, Permissions::from_mode(0o755))?;
    let upstream = Upstream::start(root, runs.path())?;
    let setting =
        Setting { root, runs: runs.path(), upstream: upstream.address, workers: 1, mode: Mode::Get };
    let running = Peer::Ours.start(&binary, &setting)?;
    let script = root.join("benches/peers/wrk.lua");
    let load = Load {
        script: &script,
        address: running.address,
        exchange: SMALL,
        body: None,
        answer_bytes: probe::ask(running.address, SMALL)?,
        connections: options.conns,
        secs: options.secs,
        cpu: OTHER_CPU,
    };
    let (outcome, series) = loaded(&load, &running)?;
    println!("{} requests, {:.0} a second", outcome.requests, outcome.requests_per_second());
    print_growth(&series)
}

/// Runs the load and samples resident bytes beside it.
fn loaded(load: &Load<'_>, running: &Running) -> Result<(Outcome, Vec<u64>)> {
    thread::scope(|scope| {
        let (done, wait) = mpsc::channel();
        let loading = scope.spawn(move || {
            let outcome = load.run();
            let _listener_gone = done.send(());
            outcome
        });
        let (start, mut series) = (Instant::now(), Vec::new());
        while let Err(RecvTimeoutError::Timeout) = wait.recv_timeout(Duration::from_secs(SAMPLE_SECS)) {
            let resident = running.process.memory().resident;
            println!("{:>6} s {:>10} KiB", start.elapsed().as_secs(), resident / 1024);
            series.push(resident);
        }
        Ok((loading.join().expect("the load thread does not panic")?, series))
    })
}

fn print_growth(series: &[u64]) -> Result<()> {
    let first = series.first().context("no sample")?;
    let last = series.last().context("no sample")?;
    let grown = i128::from(*last) - i128::from(*first);
    println!("growth: {} KiB from the first sample to the last", grown / 1024);
    let kib: Vec<u64> = series.iter().map(|bytes| bytes / 1024).collect();
    println!("{}", serde_json::json!({ "rss_kib": kib, "sample_secs": SAMPLE_SECS }));
    Ok(())
}
