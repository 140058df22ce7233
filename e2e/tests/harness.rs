//! The harness judged by itself: client against upstream with no gateway between, so that a red test elsewhere means the
//! gateway, and a green one was able to turn red.

use std::time::Duration;

use e2e::{
    Answer, Client, Frame, Head, Metrics, Mutator, Unreachable, Upstream, WebSocket, eventually, violation,
};

fn connect(upstream: &Upstream) -> Client {
    Client::connect(upstream.address().parse().expect("an address"))
}

fn get(upstream: &Upstream) -> std::io::Result<Answer> {
    Client::try_connect(upstream.address().parse().expect("an address"))?.try_request("GET", "/", &[], "")
}

#[test]
fn echo_returns_what_was_sent() {
    let upstream = Upstream::echo();
    let echoed = connect(&upstream).request("POST", "/x?y", &[("X-A", "1")], "hello").json();
    assert_eq!(
        (&echoed["method"], &echoed["target"], &echoed["body"]),
        (&"POST".into(), &"/x?y".into(), &"hello".into())
    );
    assert_eq!(upstream.only().head.header("x-a"), Some("1"));
}

#[test]
fn a_truncated_answer_is_an_error() {
    let upstream = Upstream::serve(|connection| {
        connection.read();
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    });
    assert!(get(&upstream).is_err());
}

#[test]
fn a_reset_is_an_error() {
    let upstream = Upstream::serve(|connection| {
        connection.read();
        connection.write("HTTP/1.1 200 OK\r\n\r\nuntil close, but reset");
        connection.reset_at_end();
    });
    assert!(get(&upstream).is_err());
}

#[test]
fn a_killed_upstream_refuses_and_comes_back() {
    let mut upstream = Upstream::text("here");
    let mut open = connect(&upstream);
    assert_eq!(open.get("/").text(), "here");
    upstream.kill();
    assert!(open.is_closed());
    assert!(get(&upstream).is_err());
    upstream.restart();
    assert_eq!(get(&upstream).expect("it is back").text(), "here");
}

#[test]
fn a_client_that_leaves_is_noticed() {
    let upstream = Upstream::silent();
    let mut client = connect(&upstream);
    client.send("GET / HTTP/1.1\r\n\r\n");
    upstream.wait_for_heads(1);
    assert_eq!(upstream.gone(), 0);
    drop(client);
    eventually("gone", || (upstream.gone() == 1).then_some(()));
}

#[test]
fn an_unreachable_address_does_not_answer() {
    let unreachable = Unreachable::new();
    let limit = Duration::from_millis(300);
    let outcome = std::net::TcpStream::connect_timeout(&unreachable.address(), limit);
    assert_eq!(outcome.expect_err("no answer").kind(), std::io::ErrorKind::TimedOut);
}

#[test]
fn chunks_and_trailers_are_read() {
    let upstream = Upstream::answering(|_| {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n".to_owned()
    });
    let answer = get(&upstream).expect("an answer");
    assert_eq!((answer.text().as_str(), answer.trailer("x-sum")), ("abcde", Some("5")));
}

#[test]
fn websocket_echoes_and_closes() {
    let upstream = e2e::serve_websocket();
    let mut socket = WebSocket::open(connect(&upstream), "/");
    socket.echo("hello");
    socket.close(1000);
    assert_eq!((socket.receive(), socket.receive()), (Some(Frame::Close(1000)), None));
}

#[test]
fn mutants_are_reproducible_and_differ() {
    let stream = |seed| {
        let mut mutator = Mutator::new(seed);
        (0..50).map(|_| mutator.next_request()).collect::<Vec<_>>()
    };
    assert_eq!(stream(1), stream(1));
    assert_ne!(stream(1), stream(2));
}

#[test]
fn violations_are_found() {
    let judge = |start: &str, headers: &[(&str, &str)]| {
        let raw = Vec::new();
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        violation(&Head { start: start.to_owned(), headers, raw }).is_some()
    };
    assert!(!judge("GET / HTTP/1.1", &[("Host", "a"), ("Content-Length", "1")]));
    assert!(judge(
        "GET / HTTP/1.1",
        &[("Host", "a"), ("Content-Length", "1"), ("Transfer-Encoding", "chunked")]
    ));
    assert!(judge("GET / HTTP/1.1", &[("Host", "a"), ("Host", "a")]));
    assert!(judge("FOO / HTTP/1.1", &[("Host", "a")]));
    assert!(judge("GET / HTTP/1.1", &[("Host", "a"), ("X", "\u{1}")]));
    assert!(judge("GET / HTTP/1.1", &[("Host", "a"), ("Content-Length", "+1")]));
}

#[test]
fn samples_are_summed_by_labels() {
    let metrics = Metrics::parse(
        "# TYPE a counter\na{x=\"1\",y=\"q,\\\"}\"} 2\na{x=\"2\",y=\"\"} 3 1700000000\nb 1.5\n",
    );
    assert_eq!(
        (metrics.sum("a", &[]), metrics.sum("a", &[("x", "2")]), metrics.sum("b", &[])),
        (5.0, 3.0, 1.5)
    );
    assert!(!metrics.has("a", &[("x", "3")]));
}
