//! Limits over the admin API and the command line.

use e2e::{Config, Gateway, Upstream};

fn gateway(upstream: &Upstream) -> Gateway {
    let limits = "[limits.per-ip]\nrate = \"2/h\"\n[limits.per-user]\nkey = \"header:x-user\"\nrate = \"5/h\"\nquota = \"3/day\"\n";
    Gateway::start(&Config::to(&[upstream]).top(limits))
}

#[test]
fn limits_are_listed_with_what_they_decided() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream);
    let mut client = gateway.client();
    assert_eq!([(); 3].map(|()| client.get("/").status), [200, 200, 429]);
    let limits = gateway.admin_get("/api/v1/limits").json();
    let per_ip = &limits["limits"][0];
    assert_eq!(
        (&per_ip["name"], &per_ip["rate"], &per_ip["mode"]),
        (&"per-ip".into(), &"2/h".into(), &"enforce".into())
    );
    assert_eq!((&per_ip["decisions"]["allowed"], &per_ip["decisions"]["denied"]), (&2.into(), &1.into()));
    let listed = gateway.cli(&["limits", "list"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert!(listed.stdout.contains("per-ip") && listed.stdout.contains("2/h"), "{}", listed.stdout);
}

#[test]
fn a_key_is_shown_reset_granted_and_banned() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream);
    let mut client = gateway.client();
    assert_eq!([(); 3].map(|()| client.get("/").status), [200, 200, 429]);
    let run = |args: &[&str]| {
        let done = gateway.cli(&[args, &["--limit", "per-ip"]].concat());
        assert_eq!(done.code, Some(0), "{args:?}: {}", done.stderr);
        done.stdout
    };
    assert!(run(&["limits", "show", "127.0.0.1"]).contains("0 of 2 left"));
    run(&["limits", "reset", "127.0.0.1"]);
    assert_eq!(client.get("/").status, 200);
    run(&["limits", "grant", "127.0.0.1", "3", "--for", "60"]);
    assert!(run(&["limits", "show", "127.0.0.1"]).contains("4 of 5 left"));
    assert_eq!([(); 5].map(|()| client.get("/").status), [200, 200, 200, 200, 429]);
    run(&["limits", "ban", "127.0.0.1", "--for", "60"]);
    assert_eq!(client.get("/").problem()["type"], "urn:poundlock:problem:banned");
    run(&["limits", "unban", "127.0.0.1"]);
    assert_eq!(client.get("/").problem()["type"], "urn:poundlock:problem:rate-limited");
}

#[test]
fn secrets_are_asked_for_in_clear_and_shown_hashed() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream);
    gateway.client().request("GET", "/", &[("X-User", "alice")], "");
    let shown = gateway.change("GET", "/api/v1/limits/per-user/keys/alice", "");
    assert_eq!(shown.status, 200, "{}", shown.text());
    assert!(!shown.text().contains("alice"), "{}", shown.text());
    assert_eq!(
        (&shown.json()["budgets"][0]["remaining"], &shown.json()["budgets"][1]["remaining"]),
        (&4.into(), &2.into())
    );
    let keys = gateway.admin_get("/api/v1/limits/per-user/keys").json();
    assert_eq!(
        (&keys["keys"][0]["budget"], &keys["keys"][0]["key"]),
        (&"quota".into(), &shown.json()["key"])
    );
}

#[test]
fn an_application_asks_for_itself() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream);
    let ask = |cost: u64| {
        let body = format!("{{\"limit\": \"per-user\", \"key\": \"bob\", \"cost\": {cost}}}");
        gateway.change("POST", "/api/v1/limits/check", &body).json()
    };
    assert_eq!(
        (&ask(2)["allowed"], &ask(2)["allowed"], &ask(1)["remaining"]),
        (&true.into(), &false.into(), &0.into())
    );
    assert_eq!(ask(4)["retry_after"], serde_json::Value::Null, "more than there ever is");
    let mut client = gateway.client();
    assert_eq!(client.request("GET", "/", &[("X-User", "bob")], "").status, 429);
}

#[test]
fn bad_calls_are_problems_and_change_nothing() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream);
    for (method, path, body, status) in [
        ("POST", "/api/v1/limits/check", "{", 422),
        ("POST", "/api/v1/limits/check", "{\"limit\": \"per-user\", \"key\": \"a\", \"cost\": -1}", 422),
        ("POST", "/api/v1/limits/check", "{\"limit\": \"nope\", \"key\": \"a\"}", 404),
        ("POST", "/api/v1/limits/per-ip/bans", "{\"key\": \"10.0.0.1\", \"seconds\": 0}", 422),
        (
            "POST",
            "/api/v1/limits/per-ip/grants",
            "{\"key\": \"10.0.0.1\", \"extra\": 1, \"seconds\": 1, \"x\": 1}",
            422,
        ),
        ("DELETE", "/api/v1/limits/nope/keys/a", "", 404),
        ("GET", "/api/v1/limits/per-ip/keys/a%20b", "", 422),
    ] {
        let answer = gateway.change(method, path, body);
        assert_eq!(
            (answer.status, &answer.problem()["status"]),
            (status, &status.into()),
            "{method} {path} {body}"
        );
    }
    let without = gateway.admin("POST", "/api/v1/limits/check", &[("Content-Length", "0")]);
    assert_eq!(without.status, 401);
    let unknown = gateway.cli(&["limits", "show", "10.0.0.1"]);
    assert_eq!(unknown.code, Some(2), "{}", unknown.stderr);
    assert!(unknown.stderr.contains("per-ip, per-user"), "{}", unknown.stderr);
}
