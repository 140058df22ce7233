//! Correlation: every request has an ID and a trace, the same in answer, upstream, problem and access log.

use std::collections::HashSet;

use e2e::{Answer, Config, Gateway, Head, Reservation, Upstream, eventually};
use serde_json::Value;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// The answer and what the upstream got, for these headers, from a peer that is trusted or not.
fn exchange(trusted: bool, headers: &[(&str, &str)]) -> (Answer, Head) {
    let upstream = Upstream::text("ok");
    let proxies = if trusted { "\"127.0.0.1/32\"" } else { "" };
    let gateway =
        Gateway::start(&Config::to(&[&upstream]).listener(&format!("trusted_proxies = [{proxies}]")));
    let answer = gateway.client().request("GET", "/", headers, "");
    (answer, upstream.only().head)
}

/// The request ID, which must be the same in the answer and at the upstream.
fn id(trusted: bool, headers: &[(&str, &str)]) -> String {
    let (answer, head) = exchange(trusted, headers);
    let ids = (answer.head.all("x-request-id"), head.all("x-request-id"));
    assert_eq!((ids.0.len(), &ids.0), (1, &ids.1));
    ids.0[0].to_owned()
}

fn is_uuid_v7(id: &str) -> bool {
    let shape: Vec<usize> = id.split('-').map(str::len).collect();
    let hex = id.bytes().all(|b| b == b'-' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    shape == [8, 4, 4, 4, 12] && hex && &id[14..15] == "7" && "89ab".contains(&id[19..20])
}

/// Trace ID and parent ID that the upstream got.
fn trace(headers: &[(&str, &str)]) -> (String, String, Head) {
    let (_, head) = exchange(false, headers);
    let all = head.all("traceparent");
    assert_eq!(all.len(), 1, "{head:?}");
    let parts: Vec<&str> = all[0].split('-').collect();
    assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [2, 32, 16, 2], "{head:?}");
    assert!(parts[1].bytes().any(|b| b != b'0') && parts[2].bytes().any(|b| b != b'0'), "{head:?}");
    (parts[1].to_owned(), parts[2].to_owned(), head.clone())
}

#[test]
fn every_request_gets_an_id_of_its_own() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    let ids: HashSet<String> =
        (0..50).map(|_| client.get("/").header("x-request-id").expect("an ID").to_owned()).collect();
    assert_eq!(ids.len(), 50);
    assert!(ids.iter().all(|id| is_uuid_v7(id)), "{ids:?}");
}

#[test]
fn the_id_of_a_stranger_is_ignored() {
    let id = id(false, &[("X-Request-ID", "chosen-by-client-1")]);
    assert!(is_uuid_v7(&id), "{id}");
}

#[test]
fn the_id_of_a_trusted_proxy_is_taken() {
    assert_eq!(id(true, &[("X-Request-ID", "chosen.by_proxy-1")]), "chosen.by_proxy-1");
    assert_eq!(id(true, &[("X-Correlation-ID", "chosen.by_proxy-2")]), "chosen.by_proxy-2");
}

#[test]
fn a_malformed_id_is_replaced_even_from_a_trusted_proxy() {
    for bad in ["short", "has spaces in it", "semi;colon", "quote\"quote", &"x".repeat(129)] {
        let id = id(true, &[("X-Request-ID", bad)]);
        assert!(is_uuid_v7(&id), "{bad:?} became {id}");
    }
}

#[test]
fn a_trace_is_continued_with_a_new_parent() {
    let given = format!("00-{TRACE}-{PARENT}-01");
    let (id, parent, head) = trace(&[("traceparent", &given), ("tracestate", "vendor=1,other=2")]);
    assert_eq!(id, TRACE);
    assert_ne!(parent, PARENT);
    assert_eq!(head.all("tracestate").join(","), "vendor=1,other=2");
    assert!(
        head.header("traceparent").is_some_and(|t| t.starts_with("00-") && t.ends_with("-01")),
        "{head:?}"
    );
}

#[test]
fn a_trace_is_begun_when_there_is_none() {
    trace(&[]);
}

#[test]
fn a_bad_trace_is_replaced_and_its_state_dropped() {
    for bad in [
        format!("00-{}-{PARENT}-01", "0".repeat(32)),
        format!("00-{TRACE}-{}-01", "0".repeat(16)),
        format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
        format!("ff-{TRACE}-{PARENT}-01"),
        format!("00-{TRACE}-{PARENT}-01-extra"),
        format!("00-{TRACE}x-{PARENT}-01"),
        format!("00-{TRACE}-{PARENT}"),
        "nonsense".to_owned(),
    ] {
        let (id, _, head) = trace(&[("traceparent", &bad), ("tracestate", "vendor=1")]);
        assert_ne!(id, TRACE, "{bad}");
        assert_eq!(head.header("tracestate"), None, "{bad}");
    }
}

#[test]
fn two_traces_are_none() {
    let given = format!("00-{TRACE}-{PARENT}-01");
    let (id, _, _) = trace(&[("traceparent", &given), ("traceparent", &given)]);
    assert_ne!(id, TRACE);
}

/// Waits for the access log's line about `path`.
fn line_about(path: &str, read: impl Fn() -> String) -> Value {
    eventually("a line in the access log", || {
        let log = read();
        let lines =
            log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line:?}")));
        lines.into_iter().find(|line: &Value| line.to_string().contains(path))
    })
}

/// Checks the members every line has.
fn is_complete(line: &Value, status: u16, id: &str) {
    assert_eq!((&line["status"], &line["request_id"]), (&status.into(), &id.into()), "{line}");
    assert!(line["route"].is_string() && line["method"].is_string(), "{line}");
    let members = line.as_object().expect("an object");
    let durations =
        members.iter().filter(|(name, value)| name.contains("duration") && value.is_number()).count();
    assert!(durations >= 1, "{line}");
}

#[test]
fn the_access_log_on_stdout_names_the_request() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::run(&["--to", &upstream.address(), "--access-log", "-"]);
    let answer = gateway.get("/logged");
    is_complete(
        &line_about("/logged", || gateway.stdout()),
        200,
        answer.header("x-request-id").expect("an ID"),
    );
}

#[test]
fn the_access_log_in_a_file_has_failures_too() {
    let nobody = Reservation::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("access.log");
    let path = file.display().to_string();
    let gateway = Gateway::run(&["--to", &nobody.address.to_string(), "--access-log", &path]);
    let answer = gateway.get("/failed");
    let line = line_about("/failed", || std::fs::read_to_string(&file).unwrap_or_default());
    is_complete(&line, 502, answer.header("x-request-id").expect("an ID"));
    assert_eq!(answer.problem()["request_id"], line["request_id"]);
}

#[test]
fn a_line_in_the_access_log_cannot_be_forged() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::run(&["--to", &upstream.address(), "--access-log", "-"]);
    gateway.client().request("GET", "/x\"},{\"forged\":\"%0a", &[("User-Agent", "a\"b\\c\td")], "");
    let line = line_about("forged", || gateway.stdout());
    assert!(line.get("forged").is_none(), "{line}");
}
