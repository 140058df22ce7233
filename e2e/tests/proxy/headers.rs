//! Heads: what passes untouched, and what belongs to one hop and must not pass (RFC 9110 section 7.6.1).

use e2e::{Gateway, Head, Upstream};

/// The head that the upstream gets for these header lines.
fn forwarded(lines: &str) -> Head {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send(format!("GET / HTTP/1.1\r\nHost: shop.example:8443\r\n{lines}\r\n"));
    assert_eq!(client.receive().status, 200);
    upstream.only().head
}

/// The head that the client gets for these header lines of an upstream's answer.
fn returned(lines: &'static str) -> Head {
    let upstream =
        Upstream::answering(move |_| format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{lines}\r\n"));
    Gateway::to(&upstream).get("/").head
}

#[test]
fn headers_of_one_hop_are_not_forwarded() {
    let head = forwarded(
        "Connection: keep-alive, x-private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n\
         Proxy-Authorization: Basic eA==\r\nTE: gzip;q=0.5\r\nUpgrade: h2c\r\nX-Public: 2\r\n",
    );
    for gone in ["x-private", "keep-alive", "proxy-connection", "proxy-authorization", "te", "upgrade"] {
        assert_eq!(head.header(gone), None, "{gone}");
    }
    assert!(head.all("connection").iter().all(|v| !v.contains("x-private")), "{head:?}");
    assert_eq!(head.header("x-public"), Some("2"));
}

#[test]
fn headers_of_one_hop_are_not_returned() {
    let head = returned(
        "Connection: keep-alive, x-private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\n\
         Upgrade: h2c\r\nX-Public: 2\r\n",
    );
    for gone in ["x-private", "keep-alive", "proxy-authenticate", "upgrade"] {
        assert_eq!(head.header(gone), None, "{gone}");
    }
    assert!(head.all("connection").iter().all(|v| !v.contains("x-private")), "{head:?}");
    assert_eq!(head.header("x-public"), Some("2"));
}

#[test]
fn of_te_only_trailers_is_forwarded() {
    assert_eq!(forwarded("Connection: TE\r\nTE: trailers\r\n").header("te"), Some("trailers"));
    let mixed = forwarded("Connection: TE\r\nTE: gzip;q=0.5, trailers\r\n");
    assert!(matches!(mixed.header("te"), None | Some("trailers")), "{mixed:?}");
}

#[test]
fn nominating_an_end_to_end_header_does_not_break_the_request() {
    let head = forwarded("Connection: host, close\r\n");
    assert_eq!(head.all("host"), ["shop.example:8443"]);
}

#[test]
fn host_is_kept() {
    assert_eq!(forwarded("").all("host"), ["shop.example:8443"]);
}

#[test]
fn repeated_headers_keep_their_number_and_order() {
    assert_eq!(forwarded("X-A: 1\r\nX-B: 0\r\nx-a: 2\r\n").all("x-a"), ["1", "2"]);
    assert_eq!(returned("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n").all("set-cookie"), ["a=1", "b=2"]);
}

#[test]
fn bytes_beyond_ascii_pass_in_values() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send(b"GET / HTTP/1.1\r\nHost: test\r\nX-Name: caf\xe9\r\n\r\n");
    assert_eq!(client.receive().status, 200);
    let raw = upstream.only().head.raw;
    assert!(raw.windows(5).any(|bytes| bytes == b"caf\xe9\r"), "{}", String::from_utf8_lossy(&raw));
}

#[test]
fn the_target_passes_as_written() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::to(&upstream);
    for target in ["/a%2Fb//c?x=%20&y=1&y=2", "/?", "/a;b=c/d,e", "/%E2%82%AC", "/x?q=a/b?c"] {
        assert_eq!(gateway.get(target).status, 200);
        let seen = upstream.seen();
        assert_eq!(seen.last().map(|r| r.head.word(1)), Some(target));
    }
}

#[test]
fn an_absolute_target_becomes_a_path_and_its_host_wins() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("GET http://shop.example/a?b HTTP/1.1\r\nHost: shop.example\r\n\r\n");
    assert_eq!(client.receive().status, 200);
    let head = upstream.only().head;
    assert_eq!((head.word(1), head.all("host").as_slice()), ("/a?b", &["shop.example"][..]));
}

#[test]
fn a_long_target_and_many_headers_pass() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::to(&upstream);
    let target = format!("/{}", "x".repeat(6_000));
    let many: Vec<(String, String)> = (0..60).map(|n| (format!("X-H{n}"), n.to_string())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(gateway.client().request("GET", &target, &many, "").status, 200);
    let head = upstream.only().head;
    assert_eq!((head.word(1), head.header("x-h59")), (target.as_str(), Some("59")));
}

#[test]
fn large_cookies_pass_both_ways() {
    let cookie: &'static str = Box::leak(format!("Cookie: a={}\r\n", "c".repeat(4_000)).into_boxed_str());
    assert_eq!(forwarded(cookie).header("cookie").map(str::len), Some(4_002));
    let set: &'static str = Box::leak(format!("Set-Cookie: a={}\r\n", "c".repeat(4_000)).into_boxed_str());
    assert_eq!(returned(set).header("set-cookie").map(str::len), Some(4_002));
}
