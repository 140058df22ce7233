//! What clients are told about limits, admitted or not.

use std::time::{SystemTime, UNIX_EPOCH};

use e2e::{Answer, Config, Gateway, Upstream};

fn gateway(upstream: &Upstream, limits: &str) -> Gateway {
    Gateway::start(&Config::to(&[upstream]).top(limits))
}

/// Seconds since the Unix epoch.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

fn number(answer: &Answer, header: &str) -> u64 {
    let text = answer.header(header).unwrap_or_else(|| panic!("no {header} in {answer:?}"));
    text.parse().unwrap_or_else(|e| panic!("{header}: {text:?}: {e}"))
}

#[test]
fn every_answer_says_what_is_left_and_the_refusal_when_to_come_back() {
    let upstream = Upstream::text("ok");
    let config =
        Config::to(&[&upstream]).env("RATE_LIMIT_REQUESTS", "100").env("RATE_LIMIT_WINDOW_SECONDS", "60");
    let gateway = Gateway::start(&config);
    let mut client = gateway.client();
    for n in 0..100 {
        let answer = client.get("/");
        assert_eq!((answer.status, number(&answer, "x-ratelimit-limit")), (200, 100));
        // One token grows each 600 ms; it may come between any two requests.
        let left = number(&answer, "x-ratelimit-remaining");
        assert!((99 - n..=101 - n).contains(&left), "{left} left after {} requests", n + 1);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"default\";q=100;w=60"));
        assert!(answer.header("ratelimit").is_some_and(|v| v.starts_with("\"default\";r=")), "{answer:?}");
        let reset = number(&answer, "x-ratelimit-reset");
        assert!((now()..=now() + 61).contains(&reset), "{answer:?}");
    }
    let refused = (0..5).map(|_| client.get("/")).find(|answer| answer.status == 429).expect("a refusal");
    assert_eq!(refused.problem()["type"], "urn:poundlock:problem:rate-limited");
    assert_eq!(refused.problem()["limit"], "default");
    assert_eq!((number(&refused, "x-ratelimit-limit"), number(&refused, "x-ratelimit-remaining")), (100, 0));
    assert!((1..=60).contains(&number(&refused, "retry-after")), "{refused:?}");
    assert!(refused.header("ratelimit").is_some_and(|v| v.starts_with("\"default\";r=0;t=")), "{refused:?}");
}

#[test]
fn a_refused_request_reaches_no_upstream_and_is_charged_nowhere() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(
        &upstream,
        "[limits.small]\nkey = \"header:x-user\"\nrate = \"2/h\"\n[limits.large]\nrate = \"10/h\"\n",
    );
    let mut client = gateway.client();
    let mut ask = |user: &str| client.request("GET", "/", &[("X-User", user)], "");
    let statuses: Vec<u16> = (0..20).map(|_| ask("a").status).collect();
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 2);
    let others: Vec<u16> =
        ["b", "b", "c", "c", "d", "d", "e", "e", "f", "f"].map(|user| ask(user).status).into();
    assert_eq!(
        others,
        [200, 200, 200, 200, 200, 200, 200, 200, 429, 429],
        "the large limit was charged for refusals"
    );
    assert_eq!(upstream.seen().len(), 10);
}

#[test]
fn a_limit_in_shadow_refuses_nobody_and_is_counted() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "limits.trial = { rate = \"1/h\", mode = \"shadow\" }");
    let mut client = gateway.client();
    for _ in 0..5 {
        let answer = client.get("/");
        assert_eq!((answer.status, answer.header("x-ratelimit-limit")), (200, None));
    }
    let metrics = gateway.metrics();
    let decisions = |decision| {
        metrics.sum("poundlock_ratelimit_decisions_total", &[("limit", "trial"), ("decision", decision)])
    };
    assert_eq!((decisions("allowed"), decisions("would_deny"), decisions("denied")), (1.0, 4.0, 0.0));
}

#[test]
fn allowed_networks_pass_and_denied_ones_do_not() {
    let upstream = Upstream::text("ok");
    let first = gateway(&upstream, "limits.a = { rate = \"1/h\", allow = [\"127.0.0.0/8\"] }");
    assert_eq!([first.get("/").status, first.get("/").status], [200, 200]);
    let second = gateway(&upstream, "limits.a = { rate = \"100/h\", deny = [\"127.0.0.1\"] }");
    let answer = second.get("/");
    assert_eq!((answer.status, &answer.problem()["type"]), (403, &"urn:poundlock:problem:denied".into()));
}

#[test]
fn a_key_that_keeps_knocking_is_banned() {
    let upstream = Upstream::text("ok");
    let limits = "limits.a = { rate = \"1/s\", ban = { after = 3, within = \"1m\", lasts = \"1h\" } }";
    let gateway = gateway(&upstream, limits);
    let mut client = gateway.client();
    // Each second one is admitted again, so three refusals come at last, whatever the machine does in between.
    let banned =
        (0..10_000).map(|_| client.get("/")).find(|a| a.status == 429 && number(a, "retry-after") > 60);
    let banned = banned.expect("a ban");
    assert_eq!(banned.problem()["type"], "urn:poundlock:problem:banned");
    assert!((3590..=3605).contains(&number(&banned, "retry-after")), "{banned:?}");
    assert_eq!(client.get("/").problem()["type"], "urn:poundlock:problem:banned");
}

#[test]
fn paths_methods_and_services_choose_who_is_limited() {
    let upstream = Upstream::text("ok");
    let gateway =
        gateway(&upstream, "limits.writes = { rate = \"1/h\", paths = [\"/v1/*\"], methods = [\"POST\"] }");
    let mut client = gateway.client();
    for path in ["/", "/v1", "/v2/x"] {
        assert_eq!([client.request("POST", path, &[], "x").status; 2], [200; 2], "{path}");
    }
    assert_eq!(client.get("/v1/a").status, 200);
    assert_eq!(client.request("POST", "/v1/a", &[], "x").status, 200);
    assert_eq!(client.request("POST", "/v1/b", &[], "x").status, 429);
    assert_eq!(client.request("POST", "/%76%31/c", &[], "x").status, 429, "an encoded path is the same path");
    assert_eq!(client.get("/v1/a").status, 200);
}
