//! Connections: kept on both sides, pipelined, closed when asked, given up when the client goes.

use std::collections::HashSet;

use e2e::{Gateway, Upstream, eventually};

#[test]
fn connections_are_kept_on_both_sides() {
    let upstream = Upstream::text("here");
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    for n in 0..5 {
        assert_eq!(client.get(&format!("/{n}")).text(), "here");
    }
    let used: HashSet<usize> = upstream.seen().iter().map(|request| request.connection).collect();
    assert_eq!((upstream.seen().len(), used.len()), (5, 1));
}

#[test]
fn a_client_that_asks_for_close_gets_it() {
    let upstream = Upstream::text("here");
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    let answer = client.request("GET", "/", &[("Connection", "close")], "");
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert!(client.is_closed());
}

#[test]
fn an_upstream_that_closes_does_not_close_the_client() {
    let upstream = Upstream::serve(|connection| {
        if connection.read().is_some() {
            connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    for _ in 0..3 {
        let answer = client.get("/");
        assert_eq!(answer.text(), "ok");
        assert_ne!(answer.header("connection"), Some("close"));
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let upstream = Upstream::echo();
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send((0..8).map(|n| format!("GET /{n} HTTP/1.1\r\nHost: test\r\n\r\n")).collect::<String>());
    for n in 0..8 {
        assert_eq!(client.receive().json()["target"], format!("/{n}"));
    }
}

#[test]
fn a_pipelined_request_behind_a_body_is_answered() {
    let upstream = Upstream::echo();
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send(
        "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: test\r\n\r\n",
    );
    assert_eq!(client.receive().json()["body"], "abc");
    assert_eq!(client.receive().json()["target"], "/b");
}

#[test]
fn an_http_1_0_client_is_answered_and_closed() {
    let upstream = Upstream::text("here");
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("GET /old HTTP/1.0\r\nHost: test\r\n\r\n");
    assert_eq!(client.receive().text(), "here");
    assert!(client.is_closed());
    assert_eq!(upstream.only().head.start, "GET /old HTTP/1.1");
}

#[test]
fn an_http_1_0_client_never_gets_chunks() {
    let upstream = Upstream::answering(|_| {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmany\r\n7\r\n chunks\r\n0\r\n\r\n"
            .to_owned()
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("GET /old HTTP/1.0\r\nHost: test\r\n\r\n");
    let answer = client.receive();
    assert_eq!((answer.text().as_str(), answer.header("transfer-encoding")), ("many chunks", None));
}

#[test]
fn a_client_that_leaves_before_the_answer_cancels_the_upstream_request() {
    let upstream = Upstream::silent();
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n");
    upstream.wait_for_heads(1);
    assert_eq!(upstream.gone(), 0);
    drop(client);
    eventually("the upstream is released", || (upstream.gone() == 1).then_some(()));
    gateway.wait_metric(1.0, |m| {
        m.requests(&[("error_type", "cancelled"), ("http_response_status_code", "499")])
    });
}

#[test]
fn a_client_that_leaves_inside_the_answer_cancels_the_upstream_request() {
    let upstream = Upstream::serve(|connection| {
        if connection.read().is_some() {
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
            connection.wait_gone();
        }
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("GET /endless HTTP/1.1\r\nHost: test\r\n\r\n");
    client.receive_head();
    assert_eq!(client.receive_chunk().as_deref(), Some(&b"first"[..]));
    drop(client);
    eventually("the upstream is released", || (upstream.gone() == 1).then_some(()));
}
