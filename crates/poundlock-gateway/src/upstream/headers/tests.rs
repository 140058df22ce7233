//! Heads before and after, one case a line.
use super::*;

fn request(headers: &[(&str, &str)], trusted: bool) -> (request::Parts, Upgrade) {
    let mut builder = http::Request::builder().uri("/p?q=1");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let (mut head, ()) = builder.body(()).unwrap().into_parts();
    let peer = Peer { address: "192.0.2.7:4000".parse().unwrap(), trusted };
    let (upgrade, lines) = to_upstream(&mut head, &peer, "10.0.0.1:80", &LastHop::default());
    take_in(&mut head, &lines);
    (head, upgrade)
}

/// Reads lines as an instance would, and none of them may be there already.
fn take_in(head: &mut request::Parts, lines: &[u8]) {
    let mut parsed = [httparse::EMPTY_HEADER; 8];
    let lines = [lines, b"\r\n"].concat();
    let (_, parsed) = httparse::parse_headers(&lines, &mut parsed).unwrap().unwrap();
    for line in parsed {
        let name: HeaderName = line.name.parse().unwrap();
        let before = head.headers.insert(name, HeaderValue::from_bytes(line.value).unwrap());
        assert_eq!(before, None, "{} is there twice", line.name);
    }
}

#[test]
fn hop_by_hop_headers_end_here() {
    let (head, _) = request(
        &[
            ("host", "a"),
            ("connection", "close, X-Secret, Host, keep-alive"),
            ("x-secret", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "x"),
            ("te", "gzip, trailers"),
            ("upgrade", "h2c"),
            ("x-stays", "1"),
            ("expect", "100-continue"),
        ],
        false,
    );
    for gone in ["connection", "x-secret", "keep-alive", "proxy-authorization", "upgrade", "expect"] {
        assert!(!head.headers.contains_key(gone), "{gone}");
    }
    assert_eq!(head.headers["te"], "trailers");
    assert_eq!(head.headers["host"], "a");
    assert_eq!(head.headers["x-stays"], "1");
}

#[test]
fn an_untrusted_peer_cannot_forge_where_it_comes_from() {
    let forged = [
        ("host", "a"),
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil"),
        ("x-forwarded-port", "443"),
        ("forwarded", "for=6.6.6.6"),
        ("x-real-ip", "6.6.6.6"),
    ];
    let (head, _) = request(&forged, false);
    assert_eq!(head.headers["x-forwarded-for"], "192.0.2.7");
    assert_eq!(head.headers["x-forwarded-proto"], "http");
    assert_eq!(head.headers["x-forwarded-host"], "a");
    assert_eq!(head.headers["forwarded"], "for=192.0.2.7;host=\"a\";proto=http");
    assert!(!head.headers.contains_key("x-forwarded-port") && !head.headers.contains_key("x-real-ip"));
}

#[test]
fn a_trusted_peer_is_appended_to() {
    let (head, _) = request(
        &[
            ("host", "a"),
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-for", "2.2.2.2"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=1.1.1.1"),
        ],
        true,
    );
    assert_eq!(head.headers["x-forwarded-for"], "1.1.1.1, 2.2.2.2, 192.0.2.7");
    assert_eq!(head.headers["x-forwarded-proto"], "https");
    assert_eq!(head.headers["forwarded"], "for=1.1.1.1, for=192.0.2.7;host=\"a\";proto=http");
}

#[test]
fn only_websocket_handshakes_are_passed_on() {
    let handshake = [("host", "a"), ("connection", "keep-alive, Upgrade"), ("upgrade", "WebSocket")];
    let (head, upgrade) = request(&handshake, false);
    assert_eq!(upgrade, Upgrade::WebSocket);
    assert_eq!((&head.headers["connection"], &head.headers["upgrade"]), (&UPGRADE, &WEBSOCKET));
    assert_eq!(request(&[("host", "a"), ("upgrade", "websocket")], false).1, Upgrade::No);
    assert_eq!(
        request(&[("host", "a"), ("connection", "upgrade"), ("upgrade", "h2c")], false).1,
        Upgrade::No
    );
}

#[test]
fn a_request_without_host_gets_the_instance_address() {
    assert_eq!(request(&[], false).0.headers["host"], "10.0.0.1:80");
}

#[test]
fn a_response_keeps_what_is_end_to_end() {
    let (mut head, ()) = http::Response::builder()
        .header("connection", "x-hop")
        .header("x-hop", "1")
        .header("transfer-encoding", "chunked")
        .header("content-length", "5")
        .header("proxy-authenticate", "Basic")
        .body(())
        .unwrap()
        .into_parts();
    to_downstream(head.status, &mut head.headers);
    let left: Vec<_> = head.headers.keys().map(HeaderName::as_str).collect();
    assert_eq!(left, ["content-length"]);
}

#[test]
fn a_connection_that_changes_its_host_is_not_told_the_old_one() {
    let last_hop = LastHop::default();
    for host in ["a", "b", "b", "a"] {
        let (mut head, ()) = http::Request::builder().header("host", host).body(()).unwrap().into_parts();
        let peer = Peer { address: "[2001:db8::1]:4000".parse().unwrap(), trusted: false };
        let (_, lines) = to_upstream(&mut head, &peer, "", &last_hop);
        take_in(&mut head, &lines);
        assert_eq!(head.headers["x-forwarded-host"], host);
        let forwarded = format!("for=\"[2001:db8::1]\";host=\"{host}\";proto=http");
        assert_eq!(head.headers["forwarded"], forwarded.as_str());
    }
}
