//! Who gets a place at a service whose limit cannot move, and when it comes free again.

use e2e::{Answer, Client, Config, Gateway, Upstream, WebSocket, eventually, serve_websocket};

/// A gateway that gives the upstream so many requests at once.
fn gateway(upstream: &Upstream, limit: u32, rest: &str) -> Gateway {
    Gateway::start(&config(upstream, limit, rest))
}

fn config(upstream: &Upstream, limit: u32, rest: &str) -> Config {
    let bounds = format!("min = {limit}, initial = {limit}, max = {limit}");
    Config::to(&[upstream]).service(&format!("throttle = {{ mode = \"on\", {bounds}{rest} }}"))
}

/// Sends a request that a silent upstream holds.
fn hold(gateway: &Gateway, upstream: &Upstream) -> Client {
    let before = upstream.heads().len();
    let mut client = gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
    upstream.wait_for_heads(before + 1);
    client
}

/// Whether a request gets to the upstream; if it does, its client leaves again.
fn is_admitted(gateway: &Gateway, upstream: &Upstream, path: &str, header: &str) -> bool {
    let (heads, held) = (upstream.heads().len(), in_flight(gateway));
    let mut client = gateway.client();
    client.send(format!("GET {path} HTTP/1.1\r\nHost: test\r\n{header}\r\n"));
    let admitted = eventually("an answer, or the request at the upstream", || {
        if upstream.heads().len() > heads {
            return Some(true);
        }
        client.hears_within(std::time::Duration::from_millis(1)).then_some(false)
    });
    if admitted {
        drop(client);
        eventually("its place is free", || (in_flight(gateway) == held).then_some(()));
    } else {
        assert_shed(&client.receive());
    }
    admitted
}

fn in_flight(gateway: &Gateway) -> f64 {
    gateway.metrics().sum("poundlock_concurrency_in_flight", &[("service", "api")])
}

fn assert_shed(answer: &Answer) {
    assert_eq!((answer.status, answer.problem()["type"].as_str()), (503, Some("urn:poundlock:problem:shed")));
}

#[test]
fn a_place_comes_free_when_the_client_leaves() {
    let upstream = Upstream::silent();
    let gateway = gateway(&upstream, 1, "");
    let held = hold(&gateway, &upstream);
    assert_shed(&gateway.get("/"));
    assert_eq!(upstream.heads().len(), 1, "what is shed does not reach the upstream");
    drop(held);
    eventually("the place is free", || (in_flight(&gateway) == 0.0).then_some(()));
    assert!(is_admitted(&gateway, &upstream, "/", ""));
}

#[test]
fn an_upgraded_connection_holds_no_place() {
    let upstream = serve_websocket();
    let gateway = gateway(&upstream, 1, "");
    let mut first = WebSocket::open(gateway.client(), "/");
    let mut second = WebSocket::open(gateway.client(), "/");
    first.echo("a");
    second.echo("b");
    assert_eq!(in_flight(&gateway), 0.0);
}

#[test]
fn a_failed_upstream_holds_no_place() {
    let mut upstream = Upstream::text("here");
    let gateway = gateway(&upstream, 1, "");
    upstream.kill();
    assert_eq!([gateway.get("/").status, gateway.get("/").status], [502, 502]);
    assert_eq!(in_flight(&gateway), 0.0);
}

#[test]
fn paths_and_the_header_of_a_trusted_proxy_say_who_is_refused_first() {
    let upstream = Upstream::silent();
    let rest = ", critical = [\"/pay/*\"], sheddable = [\"/batch\"], priority_header = \"X-Priority\"";
    let trusting = config(&upstream, 8, rest).listener("trusted_proxies = [\"127.0.0.1\"]");
    let gateway = Gateway::start(&trusting);
    let admitted = |path, header| is_admitted(&gateway, &upstream, path, header);
    let mut held: Vec<_> = (0..4).map(|_| hold(&gateway, &upstream)).collect();
    assert!(!admitted("/batch", "") && admitted("/", "") && admitted("/batch", "X-Priority: default\r\n"));
    held.extend((0..2).map(|_| hold(&gateway, &upstream)));
    assert!(!admitted("/", "") && admitted("/pay/now", "") && admitted("/", "X-Priority: critical\r\n"));
    assert!(!admitted("/pay/now", "X-Priority: sheddable\r\n"));
    let metrics = gateway.metrics();
    let shed = |priority| metrics.sum("poundlock_shed_total", &[("service", "api"), ("priority", priority)]);
    assert_eq!([shed("critical"), shed("default"), shed("sheddable")], [0.0, 1.0, 2.0]);
}

#[test]
fn the_priority_that_a_stranger_claims_counts_for_nothing() {
    let upstream = Upstream::silent();
    let gateway = gateway(&upstream, 8, ", priority_header = \"x-priority\"");
    let _held: Vec<_> = (0..6).map(|_| hold(&gateway, &upstream)).collect();
    assert!(!is_admitted(&gateway, &upstream, "/", "X-Priority: critical\r\n"));
}

#[test]
fn a_reload_keeps_what_is_in_flight() {
    let upstream = Upstream::silent();
    let gateway = gateway(&upstream, 3, "");
    let _held = [hold(&gateway, &upstream), hold(&gateway, &upstream)];
    let limit = || gateway.metrics().sum("poundlock_concurrency_limit", &[("service", "api")]);
    assert_eq!((limit(), in_flight(&gateway)), (3.0, 2.0));
    gateway.rewrite(&config(&upstream, 2, ""));
    eventually("the new limit", || (limit() == 2.0).then_some(()));
    assert_eq!(in_flight(&gateway), 2.0);
    assert_shed(&gateway.get("/"));
    gateway.rewrite(&Config::to(&[&upstream]));
    eventually("no throttle", || (!gateway.metrics().has("poundlock_concurrency_limit", &[])).then_some(()));
    drop(hold(&gateway, &upstream));
}
