//! Attacks in bodies: held, streamed, compressed.

use crate::{audit_log, gateway};
use e2e::{Client, Upstream};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

#[test]
fn an_attack_in_a_short_body_never_reaches_the_upstream() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield.mode = \"block\"");
    let mut client = gateway.client();
    let json = ("Content-Type", "application/json");
    assert_eq!(client.request("POST", "/", &[json], "{\"user\": {\"name\": \"x' OR 1=1 --\"}}").status, 403);
    assert!(upstream.heads().is_empty());
    let line = &audit_log(&gateway, 1)[0];
    assert_eq!(line["findings"][0]["location"], "body.user.name");
}

#[test]
fn a_harmless_body_arrives_byte_for_byte() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield.mode = \"block\"");
    let body = format!("text={}", "all+work+and+no+play+".repeat(20_000));
    let answer = gateway.client().request("POST", "/", &[FORM], &body);
    assert_eq!(answer.status, 200);
    let seen = upstream.only();
    assert_eq!(seen.head.header("content-length"), Some(&*body.len().to_string()), "it was framed anew");
    assert!(seen.body.bytes == body.as_bytes(), "another body arrived");
}

#[test]
fn an_attack_behind_a_megabyte_of_padding_is_cut_off() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield.mode = \"block\"");
    let body = format!("pad={}&q=%27+OR+1%3D1+--", "a".repeat(1 << 20));
    let answer = gateway.client().request("POST", "/", &[FORM], &body);
    assert_eq!(answer.status, 403);
    assert!(upstream.seen().is_empty(), "the upstream has seen a complete request");
}

#[test]
fn detect_streams_what_is_longer_than_what_is_held() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield = { mode = \"detect\", hold = \"1KiB\" }");
    let mut client = gateway.client();
    client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\nContent-Length: 8000\r\n\r\n");
    client.send("a".repeat(4000));
    upstream.wait_for_heads(1);
    client.send("a".repeat(4000));
    assert_eq!(client.receive().status, 200);
}

#[test]
fn a_body_that_waits_for_100_continue_is_asked_for() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield.mode = \"block\"");
    let start = |target: &str| -> Client {
        let mut client = gateway.client();
        client.send(format!(
            "POST {target} HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n"
        ));
        client
    };
    let mut client = start("/");
    assert_eq!(client.receive_head().word(1), "100");
    client.send("hi");
    assert_eq!(client.receive().status, 200);
    let refused = start("/?q=%27%20OR%201%3D1%20--").receive();
    assert_eq!((refused.status, &refused.interim[..]), (403, &[][..]), "the body was asked for in vain");
}
