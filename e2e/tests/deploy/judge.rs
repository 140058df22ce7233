//! `poundlock deploy judge`: recorded requests in, one line of JSON out.

use e2e::{Finished, poundlock_reading};
use serde_json::{Value, json};

/// One request in twenty goes to the candidate; clients are all different.
fn requests(count: u64, status_of_candidate: u16) -> String {
    let line = |n: u64| {
        // A fixed draw that looks like chance.
        let candidate = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 < (1 << 32) / 20;
        let (arm, status) = if candidate { ("candidate", status_of_candidate) } else { ("stable", 200) };
        let request = json!({
            "t": n as f64 / 100.0, "arm": arm, "w": 0.05, "unit": format!("u{n}"), "status": status, "ms": 10 + n % 40,
        });
        request.to_string() + "\n"
    };
    (0..count).map(line).collect()
}

fn judge(input: &str) -> Finished {
    let folder = tempfile::tempdir().expect("a temporary folder");
    poundlock_reading(folder.path(), &["deploy", "judge"], input)
}

fn answer(input: &str) -> Value {
    let finished = judge(input);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout.lines().count(), 1, "{finished:?}");
    serde_json::from_str(&finished.stdout).expect("JSON")
}

#[test]
fn a_dead_candidate_is_rolled_back_with_its_numbers() {
    let answer = answer(&requests(1_000, 500));
    assert_eq!((&answer["verdict"], &answer["metric"]), (&json!("rollback"), &json!("errors")), "{answer}");
    assert!(answer["e"].as_f64().is_some_and(|e| e >= 500.0), "{answer}");
    assert!(answer["at"].as_f64().is_some_and(|at| at < 5.0), "{answer}");
    assert!(answer["low"].as_f64().is_some_and(|low| low > 1.0), "{answer}");
    assert_eq!(answer["counts"]["stable"]["errors"], 0, "{answer}");
}

#[test]
fn a_healthy_candidate_is_good_and_too_few_requests_are_insufficient() {
    assert_eq!(answer(&requests(30_000, 200))["verdict"], "good");
    let few = answer(&requests(100, 200));
    assert_eq!(few["verdict"], "insufficient", "{few}");
    assert!(few["because"].as_str().is_some_and(|because| because.contains("more requests")), "{few}");
}

#[test]
fn requests_that_do_not_follow_the_weight_are_misrouted() {
    assert_eq!(answer(&requests(2_000, 200).replace("stable", "candidate"))["verdict"], "misrouted");
}

#[test]
fn a_wrong_line_is_named() {
    for (bad, word) in [("{", "EOF"), ("{\"t\": 1}", "missing"), (&"x".repeat(100_000), "longer")] {
        let finished = judge(&(requests(2, 200) + bad + "\n"));
        assert_eq!((finished.code, &*finished.stdout), (Some(1), ""), "{finished:?}");
        assert!(finished.stderr.contains(word), "{finished:?}");
    }
    assert!(judge(&(requests(2, 200) + "{\n")).stderr.contains("line 3"));
}
