//! Retries: enough that a connection dying at reuse is no failure, never so many that an outage grows, never twice.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use e2e::{Config, Gateway, Upstream};

/// Requests in a test of the race between reuse and an upstream's close.
const RACES: usize = 500;
/// Retries a gateway may save up beyond its share, per service.
const RESERVE: usize = 100;

/// Answers the first request of each connection, and closes when the first byte of a second one arrives.
fn closes_at_reuse() -> Upstream {
    Upstream::serve(|connection| {
        if connection.read().is_some() && connection.ok("ok") {
            connection.wait_for_bytes();
        }
    })
}

/// Answers each request and closes behind it, without a word, after a pause that varies.
fn closes_after_answer() -> Upstream {
    let turn = AtomicUsize::new(0);
    Upstream::serve(move |connection| {
        if connection.read().is_some() && connection.ok("ok") {
            for _ in 0..turn.fetch_add(1, Ordering::SeqCst) % 7 * 20 {
                std::thread::yield_now();
            }
        }
    })
}

#[test]
fn an_idle_connection_closed_at_reuse_fails_no_get() {
    let upstream = closes_at_reuse();
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    for n in 0..RACES {
        let answer = client.get(&format!("/{n}"));
        assert_eq!(answer.text(), "ok", "GET {n}: {}", answer.status);
    }
    assert!(upstream.connections() > RACES / 2, "connections were not reused, or not closed");
}

#[test]
fn an_idle_connection_closed_at_any_moment_fails_no_get() {
    let upstream = closes_after_answer();
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    for n in 0..RACES {
        let answer = client.get(&format!("/{n}"));
        assert_eq!(answer.text(), "ok", "GET {n}: {}", answer.status);
    }
}

#[test]
fn a_post_is_never_sent_again_after_the_upstream_saw_of_it() {
    let upstream = Upstream::serve(|connection| {
        if connection.read().is_some() && connection.ok("ok") {
            connection.read_head();
        }
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    for n in 0..RACES {
        let answer = client.request("POST", &format!("/{n}"), &[], "a body that must not arrive twice");
        assert!(matches!(answer.status, 200 | 502), "POST {n}: {answer:?}");
    }
    let mut sent: HashMap<String, usize> = HashMap::new();
    for head in upstream.heads() {
        *sent.entry(head.word(1).to_owned()).or_default() += 1;
    }
    let twice: Vec<_> = sent.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert_eq!(sent.len(), RACES);
}

#[test]
fn a_failing_upstream_is_not_flooded_with_retries() {
    let upstream = Upstream::serve(|connection| {
        connection.read_head();
    });
    let gateway =
        Gateway::start(&Config::to(&[&upstream]).service("retry = { attempts = 5, budget = \"20%\" }"));
    let requests = 600;
    let mut client = gateway.client();
    for n in 0..requests {
        assert_eq!(client.get("/").status, 502, "GET {n}");
    }
    let attempts = upstream.heads().len();
    assert!(
        attempts <= requests * 12 / 10 + RESERVE + requests / 100,
        "{attempts} attempts for {requests} requests"
    );
    assert!(attempts > requests, "nothing was retried");
}

#[test]
fn one_attempt_means_no_retry() {
    let upstream = Upstream::serve(|connection| {
        connection.read_head();
    });
    let gateway = Gateway::start(&Config::to(&[&upstream]).service("retry = { attempts = 1 }"));
    for _ in 0..20 {
        assert_eq!(gateway.get("/").status, 502);
    }
    assert_eq!(upstream.heads().len(), 20);
}

#[test]
fn an_error_the_upstream_answered_is_not_retried() {
    let upstream = Upstream::answering(|_| "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n".to_owned());
    let gateway = Gateway::to(&upstream);
    assert_eq!(gateway.get("/").status, 503);
    assert_eq!(upstream.seen().len(), 1);
}
