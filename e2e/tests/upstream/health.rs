//! Active checks: an instance that fails them gets no traffic until it recovers.

use std::sync::atomic::Ordering;

use e2e::{Config, Gateway, Upstream, eventually};

const CHECK: &str =
    "health = { path = \"/healthz\", every = \"100ms\", timeout = \"100ms\", down_after = 2, up_after = 2 }";

/// Whether `n` requests in a row are answered by `text`.
fn all_by(gateway: &Gateway, text: &str, n: usize) -> bool {
    (0..n).all(|_| gateway.get("/").text() == text)
}

#[test]
fn a_failing_instance_gets_no_traffic_until_it_recovers() {
    let (a, failing) = Upstream::with_health("a");
    let (b, _) = Upstream::with_health("b");
    let gateway = Gateway::start(&Config::to(&[&a, &b]).service(CHECK));
    eventually("a has traffic", || (gateway.get("/").text() == "a").then_some(()));
    failing.store(true, Ordering::SeqCst);
    eventually("a is left out", || all_by(&gateway, "b", 30).then_some(()));
    let before = a.seen().iter().filter(|request| request.head.word(1) == "/").count();
    assert!(all_by(&gateway, "b", 100));
    let after = a.seen().iter().filter(|request| request.head.word(1) == "/").count();
    assert_eq!(before, after, "traffic reached an instance that fails its checks");
    failing.store(false, Ordering::SeqCst);
    eventually("a has traffic again", || (gateway.get("/").text() == "a").then_some(()));
}

#[test]
fn checks_are_not_counted_as_requests_of_clients() {
    let (upstream, _) = Upstream::with_health("here");
    let gateway = Gateway::start(&Config::to(&[&upstream]).service(CHECK));
    upstream.wait_for_heads(3);
    assert_eq!(gateway.metrics().requests(&[]), 0.0);
}

#[test]
fn the_state_of_instances_is_exported() {
    let (a, failing) = Upstream::with_health("a");
    let (b, _) = Upstream::with_health("b");
    let gateway = Gateway::start(&Config::to(&[&a, &b]).service(CHECK));
    let total = || gateway.metrics().sum("poundlock_upstream_instances", &[("service", "api")]);
    assert_eq!(total(), 2.0);
    failing.store(true, Ordering::SeqCst);
    eventually("one of two is healthy", || {
        let metrics = gateway.metrics();
        let states =
            |s: &str| metrics.sum("poundlock_upstream_instances", &[("service", "api"), ("state", s)]);
        ["healthy", "up", "unhealthy", "down"]
            .iter()
            .filter(|state| states(state) == 1.0)
            .count()
            .eq(&2)
            .then_some(())
    });
}

#[test]
fn when_all_fail_requests_are_tried_all_the_same() {
    let (upstream, failing) = Upstream::with_health("here");
    failing.store(true, Ordering::SeqCst);
    let gateway = Gateway::start(&Config::to(&[&upstream]).service(CHECK));
    upstream.wait_for_heads(4);
    let answer = gateway.get("/");
    assert!(matches!(answer.status, 200 | 503), "{answer:?}");
}
