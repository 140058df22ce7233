//! `poundlock shield report`: what an audit log says as a whole.
//!
//! It reads lines, of a file or of the gateway that runs, and prints; counting is in `tally`, proposing in `propose`.

mod propose;
mod tally;

use super::exclusion;
use crate::cli::ShieldReport;
use crate::output::{Failure, Out};
use crate::remote::{answer, ask, token};
use anyhow::Context;
use poundlock_shield::Exclusion;
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write;
use std::io::{BufRead, BufReader, Read};
use tally::{Group, Invalid, Tally};

/// The longest line that is read, in bytes; the gateway writes none longer than a few KiB.
const MAX_LINE: u64 = 1 << 20;
/// Groups that are printed for people.
const SHOWN: usize = 30;

/// `poundlock shield report`
pub(crate) fn report(args: &ShieldReport, out: &Out) -> Result<(), Failure> {
    let mut tally = Tally::default();
    match (&args.file, args.since) {
        (Some(file), _) if file.as_os_str() == "-" => read(std::io::stdin().lock(), &mut tally)?,
        (Some(file), _) => {
            let file =
                std::fs::File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
            read(file, &mut tally)?;
        }
        (None, since) => ask_for(since.unwrap_or_default(), args, &mut tally)?,
    }
    let report = Report::of(&tally, args.clients as usize);
    out.result(&report, || report.text().unwrap_or_default())
}

fn read(from: impl Read, tally: &mut Tally) -> Result<(), Failure> {
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length =
            (&mut lines).take(MAX_LINE).read_until(b'\n', &mut line).context("cannot read the log")?;
        if length == 0 {
            return Ok(());
        }
        tally.line(serde_json::from_slice(&line).ok().as_ref());
    }
}

fn ask_for(since: u64, args: &ShieldReport, tally: &mut Tally) -> Result<(), Failure> {
    let path = format!("/api/v1/shield/findings?since={since}");
    let secret = token(&args.token)?;
    let recent: Value = answer(ask(&args.remote, "GET", &path, Some(&secret), None)?)?;
    recent["findings"].as_array().into_iter().flatten().for_each(|line| tally.line(Some(line)));
    Ok(())
}

/// What is printed.
#[derive(Serialize)]
struct Report {
    /// When the first and the last of them were.
    from: Option<String>,
    to: Option<String>,
    /// Requests with findings.
    requests: u64,
    blocked: u64,
    would_block: u64,
    refused: u64,
    would_refuse: u64,
    /// Distinct clients.
    clients: usize,
    /// Lines that are no findings.
    unreadable_lines: u64,
    /// Findings beyond the most groups that are kept.
    uncounted: u64,
    /// By route, class, rule and field, of requests that are or would be blocked; those of most requests first.
    groups: Vec<Group>,
    /// What was not valid, by route and field.
    invalid: Vec<Invalid>,
    /// For what looks like false alarms.
    exclusions: Vec<Exclusion>,
}

impl Report {
    fn of(tally: &Tally, least_clients: usize) -> Self {
        let of = |action: &str| tally.actions.get(action).copied().unwrap_or(0);
        Self {
            from: tally.from.clone(),
            to: tally.to.clone(),
            requests: tally.requests,
            blocked: of("block"),
            would_block: of("would_block"),
            refused: of("refuse"),
            would_refuse: of("would_refuse"),
            clients: tally.clients(),
            unreadable_lines: tally.unreadable,
            uncounted: tally.uncounted,
            groups: tally.groups(),
            invalid: tally.invalid(),
            exclusions: propose::exclusions(tally, least_clients),
        }
    }

    fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        let instant = |time: &Option<String>| time.clone().unwrap_or_else(|| "-".to_owned());
        writeln!(
            text,
            "{} requests with findings of {} clients, {} to {}",
            self.requests,
            self.clients,
            instant(&self.from),
            instant(&self.to)
        )?;
        writeln!(
            text,
            "{} blocked, {} would be; {} refused as invalid, {} would be",
            self.blocked, self.would_block, self.refused, self.would_refuse
        )?;
        if self.unreadable_lines > 0 {
            writeln!(text, "{} lines are no findings", self.unreadable_lines)?;
        }
        self.tables(&mut text)?;
        if self.exclusions.is_empty() {
            return writeln!(text, "\nnothing looks like a false alarm").map(|()| text);
        }
        let exclusions: Vec<&Exclusion> = self.exclusions.iter().collect();
        writeln!(
            text,
            "\n# found at many clients in the same field: if these are false alarms, in [shield]:"
        )?;
        writeln!(text, "{}", exclusion::toml(&exclusions))?;
        Ok(text)
    }

    fn tables(&self, text: &mut String) -> std::fmt::Result {
        if !self.groups.is_empty() {
            writeln!(
                text,
                "\n{:>8} {:>8}  {:<16} {:<28} FIELD",
                "REQUESTS", "CLIENTS", "ROUTE", "CLASS/RULE"
            )?;
        }
        for group in self.groups.iter().take(SHOWN) {
            let rule = format!("{}/{}", group.class, group.rule);
            let (requests, clients) = (group.requests, group.clients);
            writeln!(text, "{requests:>8} {clients:>8}  {:<16} {rule:<28} {}", group.route, group.field)?;
        }
        if self.groups.len() > SHOWN {
            writeln!(text, "… and {} more; --json has all", self.groups.len() - SHOWN)?;
        }
        if !self.invalid.is_empty() {
            writeln!(text, "\n{:>8} {:>8}  {:<16} NOT VALID", "REQUESTS", "CLIENTS", "ROUTE")?;
        }
        for invalid in self.invalid.iter().take(SHOWN) {
            let Invalid { requests, clients, route, field, detail } = invalid;
            writeln!(text, "{requests:>8} {clients:>8}  {route:<16} {field}: {detail}")?;
        }
        Ok(())
    }
}
