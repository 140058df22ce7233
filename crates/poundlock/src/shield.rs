//! `poundlock shield`: attack detection on the command line.
//!
//! It reads and prints; what an attack is, `poundlock-shield` decides.

mod exclusion;
pub(crate) mod report;

use crate::cli::{ShieldExplain, ShieldScan};
use crate::output::{Failure, Out};
use anyhow::Context;
use poundlock_shield::{
    Exclusion, Finding, Input, Level, Location, Policy, Verdict, prepare, scan_line, scan_value,
};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Write, stdin, stdout};
use std::time::Instant;

/// The longest line that is read, in bytes; a longer one is an error, so that memory is bounded.
const MAX_LINE: u64 = 64 << 20;

/// `poundlock shield scan`
pub(crate) fn scan(args: &ShieldScan) -> Result<(), Failure> {
    let input = if args.requests { Input::Requests } else { Input::Values };
    let policy = policy(args.level)?;
    prepare();
    let start = Instant::now();
    let clock = || u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let mut lines = BufReader::new(stdin().lock());
    let mut out = BufWriter::new(stdout().lock());
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = (&mut lines).take(MAX_LINE).read_until(b'\n', &mut line).context("cannot read stdin")?;
        if length == 0 {
            break;
        }
        if length as u64 == MAX_LINE {
            return Err(anyhow::anyhow!("a line is longer than {MAX_LINE} bytes").into());
        }
        let answer = scan_line(String::from_utf8_lossy(&line).trim_end(), input, &policy, clock);
        match writeln!(out, "{answer}") {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            written => written.context("cannot write to stdout")?,
        }
    }
    out.flush().context("cannot write to stdout")?;
    Ok(())
}

/// `poundlock shield explain`
pub(crate) fn explain(args: &ShieldExplain, out: &Out) -> Result<(), Failure> {
    let policy = policy(args.level)?;
    let location = Location { place: args.place.into(), field: args.field.clone() };
    let verdict = scan_value(args.value.as_bytes(), &location, &policy);
    let explained = Explained::new(&verdict, args);
    out.result(&explained, || explained.text())
}

fn policy(level: u8) -> Result<Policy, Failure> {
    let level = Level::new(level).ok_or_else(|| Failure::Usage("a level is 1, 2, 3 or 4".into()))?;
    Ok(Policy { level, ..Policy::default() })
}

/// A verdict in full, with what would let each finding pass.
#[derive(Serialize)]
struct Explained {
    verdict: poundlock_shield::Action,
    score: u16,
    level: u8,
    findings: Vec<One>,
    /// For the configuration: a line that lets all of it pass.
    exclude: Option<String>,
}

#[derive(Serialize)]
struct One {
    class: &'static str,
    rule: &'static str,
    location: String,
    decoded_by: Vec<String>,
    decoded: String,
    span: [usize; 2],
    evidence: String,
    score: u8,
    exclusion: Exclusion,
}

impl Explained {
    fn new(verdict: &Verdict, args: &ShieldExplain) -> Self {
        let findings: Vec<One> = verdict.findings.iter().map(|finding| One::new(finding, args)).collect();
        let exclusions: Vec<&Exclusion> = findings.iter().map(|one| &one.exclusion).collect();
        Self {
            verdict: verdict.action,
            score: verdict.score,
            level: verdict.level.number(),
            exclude: (!exclusions.is_empty()).then(|| exclusion::toml(&exclusions)),
            findings,
        }
    }

    fn text(&self) -> String {
        let word = if self.verdict == poundlock_shield::Action::Block { "block" } else { "pass" };
        let mut text = format!("{word}: score {} at level {}\n", self.score, self.level);
        for one in &self.findings {
            let steps = if one.decoded_by.is_empty() { "as it is".into() } else { one.decoded_by.join(", ") };
            let _infallible = write!(
                text,
                "\n{}/{} (score {}) at {}\n  read     {steps}\n  as       {}\n  matched  {} (bytes {} to {})\n",
                one.class,
                one.rule,
                one.score,
                one.location,
                one.decoded,
                one.evidence,
                one.span[0],
                one.span[1],
            );
        }
        if let Some(exclude) = &self.exclude {
            let _infallible =
                write!(text, "\nwhat lets it pass, in [shield] or in a route of it:\n{exclude}\n");
        }
        text
    }
}

impl One {
    fn new(finding: &Finding, args: &ShieldExplain) -> Self {
        Self {
            class: finding.class.name(),
            rule: finding.rule,
            location: finding.location.to_string(),
            decoded_by: finding.chain.iter().map(|step| format!("{step:?}").to_ascii_lowercase()).collect(),
            decoded: finding.decoded.clone(),
            span: [finding.span.start, finding.span.end],
            evidence: finding.evidence.clone(),
            score: finding.score,
            exclusion: Exclusion::narrowest(finding, &args.method, &args.path),
        }
    }
}
