//! Who asked, told to the upstream: `X-Forwarded-*` and `Forwarded` (RFC 7239), believed only from trusted proxies.

use e2e::{Config, Gateway, Head, Upstream};

const FORGED: &[(&str, &str)] = &[
    ("X-Forwarded-For", "203.0.113.7"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "shop.example"),
    ("Forwarded", "for=203.0.113.7;proto=https;host=shop.example"),
];

/// The head that the upstream gets, with the listener trusting `proxies`.
fn forwarded(proxies: &str, headers: &[(&str, &str)]) -> Head {
    let upstream = Upstream::text("ok");
    let gateway =
        Gateway::start(&Config::to(&[&upstream]).listener(&format!("trusted_proxies = [{proxies}]")));
    assert_eq!(gateway.client().request("GET", "/", headers, "").status, 200);
    upstream.only().head
}

/// The values of `name`, joined as one list.
fn list(head: &Head, name: &str) -> String {
    head.all(name).join(", ")
}

#[test]
fn the_client_is_named_when_nothing_was_said() {
    let head = forwarded("", &[]);
    assert_eq!(list(&head, "x-forwarded-for"), "127.0.0.1");
    assert_eq!(list(&head, "x-forwarded-proto"), "http");
    assert_eq!(list(&head, "x-forwarded-host"), "test");
}

#[test]
fn a_stranger_is_not_believed() {
    let head = forwarded("", FORGED);
    assert_eq!(list(&head, "x-forwarded-for"), "127.0.0.1");
    assert_eq!(list(&head, "x-forwarded-proto"), "http");
    assert_eq!(list(&head, "x-forwarded-host"), "test");
    assert!(!list(&head, "forwarded").contains("203.0.113.7"), "{head:?}");
    assert!(!list(&head, "forwarded").contains("shop.example"), "{head:?}");
}

#[test]
fn a_trusted_proxy_is_believed_and_added() {
    let head = forwarded("\"127.0.0.0/8\"", FORGED);
    assert_eq!(list(&head, "x-forwarded-for"), "203.0.113.7, 127.0.0.1");
    assert_eq!(list(&head, "x-forwarded-proto"), "https");
    assert_eq!(list(&head, "x-forwarded-host"), "shop.example");
    assert!(list(&head, "forwarded").starts_with("for=203.0.113.7"), "{head:?}");
}

#[test]
fn trust_is_for_the_named_networks_only() {
    let head = forwarded("\"10.0.0.0/8\"", FORGED);
    assert_eq!(list(&head, "x-forwarded-for"), "127.0.0.1");
}

#[test]
fn a_stranger_cannot_add_lines_or_spellings() {
    let head = forwarded("", &[("x-forwarded-for", "1.1.1.1"), ("X-FORWARDED-FOR", "2.2.2.2")]);
    assert_eq!(head.all("x-forwarded-for"), ["127.0.0.1"]);
}
