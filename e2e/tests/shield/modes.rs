//! The same attack under each mode.

use crate::{ATTACK, audit_log, gateway};
use e2e::Upstream;

#[test]
fn block_refuses_and_says_nothing_of_the_attack() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield.mode = \"block\"");
    let answer = gateway.get(ATTACK);
    assert_eq!(answer.status, 403);
    let problem = answer.problem();
    assert_eq!(problem["type"], "urn:poundlock:problem:attack-detected");
    assert!(!answer.text().contains("1=1") && !answer.text().contains("sqli"), "{}", answer.text());
    assert!(upstream.heads().is_empty(), "the upstream saw it");
    assert_eq!(gateway.get("/search?q=tea+or+coffee").status, 200);
    let line = &audit_log(&gateway, 1)[0];
    assert_eq!((&line["action"], &line["request_id"]), (&"block".into(), &problem["request_id"]));
}

#[test]
fn detect_lets_everything_pass_unchanged_and_records_it() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "[shield]");
    assert_eq!(gateway.get(ATTACK).status, 200);
    assert_eq!(upstream.only().head.word(1), ATTACK);
    let line = &audit_log(&gateway, 1)[0];
    assert_eq!((&line["action"], &line["mode"]), (&"would_block".into(), &"detect".into()));
    let finding = &line["findings"][0];
    assert_eq!((&finding["class"], &finding["location"]), (&"sqli".into(), &"query.q".into()));
}

#[test]
fn nothing_is_looked_at_unless_it_is_asked_for() {
    let upstream = Upstream::text("ok");
    for shield in ["", "shield.mode = \"off\""] {
        let gateway = gateway(&upstream, shield);
        assert_eq!(gateway.get(ATTACK).status, 200);
        assert_eq!(gateway.admin_get("/api/v1/shield").json()["totals"]["requests"], 0);
        assert!(!gateway.folder().join("state/findings.jsonl").exists());
    }
}

#[test]
fn a_sample_is_of_what_is_detected_and_not_of_what_is_blocked() {
    let upstream = Upstream::text("ok");
    for (mode, status, looked_at, skipped) in [("detect", 200, 0, 3), ("block", 403, 3, 0)] {
        let gateway = gateway(&upstream, &format!("shield = {{ mode = \"{mode}\", sample = \"0%\" }}"));
        let mut client = gateway.client();
        assert_eq!([(); 3].map(|()| client.get(ATTACK).status), [status; 3]);
        let totals = &gateway.admin_get("/api/v1/shield").json()["totals"];
        assert_eq!(
            (&totals["requests"], &totals["skipped"]),
            (&looked_at.into(), &skipped.into()),
            "{totals}"
        );
    }
}

#[test]
fn the_first_route_that_matches_decides() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(
        &upstream,
        "[shield]\nmode = \"detect\"\n[shield.route.notes]\npaths = [\"/notes/*\"]\nmode = \"off\"\n\
         [shield.route.admin]\nmethods = [\"GET\"]\nmode = \"block\"\n",
    );
    let mut client = gateway.client();
    assert_eq!(client.get("/notes/1?q=%27%20OR%201%3D1%20--").status, 200);
    assert_eq!(client.get(ATTACK).status, 403);
    assert_eq!(client.request("POST", ATTACK, &[], "x").status, 200);
    let lines = audit_log(&gateway, 2);
    let routes: Vec<_> = lines.iter().map(|line| (&line["route"], &line["action"])).collect();
    assert_eq!(routes, [(&"admin".into(), &"block".into()), (&"default".into(), &"would_block".into())]);
}

#[test]
fn a_field_may_have_a_mode_of_its_own() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(
        &upstream,
        "[shield]\nmode = \"block\"\n[shield.route.all]\nfield_mode = { \"query.q\" = \"detect\", \"query.raw\" = \"off\" }\n",
    );
    let mut client = gateway.client();
    assert_eq!(client.get("/?q=%27%20OR%201%3D1%20--").status, 200);
    assert_eq!(client.get("/?raw=%27%20OR%201%3D1%20--").status, 200);
    assert_eq!(client.get("/?other=%27%20OR%201%3D1%20--").status, 403);
    let lines = audit_log(&gateway, 2);
    assert_eq!(lines.len(), 2, "a field that is off leaves no line: {lines:?}");
    assert_eq!(lines[0]["findings"][0]["location"], "query.q");
}
