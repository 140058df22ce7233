//! A changed configuration keeps what was spent, and applies at once.

use e2e::{Config, Gateway, Signal, Upstream, eventually};

fn config(upstream: &Upstream, limits: &str) -> Config {
    Config::to(&[upstream]).top(limits)
}

fn reload(gateway: &Gateway, config: &Config) {
    let reloads = || gateway.log().matches("configuration reloaded").count();
    let before = reloads();
    gateway.rewrite(config);
    gateway.signal(Signal::Hangup);
    eventually("the reload", || (reloads() > before).then_some(()));
}

#[test]
fn a_raised_limit_applies_at_once_and_forgets_nothing() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start(&config(&upstream, "limits.a = { rate = \"10/h\" }"));
    let mut client = gateway.client();
    let statuses: Vec<u16> = (0..12).map(|_| client.get("/").status).collect();
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 10);
    reload(&gateway, &config(&upstream, "limits.a = { rate = \"15/h\" }\nlimits.b = { rate = \"1000/h\" }"));
    let statuses: Vec<u16> = (0..12).map(|_| client.get("/").status).collect();
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 5, "15 less the 10 that were spent");
}

#[test]
fn a_lowered_limit_applies_at_once() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start(&config(&upstream, "limits.a = { rate = \"10/h\" }"));
    let mut client = gateway.client();
    assert_eq!([(); 4].map(|()| client.get("/").status), [200; 4]);
    reload(&gateway, &config(&upstream, "limits.a = { rate = \"3/h\" }"));
    assert_eq!(client.get("/").status, 429);
    reload(&gateway, &config(&upstream, "limits.a = { rate = \"3/h\", mode = \"off\" }"));
    assert_eq!(client.get("/").status, 200);
}

#[test]
fn a_bad_limit_changes_nothing() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start(&config(&upstream, "limits.a = { rate = \"2/h\" }"));
    assert_eq!(gateway.get("/").status, 200);
    gateway.rewrite(&config(&upstream, "limits.a = { rate = \"2/fortnight\" }"));
    gateway.signal(Signal::Hangup);
    gateway.wait_log("unknown rate unit");
    assert_eq!([gateway.get("/").status, gateway.get("/").status], [200, 429]);
}
