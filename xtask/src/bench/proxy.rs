//! `cargo xtask bench proxy`: reverse proxies side by side, in interleaved rounds, so that a noisy machine is noisy for all.
//!
//! CPU time is that of all processes of a proxy, user and system. With one worker the proxy has CPU 0, and the load
//! generator and the upstream share CPU 1.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use super::{
    build_release,
    modes::{ATTACK, Exchange, HUGE_BODY, IDLE_CONNECTIONS, LARGE_BODY, Mode, SMALL},
    peers::{Peer, Running, Setting},
    probe,
    procs::Cpu,
    table::{Row, Sample, Table},
    upstream::{OTHER_CPU, Upstream},
    wrk::Load,
};

/// Connections where attacks are looked for: with more, the slowest peer would not answer any of them within a run.
const INSPECTED_CONNECTIONS: usize = 8;

/// Seconds of load before a measurement.
const WARM_UP_SECS: u64 = 1;

/// What to measure, and how long.
#[derive(Args)]
pub(crate) struct Options {
    /// Rounds; each starts every peer once
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of measuring for each peer in each round
    #[arg(long, default_value_t = 4)]
    secs: u64,
    /// Loads to measure
    #[arg(long, value_enum, value_delimiter = ',', default_value = "get")]
    modes: Vec<Mode>,
    /// Proxies to measure; those that are not installed are left out
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "ours,nginx,nginx-streamed,haproxy,envoy,modsecurity"
    )]
    peers: Vec<Peer>,
    /// Keep-alive connections of the load; at most 8 where attacks are looked for
    #[arg(long, default_value_t = 64)]
    conns: usize,
}

impl Options {
    /// Connections of the load in a mode.
    fn connections(&self, mode: Mode) -> usize {
        if mode.inspects() { self.conns.min(INSPECTED_CONNECTIONS) } else { self.conns }
    }
}

/// Measures, then prints one table and one line of JSON.
pub(super) fn run(root: &Path, options: &Options) -> Result<()> {
    let ours = options.peers.contains(&Peer::Ours).then(|| build_release(root)).transpose()?;
    let peers = installed(options, ours.as_deref());
    ensure!(!peers.is_empty(), "none of the peers is installed");
    let runs = tempfile::Builder::new().prefix("poundlock-bench-").tempdir()?;
    fs::set_permissions(&runs, Permissions::from_mode(0o755))?;
    let upstream = Upstream::start(root, runs.path())?;
    let course = Course { root, runs: runs.path(), options, upstream: &upstream };
    let mut table = Table(Vec::new());
    for mode in &options.modes {
        table.0.extend(course.measure_mode(*mode, &peers)?);
    }
    let Options { rounds, secs, conns, .. } = options;
    let inspected = options.connections(Mode::Param);
    println!("{rounds} rounds of {secs} s, {conns} connections, {inspected} where attacks are looked for");
    println!("{table}");
    println!("{}", table.json());
    Ok(())
}

/// The peers that can be started, and their programs. Says which cannot.
fn installed(options: &Options, ours: Option<&Path>) -> Vec<(Peer, PathBuf)> {
    let program = |peer: &Peer| match peer.program(ours) {
        Some(program) => Some((*peer, program)),
        None => {
            eprintln!("{} is not installed and left out", peer.name());
            None
        }
    };
    options.peers.iter().filter_map(program).collect()
}

/// Everything that stays the same in one run.
struct Course<'a> {
    root: &'a Path,
    runs: &'a Path,
    options: &'a Options,
    upstream: &'a Upstream,
}

