//! Tests of the state machine, the aggregate and the document.

use super::*;
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;

const LATENCY: Duration = Duration::from_micros(1_500);

fn spec(name: &str, critical: bool) -> ComponentSpec {
    ComponentSpec {
        name: name.to_owned(),
        measurement: "responseTime".to_owned(),
        component_type: "component".to_owned(),
        critical,
        thresholds: Thresholds::default(),
    }
}

/// A moment this many seconds after the start, which was 2026-01-01T00:00:00Z.
fn at(seconds: u64) -> Moment {
    Moment { steady: Duration::from_secs(seconds), unix: Duration::from_secs(1_767_225_600 + seconds) }
}

fn outcome(kind: OutcomeKind) -> Outcome {
    Outcome { kind, ..Outcome::pass(LATENCY) }
}

/// Feeds one outcome a second (`p`ass, `w`arn, `f`ail) and compares the status after each.
fn check(outcomes: &str, expected: &str) {
    let mut component = Component::new(spec("a", true));
    let mut shown = String::new();
    for (second, letter) in outcomes.chars().enumerate() {
        let kind = match letter {
            'p' => OutcomeKind::Pass,
            'w' => OutcomeKind::Warn,
            _ => OutcomeKind::Fail,
        };
        let now = at(second as u64);
        component.observe(outcome(kind), now);
        shown.push_str(&component.status(now).as_str()[..1]);
    }
    assert_eq!(shown, expected, "after {outcomes}");
}

#[test]
fn three_failures_down_two_successes_up() {
    check("p", "p");
    check("pfpffp", "pwpwwp");
    check("pfffpp", "pwwffp");
    check("pfffpfpp", "pwwffffp");
    check("fff", "wwf");
    check("pwwp", "pwwp");
    check("fffww", "wwffw");
}

#[test]
fn changes_are_reported_once() {
    let board = HealthBoard::default();
    let id = board.add(spec("a", true)).unwrap();
    let change = |kind, second| board.observe(id, outcome(kind), at(second));
    let changed = |from, to| Some(Change { from, to });
    assert_eq!(change(OutcomeKind::Pass, 0), changed(Status::Warn, Status::Pass));
    assert_eq!(change(OutcomeKind::Pass, 1), None);
    assert_eq!(change(OutcomeKind::Fail, 2), changed(Status::Pass, Status::Warn));
    assert_eq!(change(OutcomeKind::Fail, 3), None);
    assert_eq!(change(OutcomeKind::Fail, 4), changed(Status::Warn, Status::Fail));
}

#[test]
fn a_stale_pass_is_a_warning_and_a_stale_failure_stays_one() {
    let mut component = Component::new(spec("a", true));
    component.observe(outcome(OutcomeKind::Pass), at(0));
    assert_eq!(component.status(at(30)), Status::Pass);
    assert_eq!(component.status(at(31)), Status::Warn);
    for second in 1..4 {
        component.observe(outcome(OutcomeKind::Fail), at(second));
    }
    assert_eq!(component.status(at(1_000)), Status::Fail);
}

#[test]
fn only_a_critical_failure_fails_the_whole() {
    let check = |critical, failures, status, readiness| {
        let board = HealthBoard::default();
        let good = board.add(spec("good", true)).unwrap();
        board.observe(good, outcome(OutcomeKind::Pass), at(0));
        let bad = board.add(spec("bad", critical)).unwrap();
        board.observe(bad, outcome(OutcomeKind::Pass), at(0));
        for _ in 0..failures {
            board.observe(bad, outcome(OutcomeKind::Fail), at(1));
        }
        assert_eq!(board.report(at(2)).status, status);
        assert_eq!(board.ready(), readiness);
    };
    check(true, 0, Status::Pass, Readiness::Ready);
    check(true, 1, Status::Warn, Readiness::Ready);
    check(true, 3, Status::Fail, Readiness::NotReady(vec!["bad".to_owned()]));
    check(false, 3, Status::Warn, Readiness::Ready);
}

#[test]
fn the_document_is_as_the_draft_has_it() {
    let board = HealthBoard::default();
    let api = board.add(spec("api", true)).unwrap();
    board.observe(api, Outcome::pass(LATENCY), at(0));
    board.observe(api, Outcome::fail(LATENCY, "connection refused"), at(5));
    let disk = board.add(ComponentSpec { measurement: "utilization".to_owned(), ..spec("disk", false) });
    let full = Observed { value: 91.5, unit: "percent".to_owned() };
    let outcome = Outcome { observed: Some(full), ..Outcome::pass(Duration::ZERO) };
    board.observe(disk.unwrap(), outcome, at(5));
    board.add(spec("new", false)).unwrap();
    let report = board.report(at(6));
    let expected = json!({
        "status": "warn",
        "checks": {
            "api:responseTime": [{
                "componentType": "component", "observedValue": 1.5, "observedUnit": "ms", "status": "warn",
                "time": "2026-01-01T00:00:05.000Z", "output": "connection refused", "critical": true,
                "consecutive_failures": 1, "last_success": "2026-01-01T00:00:00.000Z", "latency_ms": 1.5
            }],
            "disk:utilization": [{
                "componentType": "component", "observedValue": 91.5, "observedUnit": "percent",
                "status": "pass", "time": "2026-01-01T00:00:05.000Z", "critical": false,
                "consecutive_failures": 0, "last_success": "2026-01-01T00:00:05.000Z", "latency_ms": 0.0
            }],
            "new:responseTime": [{
                "componentType": "component", "status": "warn", "output": "not checked yet",
                "critical": false, "consecutive_failures": 0
            }]
        }
    });
    let document = serde_json::to_value(&report).unwrap();
    assert_eq!(document, expected);
    assert_eq!(serde_json::from_value::<HealthReport>(document).unwrap(), report);
    assert_eq!(report.component("disk").unwrap().observed_value, Some(91.5));
    assert_eq!(report.component("dis"), None);
    assert_eq!(
        board.report(at(100)).component("disk").unwrap().output.as_deref(),
        Some("last checked 95 s ago")
    );
}

