//! Attacks in bodies: held, streamed, compressed.

use crate::{audit_log, gateway};
use e2e::{Client, Gateway, Upstream, WebSocket, serve_websocket};
use std::io::Write;
use std::process::{Command, Stdio};

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

/// As `gzip` does it.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip")
        .args(["-9", "-c"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip is on every Debian");
    let mut stdin = gzip.stdin.take().expect("piped");
    let bytes = bytes.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = gzip.wait_with_output().expect("gzip ends");
    writer.join().expect("no panic").expect("gzip reads all");
    output.stdout
}

/// Sends a compressed form, and returns the status.
fn post_gzip(gateway: &Gateway, bytes: &[u8]) -> u16 {
    let mut client = gateway.client();
    let ((name, media_type), length) = (FORM, bytes.len());
    client.send(format!(
        "POST / HTTP/1.1\r\nHost: test\r\n{name}: {media_type}\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n"
    ));
    client.send(bytes).receive().status
}

#[test]
fn compressed_bodies_are_looked_into_and_arrive_as_they_were() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield.mode = \"block\"");
    let harmless = gzip(b"q=tea+or+coffee");
    assert_eq!(post_gzip(&gateway, &harmless), 200);
    assert_eq!(upstream.only().body.bytes, harmless);
    assert_eq!(post_gzip(&gateway, &gzip(b"q=1%27+OR+%271%27%3D%271")), 403);
    assert_eq!(upstream.seen().len(), 1);
}

#[test]
fn trailers_and_websockets_pass() {
    let upstream = Upstream::text("ok");
    let shielded = gateway(&upstream, "shield.mode = \"block\"");
    let mut client = shielded.client();
    client.send("POST /c HTTP/1.1\r\nHost: test\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("3\r\nabc\r\n4;ext=\"x\"\r\ndefg\r\n0\r\nx-sum: 7\r\n\r\n");
    assert_eq!(client.receive().status, 200);
    let seen = upstream.only();
    assert_eq!(
        (&*seen.body.bytes, &seen.body.trailers[..]),
        (&b"abcdefg"[..], &[("x-sum".to_owned(), "7".to_owned())][..])
    );

    let sockets = serve_websocket();
    let shielded = gateway(&sockets, "shield.mode = \"block\"");
    let mut socket = WebSocket::open(shielded.client(), "/ws?x=1");
    socket.echo("' OR 1=1 -- is no request");
}
