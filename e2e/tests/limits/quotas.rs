//! Quotas outlive the process, however it ends.

use e2e::{Config, Gateway, Upstream};

fn config(upstream: &Upstream, quota: u32) -> Config {
    Config::to(&[upstream])
        .top(&format!("limits.a = {{ key = \"header:x-user\", quota = \"{quota}/year\" }}"))
}

#[test]
fn a_killed_gateway_loses_no_charge() {
    let upstream = Upstream::text("ok");
    let config = config(&upstream, 50);
    let mut gateway = Gateway::start(&config);
    let mut admitted = 0;
    for _ in 0..4 {
        let mut client = gateway.client();
        for _ in 0..10 {
            admitted += u32::from(client.request("GET", "/", &[("X-User", "a")], "").status == 200);
        }
        gateway.restart(&config);
    }
    assert_eq!(admitted, 40);
    let mut client = gateway.client();
    let rest = (0..30).filter(|_| client.request("GET", "/", &[("X-User", "a")], "").status == 200).count();
    assert_eq!(rest, 10, "every charge before a kill counts, and no other");
    assert_eq!(client.request("GET", "/", &[("X-User", "b")], "").status, 200);
}

#[test]
fn a_large_quota_loses_a_thousandth_at_most() {
    let upstream = Upstream::text("ok");
    let config = config(&upstream, 5000);
    let mut gateway = Gateway::start(&config);
    let ask = |gateway: &Gateway, times: u32| {
        let mut client = gateway.client();
        (0..times).filter(|_| client.request("GET", "/", &[("X-User", "a")], "").status == 200).count()
    };
    assert_eq!(ask(&gateway, 1003), 1003);
    gateway.restart(&config);
    let shown = gateway.change("GET", "/api/v1/limits/a/keys/a", "").json();
    let left = shown["budgets"][0]["remaining"].as_u64().expect("a number");
    assert!((3992..=3997).contains(&left), "{left} of 5000 left after 1003");
}

#[test]
fn a_quota_in_shadow_is_counted_although_the_disk_is_asked() {
    let upstream = Upstream::text("ok");
    let limits = "limits.trial = { quota = \"1/day\", mode = \"shadow\" }";
    let gateway = Gateway::start(&Config::to(&[&upstream]).top(limits));
    let mut client = gateway.client();
    assert_eq!([(); 3].map(|()| client.get("/").status), [200; 3]);
    let metrics = gateway.metrics();
    let decisions = |decision| {
        metrics.sum("poundlock_ratelimit_decisions_total", &[("limit", "trial"), ("decision", decision)])
    };
    assert_eq!((decisions("allowed"), decisions("would_deny")), (1.0, 2.0));
}

#[test]
fn a_quota_and_a_rate_are_charged_together_or_not_at_all() {
    let upstream = Upstream::text("ok");
    let limits =
        "limits.a = { rate = \"1000/h\", burst = 5, quota = \"3/day\" }\nlimits.b = { rate = \"1000/h\" }";
    let gateway = Gateway::start(&Config::to(&[&upstream]).top(limits));
    let mut client = gateway.client();
    let statuses: Vec<u16> = (0..8).map(|_| client.get("/").status).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429, 429, 429, 429]);
    let answer = client.get("/");
    assert!(
        answer.header("ratelimit-policy").is_some_and(|p| p.contains("\"a-quota\";q=3;w=86400")),
        "{answer:?}"
    );
    let shown = gateway.change("GET", "/api/v1/limits/a/keys/127.0.0.1", "").json();
    assert!(
        shown["budgets"][0]["remaining"].as_u64() >= Some(2),
        "refusals were charged to the rate: {shown}"
    );
}
