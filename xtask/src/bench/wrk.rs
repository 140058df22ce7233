//! One run of wrk: a closed loop of equal requests over keep-alive connections, its result checked.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::{
    modes::Exchange,
    procs::{Cpu, find, pinned},
};

/// How far the bytes of an answer may be from those of the probe: the last answers of a run are cut.
const SIZE_TOLERANCE: f64 = 0.03;

/// How to load a proxy.
pub(super) struct Load<'a> {
    /// `benches/peers/wrk.lua`.
    pub(super) script: &'a PathBuf,
    pub(super) address: SocketAddr,
    pub(super) exchange: Exchange,
    /// What it sends, as a file.
    pub(super) body: Option<PathBuf>,
    /// Size of one whole answer in bytes, as the probe saw it.
    pub(super) answer_bytes: usize,
    pub(super) connections: usize,
    pub(super) secs: u64,
    pub(super) cpu: Cpu,
}

/// What wrk counted. Latencies in microseconds.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Outcome {
    pub(super) requests: u64,
    pub(super) duration_us: u64,
    pub(super) bytes: u64,
    errors: u64,
    bad_status: u64,
    pub(super) p50_us: u64,
    pub(super) p99_us: u64,
}

impl Outcome {
    #[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^52")]
    pub(super) fn requests_per_second(&self) -> f64 {
        self.requests as f64 / self.duration_us as f64 * 1e6
    }
}

impl Load<'_> {
    /// Runs wrk.
    ///
    /// # Errors
    /// When wrk is missing, or when one answer had a wrong status or the answers the wrong length.
    pub(super) fn run(&self) -> Result<Outcome> {
        let wrk = find("wrk").context("wrk is not installed (Debian package `wrk`)")?;
        let Exchange { method, path, payload, .. } = self.exchange;
        let mut command = pinned(&wrk, self.cpu);
        // wrk counts an answer after its time-out as an error; on a slow machine it is only slow.
        command.args([
            "-t1",
            "--latency",
            "--timeout",
            "30s",
            &format!("-c{}", self.connections),
            &format!("-d{}s", self.secs),
        ]);
        command.arg("-s").arg(self.script).arg(format!("http://{}/", self.address));
        command.args(["--", method, path]);
        if let Some(body) = &self.body {
            command.arg(body).arg(payload.content_type());
        }
        let output = command.output().context("cannot run wrk")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let json = text.lines().find_map(|line| line.strip_prefix("RESULT "));
        let said = String::from_utf8_lossy(&output.stderr);
        let outcome =
            serde_json::from_str(json.with_context(|| format!("wrk printed no result: {text}{said}"))?)?;
        check(&outcome, self.exchange.status, self.answer_bytes, self.connections)?;
        Ok(outcome)
    }
}

/// Every answer had the right status and length. (wrk counts all but 2xx and 3xx as errors.)
#[expect(clippy::cast_precision_loss, reason = "byte counts of one run are far below 2^52")]
fn check(outcome: &Outcome, status: u16, answer_bytes: usize, connections: usize) -> Result<()> {
    let errors = if status < 400 { 0 } else { outcome.requests };
    ensure!(
        outcome.bad_status == errors,
        "{} answers of {} are errors",
        outcome.bad_status,
        outcome.requests
    );
    ensure!(outcome.errors == 0, "{} connections failed in {} requests", outcome.errors, outcome.requests);
    ensure!(outcome.requests > 0, "no answer at all");
    let expected = outcome.requests as f64 * answer_bytes as f64;
    let cut_off = connections as f64 * answer_bytes as f64;
    let difference = (outcome.bytes as f64 - expected).abs();
    ensure!(
        difference <= expected * SIZE_TOLERANCE + cut_off,
        "{} bytes in {} answers: {answer_bytes} bytes an answer were right",
        outcome.bytes,
        outcome.requests
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(bytes: u64, errors: u64, bad_status: u64) -> Outcome {
        Outcome { requests: 1000, duration_us: 500_000, bytes, errors, bad_status, p50_us: 1, p99_us: 2 }
    }

    #[test]
    fn wrong_answers_are_found() {
        let check = |outcome: &Outcome, bytes, connections| check(outcome, 200, bytes, connections);
        assert!(check(&outcome(300_000, 0, 0), 300, 1).is_ok());
        assert!(super::check(&outcome(300_000, 0, 1000), 429, 300, 1).is_ok());
        assert!(super::check(&outcome(300_000, 0, 999), 429, 300, 1).is_err());
        assert!(check(&outcome(300_000, 1, 0), 300, 1).is_err());
        assert!(check(&outcome(300_000, 0, 1), 300, 1).is_err());
        assert!(check(&outcome(100_000, 0, 0), 300, 1).is_err());
        assert!(check(&Outcome { requests: 0, ..outcome(0, 0, 0) }, 300, 1).is_err());
    }

    #[test]
    fn throughput_is_per_second() {
        assert!((outcome(0, 0, 0).requests_per_second() - 2000.0).abs() < 1e-9);
    }
}
