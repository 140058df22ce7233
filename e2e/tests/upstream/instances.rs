//! Several instances: all get traffic, and one that dies costs nobody a request.

use std::collections::BTreeMap;

use e2e::{Config, Gateway, Reservation, Upstream, eventually};

/// How often each answer text came in `n` requests over fresh connections.
fn answers(gateway: &Gateway, n: usize) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for _ in 0..n {
        *counts.entry(gateway.get("/").text()).or_default() += 1;
    }
    counts
}

#[test]
fn all_instances_get_traffic() {
    let [a, b, c] = ["a", "b", "c"].map(Upstream::text);
    let gateway = Gateway::run(&["--to", &a.address(), "--to", &b.address(), "--to", &c.address()]);
    let counts = answers(&gateway, 150);
    assert_eq!(counts.len(), 3, "{counts:?}");
    assert!(counts.values().all(|n| *n >= 15), "{counts:?}");
}

#[test]
fn a_killed_instance_fails_no_request() {
    let [mut a, b] = ["a", "b"].map(Upstream::text);
    let gateway = Gateway::start(&Config::to(&[&a, &b]));
    let mut client = gateway.client();
    for _ in 0..20 {
        assert_eq!(client.get("/warm").status, 200);
    }
    a.kill();
    for n in 0..100 {
        let answer = client.get("/get");
        assert_eq!(answer.text(), "b", "GET {n}");
        let answer = client.request("POST", "/post", &[], "body");
        assert_eq!(answer.text(), "b", "POST {n}");
    }
    a.restart();
    eventually("the instance is back", || (gateway.get("/").text() == "a").then_some(()));
}

#[test]
fn an_instance_that_was_never_there_fails_no_request() {
    let (nobody, upstream) = (Reservation::new(), Upstream::text("here"));
    let gateway = Gateway::run(&["--to", &nobody.address.to_string(), "--to", &upstream.address()]);
    for n in 0..100 {
        assert_eq!(gateway.client().request("POST", "/", &[], "body").text(), "here", "POST {n}");
    }
    assert_eq!(upstream.seen().len(), 100);
}

#[test]
fn services_are_chosen_by_host() {
    let [shop, other] = ["shop", "other"].map(Upstream::text);
    let second = format!(
        "[service.shop]\nhosts = [\"shop.example\", \"*.shop.example\"]\nto = [\"{}\"]",
        shop.address()
    );
    let gateway = Gateway::start(&Config::to(&[&other]).service(&second));
    for (host, expected) in [
        ("shop.example", "shop"),
        ("SHOP.example:8443", "shop"),
        ("a.shop.example", "shop"),
        ("shop.example.evil", "other"),
        ("elsewhere", "other"),
    ] {
        let mut client = gateway.client();
        client.send(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(client.receive().text(), expected, "{host}");
    }
}

#[test]
fn the_host_of_an_absolute_target_chooses_the_service_it_names() {
    let [shop, other] = ["shop", "other"].map(Upstream::text);
    let second = format!("[service.shop]\nhosts = [\"shop.example\"]\nto = [\"{}\"]", shop.address());
    let gateway = Gateway::start(&Config::to(&[&other]).service(&second));
    let mut client = gateway.client();
    client.send("GET http://shop.example/ HTTP/1.1\r\nHost: elsewhere\r\n\r\n");
    assert!(matches!(
        (client.receive().status, shop.seen().len(), other.seen().len()),
        (200, 1, 0) | (400, 0, 0)
    ));
    for seen in shop.seen() {
        assert_eq!(seen.head.all("host"), ["shop.example"]);
    }
}

#[test]
fn a_host_nobody_answers_for_is_a_404() {
    let upstream = Upstream::text("here");
    let gateway = Gateway::start(&Config::to(&[&upstream]).service("hosts = [\"shop.example\"]"));
    let answer = gateway.get("/");
    assert_eq!((answer.status, &answer.problem()["side"]), (404, &"gateway".into()));
    assert!(upstream.seen().is_empty());
}
