//! Bodies: every framing HTTP/1.1 has, in both directions, byte for byte.

use e2e::{Answer, Gateway, Upstream};

/// Large enough to need many reads and writes on loopback, small enough to be quick in a debug build.
const LARGE: usize = 4 << 20;

fn pattern(length: usize) -> String {
    ('a'..='z').cycle().take(length).collect()
}

/// What a client gets from an upstream that always sends `raw`, for two requests on one connection.
fn twice(method: &str, raw: &'static str) -> [Answer; 2] {
    let upstream = Upstream::answering(|_| raw.to_owned());
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    [(); 2].map(|()| client.request(method, "/", &[], ""))
}

#[test]
fn a_large_body_arrives_as_sent_and_comes_back() {
    let upstream = Upstream::answering(|request| {
        let body = String::from_utf8_lossy(&request.body.bytes);
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    });
    let gateway = Gateway::to(&upstream);
    let sent = pattern(LARGE);
    let mut client = gateway.client();
    let answer = client.request("POST", "/large", &[], &sent);
    assert_eq!(answer.header("content-length"), Some(LARGE.to_string().as_str()));
    assert!(answer.text() == sent, "the body changed on its way");
    assert_eq!(upstream.only().head.header("content-length"), Some(LARGE.to_string().as_str()));
}

#[test]
fn a_chunked_request_and_its_trailers_arrive() {
    let upstream = Upstream::echo();
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("POST /c HTTP/1.1\r\nHost: test\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("3\r\nabc\r\n4;ext=\"x\"\r\ndefg\r\n0\r\nx-sum: 7\r\n\r\n");
    assert_eq!(client.receive().json()["body"], "abcdefg");
    let seen = upstream.only();
    assert_eq!(seen.head.header("transfer-encoding"), Some("chunked"));
    assert_eq!(seen.body.trailers, [("x-sum".to_owned(), "7".to_owned())]);
}

#[test]
fn a_chunked_answer_and_its_trailers_arrive() {
    let upstream = Upstream::answering(|_| {
        "HTTP/1.1 200 OK\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\nx-sum: 7\r\n\r\n"
            .to_owned()
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    for _ in 0..2 {
        let answer = client.request("GET", "/", &[("TE", "trailers"), ("Connection", "TE")], "");
        assert_eq!((answer.text().as_str(), answer.trailer("x-sum")), ("abcdefg", Some("7")));
    }
}

#[test]
fn an_answer_that_ends_with_the_connection_arrives_whole() {
    let upstream = Upstream::serve(|connection| {
        if connection.read().is_some() {
            connection.write("HTTP/1.1 200 OK\r\n\r\nuntil the end");
        }
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    for _ in 0..2 {
        assert_eq!(client.get("/").text(), "until the end");
    }
}

#[test]
fn head_keeps_the_content_length_and_has_no_body() {
    for answer in twice("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 42\r\nX-Here: yes\r\n\r\n") {
        assert_eq!((answer.header("content-length"), answer.header("x-here")), (Some("42"), Some("yes")));
    }
}

#[test]
fn no_content_has_no_body_and_no_framing() {
    for answer in twice("GET", "HTTP/1.1 204 No Content\r\nX-Here: yes\r\n\r\n") {
        assert_eq!((answer.status, answer.header("x-here")), (204, Some("yes")));
        assert_eq!((answer.header("content-length"), answer.header("transfer-encoding")), (None, None));
    }
}

#[test]
fn not_modified_has_no_body() {
    for answer in twice("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n") {
        assert_eq!((answer.status, answer.header("etag")), (304, Some("\"x\"")));
        assert_eq!(answer.header("transfer-encoding"), None);
    }
}

#[test]
fn an_empty_body_stays_empty() {
    for answer in twice("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") {
        assert_eq!(
            (answer.status, answer.header("content-length"), answer.text().as_str()),
            (200, Some("0"), "")
        );
    }
}

#[test]
fn a_request_without_a_body_stays_without() {
    let upstream = Upstream::echo();
    let gateway = Gateway::to(&upstream);
    gateway.get("/");
    let head = upstream.only().head;
    assert_eq!((head.header("content-length"), head.header("transfer-encoding")), (None, None));
}

#[test]
fn an_empty_post_keeps_its_content_length() {
    let upstream = Upstream::echo();
    let gateway = Gateway::to(&upstream);
    gateway.client().request("POST", "/", &[("Content-Length", "0")], "");
    assert_eq!(upstream.only().head.header("content-length"), Some("0"));
}

#[test]
fn an_interim_answer_of_the_upstream_does_not_replace_the_final_one() {
    for answer in twice(
        "GET",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfinal",
    ) {
        assert_eq!((answer.status, answer.text().as_str()), (200, "final"));
    }
}

#[test]
fn an_error_of_the_upstream_passes_unchanged() {
    for answer in twice("GET", "HTTP/1.1 503 Down For Tea\r\nRetry-After: 9\r\nContent-Length: 3\r\n\r\ntea")
    {
        assert_eq!(
            (answer.status, answer.header("retry-after"), answer.text().as_str()),
            (503, Some("9"), "tea")
        );
    }
}
