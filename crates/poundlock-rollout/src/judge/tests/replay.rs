//! Recorded requests.

use super::*;
use serde_json::{Value, json};

fn answer(lines: impl IntoIterator<Item = String>) -> Value {
    let mut replay = Replay::new(Settings::default());
    lines.into_iter().for_each(|line| replay.line(&line).unwrap());
    serde_json::to_value(replay.answer()).unwrap()
}

fn line(n: u64, status: impl Fn(Arm) -> u16) -> String {
    let arm = Split::new(1, 2).unit(&n.to_le_bytes()).arm(FIVE);
    let ms = 10 + n * 7 % 50;
    json!({ "t": n as f64 / 50.0, "arm": arm, "w": 0.05, "unit": format!("u{n}"), "status": status(arm), "ms": ms })
        .to_string()
}

#[test]
fn a_dead_candidate_is_rolled_back_at_the_third_client() {
    let answer = answer((0..2_000).map(|n| line(n, |arm| if arm == Arm::Candidate { 503 } else { 200 })));
    assert_eq!((&answer["verdict"], &answer["metric"]), (&json!("rollback"), &json!("errors")));
    assert!(answer["e"].as_f64().unwrap() >= 500.0 && answer["at"].as_f64().unwrap() < 10.0, "{answer}");
    assert_eq!((&answer["ratio"], &answer["high"]), (&Value::Null, &Value::Null));
    assert!(answer["low"].as_f64().unwrap() > 1.2);
}

#[test]
fn a_healthy_candidate_is_good() {
    let answer = answer((0..20_000).map(|n| line(n, |_| 200)));
    assert_eq!(answer["verdict"], "good", "{answer}");
    assert_eq!(answer["counts"]["stable"]["errors"], 0);
    let requests = |arm: &str| answer["counts"][arm]["requests"].as_u64().unwrap();
    assert_eq!(requests("stable") + requests("candidate"), 20_000);
}

#[test]
fn a_new_weight_is_a_new_step() {
    let more = |n| line(n, |_| 200).replace("0.05", "0.1");
    let answer = answer((0..20_000).map(|n| if n < 19_000 { line(n, |_| 200) } else { more(n) }));
    assert_eq!(answer["verdict"], "insufficient", "{answer}");
    assert!(answer["because"].as_str().unwrap().contains("in this step"), "{answer}");
}

#[test]
fn nothing_is_insufficient() {
    assert_eq!(answer([])["verdict"], "insufficient");
    let few = answer((0..30).map(|n| line(n, |_| 200)));
    assert_eq!(few["verdict"], "insufficient");
    assert!(few["because"].as_str().unwrap().contains("more requests"), "{few}");
}

#[test]
fn requests_that_all_go_to_one_release_are_misrouted() {
    let answer = answer((0..2_000).map(|n| line(n, |_| 200).replace("candidate", "stable")));
    assert_eq!(answer["verdict"], "misrouted", "{answer}");
}

#[test]
fn what_was_forced_does_not_count() {
    let forced = |n| {
        line(n, |_| 500).replace("stable", "candidate").replace("\"arm\"", "\"assigned\":\"forced\",\"arm\"")
    };
    assert_eq!(answer((0..100).map(forced))["counts"]["candidate"]["requests"], 0);
}

#[test]
fn wrong_lines_are_named() {
    let good = line(50, |_| 200);
    let check = |bad: &str, word: &str| {
        let mut replay = Replay::new(Settings::default());
        replay.line(&good).unwrap();
        replay.line("").unwrap();
        let error = replay.line(bad).unwrap_err().to_string();
        assert!(error.starts_with("line 3: ") && error.contains(word), "{error}");
    };
    check("{", "EOF");
    check("[]", "");
    check(&good.replace("0.05", "1.5"), "weight");
    check(&good.replace("\"status\"", "\"state\""), "state");
    check(&good.replace("stable", "blue").replace("candidate", "blue"), "blue");
    check(&good.replace("\"t\":1.0", "\"t\":-1.0"), "times");
    check(&good.replace("\"t\":1.0", "\"t\":0.5"), "older");
    check(&good.replace("\"t\":1.0", "\"t\":1e300"), "times");
}

proptest! {
    #[test]
    fn no_line_panics(lines in prop::collection::vec(".{0,80}", 0..10), t: f64, w: f64, ms: f64, status: u16) {
        let mut replay = Replay::new(Settings::default());
        for line in lines {
            let _refused = replay.line(&line);
        }
        let line = json!({ "t": t, "arm": "stable", "w": w, "unit": "u", "status": status, "ms": ms });
        let _refused = replay.line(&line.to_string());
        let _answer = replay.answer();
    }
}
