//! The audit log: a line for each request with findings, secrets masked, rotated, opened anew.

use crate::{ATTACK, audit_log, config, gateway, reload};
use e2e::{Gateway, Signal, Upstream, eventually};

#[test]
fn a_line_says_who_asked_what_and_why_it_was_refused() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield.mode = \"block\"");
    let mut client = gateway.client();
    for n in 0..3 {
        assert_eq!(client.request("GET", ATTACK, &[("User-Agent", "test")], "").status, 403, "{n}");
        assert_eq!(client.get("/harmless").status, 200);
    }
    let lines = audit_log(&gateway, 3);
    assert_eq!(lines.len(), 3, "one line for each request with findings");
    let line = &lines[0];
    for (member, value) in [
        ("service", "api"),
        ("route", "default"),
        ("method", "GET"),
        ("path", "/search"),
        ("client", "127.0.0.1"),
        ("mode", "block"),
        ("action", "block"),
    ] {
        assert_eq!(line[member], value, "{member} in {line}");
    }
    assert!(line["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{line}");
    assert_eq!(line["level"], 1);
    assert!(line["score"].as_u64().is_some_and(|score| score >= 10), "{line}");
    for member in ["class", "rule", "location", "decoded", "evidence"] {
        assert!(line["findings"][0][member].as_str().is_some_and(|s| !s.is_empty()), "{member} in {line}");
    }
}

#[test]
fn secrets_are_masked() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "[shield]");
    gateway.get("/login?password=hunter2%27%20OR%201%3D1%20--");
    let text = audit_log(&gateway, 1)[0].to_string();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains('•'), "{text}");
}

#[test]
fn it_is_opened_anew_on_sighup() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "[shield]");
    gateway.get(ATTACK);
    audit_log(&gateway, 1);
    let file = gateway.folder().join("state/findings.jsonl");
    std::fs::rename(&file, file.with_extension("old")).expect("a file can be renamed");
    gateway.signal(Signal::Hangup);
    eventually("the file", || file.exists().then_some(()));
    gateway.get(ATTACK);
    assert_eq!(audit_log(&gateway, 1).len(), 1);
}

#[test]
fn it_is_rotated_by_its_size() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield = { mode = \"detect\", audit_size = \"4KiB\" }");
    let old = gateway.folder().join("state/findings.jsonl.1");
    let mut client = gateway.client();
    eventually("a second file", || {
        client.get(ATTACK);
        old.exists().then_some(())
    });
    let size = std::fs::metadata(&old).expect("it exists").len();
    assert!(size <= 4096, "{size} bytes");
}

#[test]
fn it_may_go_to_stdout_or_nowhere_and_elsewhere_after_a_reload() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield = { mode = \"detect\", audit = \"-\" }");
    gateway.get(ATTACK);
    let said = |gateway: &Gateway, n| gateway.stdout().matches("would_block").count() == n;
    eventually("a line on stdout", || said(&gateway, 1).then_some(()));
    assert!(!gateway.folder().join("state/findings.jsonl").exists());
    reload(&gateway, &config(&upstream, "shield = { mode = \"detect\", audit = \"\" }"));
    gateway.get(ATTACK);
    eventually("the finding", || {
        (gateway.change("GET", "/api/v1/shield/findings", "").json()["findings"].as_array()?.len() == 2)
            .then_some(())
    });
    assert!(said(&gateway, 1), "{}", gateway.stdout());
    reload(&gateway, &config(&upstream, "shield = { mode = \"detect\", audit = \"other.jsonl\" }"));
    gateway.get(ATTACK);
    let other = gateway.folder().join("state/other.jsonl");
    eventually("a line in the other file", || {
        std::fs::read_to_string(&other).is_ok_and(|text| text.lines().count() == 1).then_some(())
    });
}
