//! Streaming: a piece passes when it is there, not when the whole is.
//!
//! Each side sends its next piece only after the other has seen the one before, so a proxy that collects would stand still.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use e2e::{Connection, Gateway, PATIENCE, Upstream};

/// An upstream that answers with `head`, then each piece as the test lets it go.
fn released(head: &'static str, pieces: Receiver<String>) -> Upstream {
    let pieces = Mutex::new(pieces);
    Upstream::serve(move |connection| {
        if connection.read().is_none() || !connection.write(head) {
            return;
        }
        let pieces = pieces.lock().expect("one connection at a time");
        while let Ok(piece) = pieces.recv() {
            connection.write(piece);
        }
    })
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

#[test]
fn a_request_streams() {
    let (arrived, pieces) = channel();
    let arrived = Mutex::new(arrived);
    let upstream = Upstream::serve(move |connection: &mut Connection| {
        let Some(_) = connection.read_head() else { return };
        while let Some(piece) = connection.read_chunk() {
            arrived.lock().expect("one connection at a time").send(piece).expect("the test listens");
        }
        connection.ok("all");
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("POST /up HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
    for piece in ["first", "second", "third"] {
        client.send(chunk(piece));
        assert_eq!(pieces.recv_timeout(PATIENCE).expect("the piece arrives").as_slice(), piece.as_bytes());
    }
}

#[test]
fn a_chunked_answer_streams() {
    let (release, pieces) = channel();
    let upstream = released("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", pieces);
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("GET /down HTTP/1.1\r\nHost: test\r\n\r\n");
    assert_eq!(client.receive_head().word(1), "200");
    for piece in ["first", "second", "third"] {
        release.send(chunk(piece)).expect("the upstream listens");
        assert_eq!(client.receive_chunk().as_deref(), Some(piece.as_bytes()));
    }
    release.send("0\r\n\r\n".to_owned()).expect("the upstream listens");
    assert_eq!(client.receive_chunk(), None);
}

#[test]
fn server_sent_events_are_not_held_back() {
    let (release, pieces) = channel();
    let upstream = released(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n",
        pieces,
    );
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("GET /events HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n\r\n");
    let head = client.receive_head();
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    for n in 0..3 {
        let event = format!("data: {n}\n\n");
        release.send(event.clone()).expect("the upstream listens");
        assert_eq!(client.receive_chunk().as_deref(), Some(event.as_bytes()));
    }
}

#[test]
fn a_sized_answer_streams() {
    let (release, pieces) = channel();
    let upstream = released("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", pieces);
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("GET /down HTTP/1.1\r\nHost: test\r\n\r\n");
    assert_eq!(client.receive_head().header("content-length"), Some("10"));
    for piece in ["first", "again"] {
        release.send(piece.to_owned()).expect("the upstream listens");
        assert!(client.hears_within(PATIENCE), "{piece} is held back");
        assert_eq!(client.receive_bytes(5), piece.as_bytes());
    }
}

#[test]
fn an_answer_may_come_while_the_request_still_runs() {
    let upstream = Upstream::serve(|connection| {
        let Some(_) = connection.read_head() else { return };
        connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while let Some(piece) = connection.read_chunk() {
            connection.write(chunk(&String::from_utf8_lossy(&piece)));
        }
        connection.write("0\r\n\r\n");
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("POST /duplex HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(client.receive_head().word(1), "200");
    for piece in ["ping", "pong"] {
        client.send(chunk(piece));
        assert_eq!(client.receive_chunk().as_deref(), Some(piece.as_bytes()));
    }
}
