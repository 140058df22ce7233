//! Clients that try to get more than their share.

use e2e::{Config, Gateway, Upstream};

fn gateway(upstream: &Upstream, listener: &str, limits: &str) -> Gateway {
    let config = Config::to(&[upstream]).top(limits);
    Gateway::start(&if listener.is_empty() { config } else { config.listener(listener) })
}

#[test]
fn a_forged_forwarding_header_changes_nothing_and_is_warned_of_once() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "", "limits.a = { rate = \"5/h\" }");
    let mut client = gateway.client();
    let statuses: Vec<u16> = (0..20)
        .map(|n| client.request("GET", "/", &[("X-Forwarded-For", &format!("10.0.0.{n}"))], "").status)
        .collect();
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 5);
    let log = gateway.log();
    assert_eq!(log.matches("is no trusted proxy").count(), 1, "{log}");
    assert!(log.contains("trusted_proxies = [\"127.0.0.1\"]") && log.contains("listen.http"), "{log}");
}

#[test]
fn behind_a_trusted_proxy_the_right_most_stranger_is_the_client() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "trusted_proxies = [\"127.0.0.1\"]", "limits.a = { rate = \"1/h\" }");
    let mut client = gateway.client();
    let mut from = |value: &str| client.request("GET", "/", &[("X-Forwarded-For", value)], "").status;
    assert_eq!(
        [from("1.1.1.1"), from("1.1.1.1"), from("9.9.9.9, 1.1.1.1"), from("8.8.8.8, 2.2.2.2")],
        [200, 429, 429, 200]
    );
    assert_eq!([from("2001:db8::1"), from("2001:db8::2"), from("2001:db8:0:1::1")], [200, 429, 200]);
    assert_eq!([from("garbage, 3.3.3.3"), from("3.3.3.3, garbage"), from("::ffff:3.3.3.3")], [200, 200, 429]);
}

#[test]
fn large_and_odd_keys_are_keys_like_others() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(
        &upstream,
        "max_head = \"1MiB\"",
        "limits.a = { key = \"header:x-key\", rate = \"1/h\", missing = \"deny\" }",
    );
    let large = "k".repeat(900_000);
    let mut client = gateway.client();
    let mut ask = |value: &str| client.request("GET", "/", &[("X-Key", value)], "").status;
    for value in ["a b|c%#", "\"quoted\"", "a"] {
        assert_eq!([ask(value), ask(value)], [200, 429], "{value}");
    }
    // The upstream of this test has a limit of its own on heads: what counts is who refuses.
    assert_eq!(
        [ask(&large) == 429, ask(&large) == 429, ask(&format!("{large}x")) == 429],
        [false, true, false]
    );
    assert_eq!(gateway.get("/").status, 403, "no key");
    let mut twice = gateway.client();
    twice.send("GET / HTTP/1.1\r\nHost: test\r\nX-Key: z\r\nX-Key: a\r\n\r\n");
    assert_eq!(twice.receive().status, 403, "which of two keys the service believes, nobody knows");
}

#[test]
fn a_flood_of_keys_leaves_memory_flat_and_live_keys_alone() {
    let upstream = Upstream::text("ok");
    let limits = "limits.a = { key = \"header:x-key\", rate = \"1/h\", max_keys = 2000 }";
    let gateway = gateway(&upstream, "", limits);
    let mut client = gateway.client();
    let mut ask = |value: &str| client.request("GET", "/", &[("X-Key", value)], "").status;
    for n in 0..1000 {
        assert_eq!(ask(&format!("live-{n}")), 200);
    }
    let before = gateway.metrics().sum("process_resident_memory_bytes", &[]);
    for n in 0..1000 {
        ask(&format!("flood-{n}"));
    }
    for n in 0..1000 {
        assert_eq!(ask(&format!("live-{n}")), 429, "live-{n} was forgotten below the cap");
    }
    for n in 0..20_000 {
        ask(&format!("more-{n}"));
    }
    let after = gateway.metrics().sum("process_resident_memory_bytes", &[]);
    assert!(after < before + 8e6, "{before} bytes before the flood, {after} after");
}
