//! `poundlock shield report`: what would have been blocked, and what looks like a false alarm.

use crate::{ATTACK, audit_log, config, gateway, reload};
use e2e::{Gateway, Upstream, poundlock};

/// Forty people paste SQL into a wiki, and one scanner tries everything.
fn an_hour(gateway: &Gateway) {
    let mut client = gateway.client();
    let mut get = |target: &str, ip: usize| {
        let ip = format!("198.51.100.{ip}");
        assert_eq!(client.request("GET", target, &[("X-Forwarded-For", &ip)], "").status, 200);
    };
    for ip in 0..40 {
        get("/wiki/edit?text=1%27%20OR%20%271%27%3D%271", ip);
    }
    for n in 0..10 {
        get(&format!("/shop?item={n}%27%20OR%20%271%27%3D%271"), 200);
        get(&format!("/shop?name=%3Cscript%3Ealert({n})%3C/script%3E"), 200);
    }
    audit_log(gateway, 60);
}

fn detecting(upstream: &Upstream) -> Gateway {
    let config = config(upstream, "[shield]").listener("trusted_proxies = [\"127.0.0.0/8\"]");
    Gateway::start(&config)
}

#[test]
fn an_hour_of_findings_becomes_a_report_with_exclusions() {
    let upstream = Upstream::text("ok");
    let gateway = detecting(&upstream);
    an_hour(&gateway);
    let report = poundlock(gateway.folder(), &["shield", "report", "state/findings.jsonl", "--json"]);
    assert_eq!(report.code, Some(0), "{}", report.stderr);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).expect("JSON");
    assert_eq!(
        (&report["requests"], &report["would_block"], &report["clients"]),
        (&60.into(), &60.into(), &41.into())
    );
    let group = &report["groups"][0];
    assert_eq!(
        (&group["route"], &group["class"], &group["field"], &group["requests"], &group["clients"]),
        (&"default".into(), &"sqli".into(), &"query.text".into(), &40.into(), &40.into())
    );
    let proposals = report["exclusions"].as_array().expect("exclusions");
    assert!(!proposals.is_empty(), "{report}");
    for exclusion in proposals {
        assert_eq!(
            (&exclusion["field"], &exclusion["paths"]),
            (&"query.text".into(), &serde_json::json!(["/wiki/edit"]))
        );
    }
}

#[test]
fn what_is_proposed_can_be_used_as_it_is() {
    let upstream = Upstream::text("ok");
    let gateway = detecting(&upstream);
    an_hour(&gateway);
    let report = gateway.cli(&["shield", "report", "--since", "1h"]);
    assert_eq!(report.code, Some(0), "{}", report.stderr);
    assert!(report.stdout.contains("query.item") && report.stdout.contains("sqli"), "{}", report.stdout);
    let at =
        report.stdout.find("exclude = [").unwrap_or_else(|| panic!("no exclusions in {}", report.stdout));
    let shield = format!("[shield]\nmode = \"block\"\n{}\n", &report.stdout[at..]);
    reload(&gateway, &config(&upstream, &shield).listener("trusted_proxies = [\"127.0.0.0/8\"]"));
    let mut client = gateway.client();
    assert_eq!(client.get("/wiki/edit?text=1%27%20OR%20%271%27%3D%271").status, 200);
    assert_eq!(client.get("/shop?item=1%27%20OR%20%271%27%3D%271").status, 403);
}

#[test]
fn a_log_that_is_none_is_said_to_be_none() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "[shield]");
    gateway.get(ATTACK);
    audit_log(&gateway, 1);
    let file = gateway.folder().join("mixed.jsonl");
    let log = std::fs::read_to_string(gateway.folder().join("state/findings.jsonl")).expect("a log");
    std::fs::write(&file, format!("no JSON\n{{}}\n{log}")).expect("it can be written");
    let report = poundlock(gateway.folder(), &["shield", "report", "mixed.jsonl", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).expect("JSON");
    assert_eq!((&report["requests"], &report["unreadable_lines"]), (&1.into(), &2.into()));
    assert_eq!(poundlock(gateway.folder(), &["shield", "report", "nowhere.jsonl"]).code, Some(1));
}