impl Course<'_> {
    fn measure_mode(&self, mode: Mode, peers: &[(Peer, PathBuf)]) -> Result<Vec<Row>> {
        let peers: Vec<_> = peers.iter().filter(|(peer, _)| peer.takes_part(mode)).collect();
        let mut rows: Vec<Row> = peers.iter().map(|(peer, _)| Row::new(mode, *peer)).collect();
        for round in 1..=self.options.rounds {
            for (row, (peer, program)) in rows.iter_mut().zip(&peers) {
                eprintln!("{}, round {round} of {}: {}", mode.name(), self.options.rounds, peer.name());
                self.measure(row, program).with_context(|| format!("{} in {}", peer.name(), mode.name()))?;
            }
        }
        Ok(rows)
    }

    /// Starts the peer of `row`, checks its answers, measures it and ends it.
    fn measure(&self, row: &mut Row, program: &Path) -> Result<()> {
        let upstream = self.upstream.address;
        let workers = row.mode.workers();
        let setting = Setting { root: self.root, runs: self.runs, upstream, workers, mode: row.mode };
        let running = row.peer.start(program, &setting)?;
        if row.mode == Mode::Refuse {
            probe::ask(running.address, SMALL).context("the one request that is admitted")?;
        }
        if row.mode.inspects() && row.peer != Peer::Nginx {
            probe::ask(running.address, ATTACK).context("an attack is not refused")?;
        }
        if row.peer == Peer::Ours {
            check_streaming(row.mode, &running)?;
        }
        if row.mode == Mode::Idle { measure_idle(row, &running) } else { self.measure_load(row, &running) }
    }

    fn measure_load(&self, row: &mut Row, running: &Running) -> Result<()> {
        let script = self.root.join("benches/peers/wrk.lua");
        let load = |exchange, secs| -> Result<Load<'_>> {
            let answer_bytes = probe::ask(running.address, exchange).context("before measuring")?;
            let cpu = if row.mode.workers() == 1 { OTHER_CPU } else { Cpu::Any };
            let (script, address, body) = (&script, running.address, self.body(exchange)?);
            let connections = self.options.connections(row.mode);
            Ok(Load { script, address, exchange, body, answer_bytes, connections, secs, cpu })
        };
        let warm_up = if row.mode == Mode::Refuse { row.mode.exchange() } else { SMALL };
        load(warm_up, WARM_UP_SECS)?.run().context("small answers to warm up")?;
        let memory_before = running.process.memory();
        if row.mode.large_bodies() {
            load(row.mode.exchange(), WARM_UP_SECS)?.run().context("large bodies to warm up")?;
        }
        let measured = load(row.mode.exchange(), self.options.secs)?;
        let cpu_before = running.process.cpu_time();
        let outcome = measured.run()?;
        let cpu = running.process.cpu_time().saturating_sub(cpu_before);
        let peak = running.process.memory().peak;
        row.samples.push(Sample {
            cpu: cpu.div_f64(f64::from(u32::try_from(outcome.requests)?)),
            requests_per_second: outcome.requests_per_second(),
            p50_us: outcome.p50_us,
            p99_us: outcome.p99_us,
        });
        row.push_memory(memory_before, peak);
        Ok(())
    }

    /// The body of an exchange, as a file for wrk.
    fn body(&self, exchange: Exchange) -> Result<Option<PathBuf>> {
        if exchange.sent == 0 {
            return Ok(None);
        }
        let file = self.runs.join("body");
        fs::write(&file, exchange.payload.bytes(exchange.sent))?;
        Ok(Some(file))
    }
}

/// Our memory must not grow with the body. One connection, so that nothing else grows meanwhile.
fn check_streaming(mode: Mode, running: &Running) -> Result<()> {
    let Some(huge) = mode.huge_exchange() else { return Ok(()) };
    probe::ask(running.address, mode.exchange()).context("a large body")?;
    let before = running.process.memory().peak;
    probe::ask(running.address, huge).context("a huge body")?;
    let grown = running.process.memory().peak.saturating_sub(before);
    // Half of what holding the whole body would add; the buffers of one connection are far below that.
    let limit = (HUGE_BODY - LARGE_BODY) as u64 / 2;
    ensure!(grown < limit, "memory grew by {grown} bytes with a body of {HUGE_BODY}: it is not streamed");
    Ok(())
}

/// Memory before any connection, and with many that wait.
fn measure_idle(row: &mut Row, running: &Running) -> Result<()> {
    let before = running.process.memory();
    let connections = probe::idle(running.address, IDLE_CONNECTIONS)?;
    let after = running.process.memory().resident;
    drop(connections);
    row.push_memory(before, after);
    Ok(())
}
