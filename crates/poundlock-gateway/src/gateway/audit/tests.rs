//! What is kept of findings, and what becomes of them when there are too many.

use super::*;
use crate::config::Audit as Configured;
use poundlock_shield::{Class, Finding, Location, Place};
use poundlock_tower::inspect::{Action, Mode};
use std::time::Duration;

fn finding(text: &str) -> Finding {
    Finding {
        class: Class::Sqli,
        rule: "tautology",
        location: Location { place: Place::Query, field: "q".into() },
        chain: Vec::new(),
        decoded: text.to_owned(),
        span: 0..1,
        evidence: text.to_owned(),
        score: 10,
    }
}

fn record<'a>(findings: &'a [Finding], path: &'a str) -> Record<'a> {
    Record {
        time: SystemTime::UNIX_EPOCH + Duration::from_secs(7),
        request_id: "request-1",
        service: "api",
        route: "default",
        method: "GET",
        path,
        client: None,
        mode: Mode::Detect,
        action: Action::WouldBlock,
        score: 10,
        level: 1,
        findings,
        issues: &[],
    }
}

#[test]
fn a_line_is_bounded_and_says_what_it_leaves_out() {
    let findings = vec![finding(&"x\n\u{1}".repeat(66)); 64];
    let long = format!("/{}", "ä".repeat(10_000));
    let json = line::line(&record(&findings, &long)).expect("a line");
    assert!(json.len() < 16 << 10, "{} bytes", json.len());
    assert!(!json.contains('\n'));
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (&value["time"], &value["more_findings"]),
        (&"1970-01-01T00:00:07.000000Z".into(), &56.into())
    );
    assert_eq!(value["findings"].as_array().map(Vec::len), Some(8));
}

#[test]
fn the_ring_forgets_the_oldest_by_number_and_by_bytes() {
    let recent = Recent::default();
    let add = |second: u64, length: usize| {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        recent.add(Line { time, json: "x".repeat(length).into() });
    };
    (0..12_000).for_each(|second| add(second, 10));
    assert_eq!(recent.since(SystemTime::UNIX_EPOCH).len(), 10_000);
    assert_eq!(recent.since(SystemTime::UNIX_EPOCH + Duration::from_secs(11_990)).len(), 10);
    (0..20).for_each(|second| add(20_000 + second, 1 << 20));
    assert_eq!(recent.since(SystemTime::UNIX_EPOCH).len(), 8);
}

/// Writes lines of 100 bytes through a target that is full at 1,000, and returns the sizes of its files.
fn rotated(folder: &Path, lines: usize) -> Vec<u64> {
    let shield = Shield { audit: Some(Configured::File("log".into())), audit_size: 1000, routes: Vec::new() };
    let mut target = Target::open(&shield, folder).expect("opened");
    (0..lines).for_each(|_| target.write(&"x".repeat(99)).expect("written"));
    target.flush().expect("flushed");
    let names = ["log", "log.1", "log.2", "log.3", "log.4", "log.5"];
    names.iter().filter_map(|name| Some(std::fs::metadata(folder.join(name)).ok()?.len())).collect()
}

#[test]
fn a_full_file_is_put_aside_and_four_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(rotated(folder.path(), 10), [1000]);
    assert_eq!(rotated(folder.path(), 15), [500, 1000, 1000]);
    assert_eq!(rotated(folder.path(), 100), [500, 1000, 1000, 1000, 1000]);
}
