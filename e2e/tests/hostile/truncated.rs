//! Bodies that break off: the upstream must not take them for complete, nor wait for them for ever.

use e2e::{Upstream, eventually};

use crate::Siege;

/// Sends a head and a part of its body, ends, and waits until the upstream is rid of it.
fn breaks_off(head: &str, part: &str) {
    let siege = Siege::new();
    let mut client = siege.gateway.client();
    client.send(format!("POST /part HTTP/1.1\r\nHost: test\r\n{head}\r\n\r\n{part}"));
    siege.upstream.wait_for_heads(1);
    client.finish();
    eventually("the upstream sees the end", || (!siege.upstream.broken().is_empty()).then_some(()));
    assert_eq!(siege.upstream.seen().len(), 0);
    siege.is_alive();
}

#[test]
fn a_body_shorter_than_declared() {
    breaks_off("Content-Length: 10", "12345");
}

#[test]
fn a_body_that_never_begins() {
    breaks_off("Content-Length: 10", "");
}

#[test]
fn a_chunk_shorter_than_declared() {
    breaks_off("Transfer-Encoding: chunked", "a\r\n12345");
}

#[test]
fn chunks_without_a_last_one() {
    breaks_off("Transfer-Encoding: chunked", "5\r\n12345\r\n");
}

#[test]
fn a_body_that_stops_is_given_up() {
    let siege = Siege::with(|config| config.service("timeout = { request = \"300ms\", idle = \"300ms\" }"));
    let mut client = siege.gateway.client();
    client.send("POST /stops HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345");
    siege.upstream.wait_for_heads(1);
    let answer = client.receive();
    assert_eq!((answer.status, &answer.problem()["side"]), (408, &"downstream".into()));
    assert!(client.is_closed());
    eventually("the upstream sees the end", || (!siege.upstream.broken().is_empty()).then_some(()));
    assert_eq!(siege.upstream.seen().len(), 0);
}

#[test]
fn an_answer_that_stops_is_given_up() {
    let upstream = Upstream::serve(|connection| {
        if connection.read().is_some() {
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
            connection.wait_gone();
        }
    });
    let config = e2e::Config::to(&[&upstream]).service("timeout = { idle = \"300ms\" }");
    let gateway = e2e::Gateway::start(&config);
    assert!(gateway.client().try_request("GET", "/", &[], "").is_err());
    eventually("the upstream is released", || (upstream.gone() == 1).then_some(()));
}
