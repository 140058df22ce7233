//! The shield over the admin API, the command line and the metrics.

use crate::{ATTACK, audit_log, gateway};
use e2e::Upstream;

#[test]
fn its_state_and_totals_are_shown() {
    let upstream = Upstream::text("ok");
    let gateway =
        gateway(&upstream, "[shield]\nmode = \"block\"\n[shield.route.slow]\npaths = [\"/x\"]\nlevel = 2\n");
    let mut client = gateway.client();
    assert_eq!([client.get(ATTACK).status, client.get("/").status], [403, 200]);
    audit_log(&gateway, 1);
    let shield = gateway.admin_get("/api/v1/shield").json();
    let routes: Vec<_> =
        shield["routes"].as_array().expect("routes").iter().map(|r| r["name"].clone()).collect();
    assert_eq!(routes, ["slow", "default"]);
    assert_eq!((&shield["routes"][0]["level"], &shield["routes"][1]["mode"]), (&2.into(), &"block".into()));
    let totals = &shield["totals"];
    assert_eq!(
        (&totals["requests"], &totals["blocked"], &totals["would_block"], &totals["audit_dropped"]),
        (&2.into(), &1.into(), &0.into(), &0.into()),
        "{totals}"
    );
}

#[test]
fn recent_findings_are_listed_for_those_who_may_see_them() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "[shield]");
    gateway.get(ATTACK);
    audit_log(&gateway, 1);
    assert_eq!(gateway.admin_get("/api/v1/shield/findings").status, 401);
    let recent = gateway.change("GET", "/api/v1/shield/findings?since=60", "").json();
    assert_eq!(recent["findings"][0]["path"], "/search");
    let none = gateway.change("GET", "/api/v1/shield/findings?since=0", "").json();
    assert_eq!(none["findings"], serde_json::json!([]));
    assert_eq!(gateway.change("GET", "/api/v1/shield/findings?since=x", "").status, 422);
}

#[test]
fn other_languages_ask_for_a_verdict() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "");
    let scan = |body: &str| gateway.change("POST", "/api/v1/shield/scan", body);
    let verdict = scan("{\"value\": \"' OR 1=1 --\", \"place\": \"body\", \"field\": \"comment\"}");
    assert_eq!(verdict.status, 200, "{}", verdict.text());
    let verdict = verdict.json();
    assert_eq!(
        (&verdict["verdict"], &verdict["findings"][0]["location"]),
        (&"block".into(), &"body.comment".into())
    );
    assert_eq!(scan("{\"value\": \"tea\"}").json()["verdict"], "pass");
    let request = |body: &str| {
        let head = "\"method\": \"POST\", \"target\": \"/\", \"headers\": [[\"content-type\", \"application/json\"]]";
        scan(&format!("{{\"request\": {{{head}, {body}}}}}"))
    };
    let verdict = request("\"body\": \"{\\\"a\\\": \\\"' OR 1=1 --\\\"}\"").json();
    assert_eq!(
        (&verdict["verdict"], &verdict["findings"][0]["location"]),
        (&"block".into(), &"body.a".into())
    );
    // {"a": "tea"}
    assert_eq!(request("\"body_base64\": \"eyJhIjogInRlYSJ9\"").json()["verdict"], "pass");
    for body in ["\"body_base64\": \"?\"", "\"body\": \"a\", \"body_base64\": \"YQ==\"", "\"body\": 1"] {
        assert_eq!(request(body).status, 422, "{body}");
    }
    assert_eq!(scan(&format!("{{\"value\": \"{}\"}}", "a".repeat((1 << 20) + 1))).status, 422);
    for body in ["{", "{}", "{\"value\": \"a\", \"level\": 7}", "{\"value\": \"a\", \"x\": 1}"] {
        assert_eq!(scan(body).status, 422, "{body}");
    }
    assert_eq!(gateway.admin("POST", "/api/v1/shield/scan", &[("Content-Length", "0")]).status, 401);
}

#[test]
fn metrics_count_verdicts_and_classes() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield.mode = \"block\"");
    let mut client = gateway.client();
    let statuses = [ATTACK, "/", ATTACK].map(|target| client.get(target).status);
    assert_eq!(statuses, [403, 200, 403]);
    let metrics = gateway.metrics();
    let requests =
        |verdict| metrics.sum("poundlock_shield_requests_total", &[("service", "api"), ("verdict", verdict)]);
    assert_eq!((requests("pass"), requests("block"), requests("would_block")), (1.0, 2.0, 0.0));
    assert!(metrics.sum("poundlock_shield_findings_total", &[("class", "sqli")]) >= 2.0);
    assert_eq!(metrics.sum("poundlock_shield_blocked_total", &[("service", "api"), ("class", "sqli")]), 2.0);
    assert_eq!(metrics.sum("poundlock_shield_inspect_seconds_count", &[]), 3.0);
    assert_eq!(metrics.sum("poundlock_shield_audit_dropped_total", &[]), 0.0);
}
