//! Slow clients: a head has a deadline, silence too, and many of them do not keep others out.

use std::time::{Duration, Instant};

use e2e::Client;

use crate::Siege;

fn impatient() -> Siege {
    Siege::with(|config| config.listener("head_timeout = \"400ms\", idle_timeout = \"400ms\""))
}

/// Reads to the end: nothing at all, or a 408.
fn ends_with_nothing_or_408(mut client: Client) {
    match client.try_receive() {
        Ok(answer) => assert_eq!(answer.status, 408),
        Err(e) => assert!(
            !matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
            "still open"
        ),
    }
}

#[test]
fn half_a_head_is_not_waited_for() {
    let siege = impatient();
    let mut client = siege.gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: te");
    ends_with_nothing_or_408(client);
    assert!(siege.upstream.heads().is_empty());
    siege.is_alive();
}

#[test]
fn a_head_that_drips_is_cut_all_the_same() {
    let siege = impatient();
    let mut client = siege.gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: test\r\n");
    let begin = Instant::now();
    while !client.hears_within(Duration::from_millis(50)) {
        client.send("X-A: 1\r\n");
        assert!(begin.elapsed() < Duration::from_secs(8), "each byte extends the deadline");
    }
    ends_with_nothing_or_408(client);
}

#[test]
fn a_connection_without_a_word_is_closed() {
    let siege = impatient();
    ends_with_nothing_or_408(siege.gateway.client());
}

#[test]
fn an_idle_connection_is_closed_after_its_time() {
    let siege = impatient();
    let mut client = siege.gateway.client();
    assert_eq!(client.get("/").status, 200);
    assert!(!client.hears_within(Duration::from_millis(100)), "closed at once");
    assert!(client.is_closed());
}

#[test]
fn a_limit_below_a_second_is_not_cut_short() {
    let siege = Siege::with(|config| config.listener("head_timeout = \"900ms\", idle_timeout = \"900ms\""));
    for n in 0..30 {
        let mut client = siege.gateway.client();
        assert!(!client.hears_within(Duration::from_millis(50)), "connection {n} was closed before its time");
        assert_eq!(client.get("/").status, 200);
    }
}

#[test]
fn a_second_head_has_a_deadline_too() {
    let siege = Siege::with(|config| config.listener("head_timeout = \"400ms\", idle_timeout = \"1h\""));
    let mut client = siege.gateway.client();
    assert_eq!(client.get("/").status, 200);
    client.send("GET / HTTP/1.1\r\nHost: te");
    ends_with_nothing_or_408(client);
}

#[test]
fn many_slow_clients_do_not_keep_others_out() {
    let siege = Siege::new();
    let mut slow: Vec<Client> = (0..300).map(|_| siege.gateway.client()).collect();
    for client in &mut slow {
        client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Le");
    }
    let begin = Instant::now();
    siege.is_alive();
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[test]
fn connections_beyond_the_limit_wait_their_turn() {
    let siege = Siege::with(|config| config.listener("max_connections = 4").top("workers = 1"));
    let mut open: Vec<Client> = (0..4).map(|_| siege.gateway.client()).collect();
    for client in &mut open {
        assert_eq!(client.get("/").status, 200);
    }
    let mut waiting = siege.gateway.client();
    waiting.send("GET /waiting HTTP/1.1\r\nHost: test\r\n\r\n");
    assert!(!waiting.hears_within(Duration::from_millis(200)), "a fifth connection is served");
    drop(open);
    assert_eq!(waiting.receive().status, 200);
}