#[test]
fn the_board_is_bounded_and_names_are_unique() {
    let board = HealthBoard::new(2);
    let first = board.add(spec("a", true)).unwrap();
    assert_eq!(board.add(spec("a", true)), Err(HealthError::Exists("a".to_owned())));
    assert_eq!(board.add(spec("a:b", true)), Err(HealthError::InvalidName("a:b".to_owned())));
    assert_eq!(board.add(spec("", true)), Err(HealthError::InvalidName(String::new())));
    board.add(spec("b", true)).unwrap();
    assert_eq!(board.add(spec("c", true)), Err(HealthError::Full));
    board.remove(first);
    let again = board.add(spec("a", true)).unwrap();
    assert_eq!(
        board.observe(first, outcome(OutcomeKind::Pass), at(0)),
        None,
        "a late check of a removed one"
    );
    assert_eq!(board.status(again, at(0)), Some(Status::Warn));
    assert_eq!(board.status(first, at(0)), None);
}

#[test]
fn long_output_is_cut_at_a_character() {
    let mut component = Component::new(spec("a", true));
    component.observe(Outcome::fail(LATENCY, "é".repeat(MAX_OUTPUT_BYTES)), at(0));
    let output = component.last().unwrap().0.output.clone().unwrap();
    assert_eq!(output, "é".repeat(MAX_OUTPUT_BYTES / 2));
}

#[test]
fn a_component_is_up_unless_it_fails() {
    let board = std::sync::Arc::new(HealthBoard::default());
    board.add(spec("new", false)).unwrap();
    let bad = board.add(spec("bad", false)).unwrap();
    for _ in 0..3 {
        board.observe(bad, outcome(OutcomeKind::Fail), at(1));
    }
    let registry = crate::Registry::new(crate::Limits::default());
    registry.register(board).unwrap();
    let samples = crate::testing::parse(&registry.render(crate::Format::Text004));
    assert_eq!(crate::testing::value(&samples, COMPONENT_UP, &[("component", "new")]), Some(1.0));
    assert_eq!(crate::testing::value(&samples, COMPONENT_UP, &[("component", "bad")]), Some(0.0));
}

#[test]
fn times_are_rfc_3339() {
    let check = |seconds, millis: u32, expected: &str| {
        assert_eq!(timestamp::rfc3339(Duration::new(seconds, millis * 1_000_000)), expected);
    };
    check(0, 0, "1970-01-01T00:00:00.000Z");
    check(951_782_399, 999, "2000-02-28T23:59:59.999Z");
    check(951_782_400, 1, "2000-02-29T00:00:00.001Z");
    check(1_709_251_199, 0, "2024-02-29T23:59:59.000Z");
    check(4_107_542_400, 0, "2100-03-01T00:00:00.000Z");
    check(u64::MAX, 0, "9999-12-31T23:59:59.000Z");
}

proptest! {
    /// The machine against a look at the whole history: failing since the last run of `down_after` failures
    /// that no run of `up_after` successes followed.
    #[test]
    fn the_machine_equals_its_history(
        passes in prop::collection::vec(any::<bool>(), 1..40), down in 1..5_u32, up in 1..4_u32,
    ) {
        let thresholds = Thresholds { down_after: down, up_after: up, ..Thresholds::default() };
        let mut component = Component::new(ComponentSpec { thresholds, ..spec("a", true) });
        for (second, pass) in passes.iter().enumerate() {
            let kind = if *pass { OutcomeKind::Pass } else { OutcomeKind::Fail };
            component.observe(outcome(kind), at(second as u64));
            let history = &passes[..=second];
            let last_run = |length: u32, wanted: bool| {
                history.windows(length as usize).rposition(|run| run.iter().all(|pass| *pass == wanted))
                    .map(|start| start + length as usize)
            };
            let failing = match (last_run(down, false), last_run(up, true)) {
                (Some(went_down), Some(went_up)) => went_down > went_up,
                (Some(_), None) => true,
                (None, _) => false,
            };
            prop_assert_eq!(component.settled() == Status::Fail, failing);
            let failures = history.iter().rev().take_while(|pass| !**pass).count();
            prop_assert_eq!(component.consecutive_failures() as usize, failures);
        }
    }

    #[test]
    fn days_follow_each_other(day in 0..2_932_896_u64) {
        let date = |day: u64| timestamp::rfc3339(Duration::from_secs(day * 86_400));
        let (today, tomorrow) = (date(day), date(day + 1));
        prop_assert!(today < tomorrow);
        prop_assert!(tomorrow[8..10] == *"01" || tomorrow[..8] == today[..8]);
    }
}
