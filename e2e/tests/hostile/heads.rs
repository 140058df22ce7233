//! Malformed request lines, header lines and hosts.

use crate::Siege;

#[test]
fn malformed_request_lines() {
    let siege = Siege::new();
    for line in [
        "GET  / HTTP/1.1",
        "GET / HTTP/1.1 extra",
        "GET /a b HTTP/1.1",
        "GET / HTTP/1.2.3",
        "GET / HTTP/",
        "GET / http/1.1",
        "GET /\t HTTP/1.1",
        "GET /\u{1} HTTP/1.1",
        "GET /\u{7f} HTTP/1.1",
        "GET",
        "G\u{0}T / HTTP/1.1",
        "G(T / HTTP/1.1",
        " GET / HTTP/1.1",
        "GET nonsense HTTP/1.1",
        "GET ftp:/x HTTP/1.1",
    ] {
        siege.refuses(format!("{line}\r\nHost: test\r\n\r\n"), &[400]);
    }
}

#[test]
fn versions_that_are_not_served() {
    let siege = Siege::new();
    for line in ["GET / HTTP/2.0", "GET / HTTP/3.0", "GET / HTTP/0.9", "GET / HTTP/1.9"] {
        siege.refuses(format!("{line}\r\nHost: test\r\n\r\n"), &[400, 505]);
    }
}

#[test]
fn malformed_header_lines() {
    let siege = Siege::new();
    for line in [
        "X-A : 1",
        "X A: 1",
        "X-A",
        ": 1",
        "X-\u{0}: 1",
        "X(A): 1",
        "X-A: a\u{0}b",
        "X-A: a\rb",
        "X-A: a\u{7f}b",
        "X-A: a\u{1}b",
        "X-A: 1\r\n folded",
        "X-A: 1\r\n\tfolded",
    ] {
        siege.refuses(format!("GET / HTTP/1.1\r\nHost: test\r\n{line}\r\n\r\n"), &[400]);
    }
    siege.refuses("GET / HTTP/1.1\r\n Host: test\r\n\r\n", &[400]);
}

#[test]
fn methods_outside_the_registry() {
    let siege = Siege::new();
    for method in ["FOO", "get", "GETT", "BREW"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: test\r\n\r\n");
        siege.refuses(&request, &[400]);
        let mut client = siege.gateway.client();
        client.send(&request);
        assert_eq!(client.receive().problem()["side"], "downstream");
    }
}

#[test]
fn registered_methods_pass() {
    let siege = Siege::new();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "REPORT", "QUERY"] {
        assert_eq!(siege.gateway.client().request(method, "/", &[], "").status, 200, "{method}");
    }
}

#[test]
fn an_extra_method_passes_when_configured() {
    let siege = Siege::with(|config| config.listener("extra_methods = [\"BREW\"]"));
    assert_eq!(siege.gateway.client().request("BREW", "/pot", &[], "").status, 200);
    siege.refuses("FOO / HTTP/1.1\r\nHost: test\r\n\r\n", &[400]);
}

#[test]
fn tunnels_and_traces_are_not_served() {
    let siege = Siege::new();
    siege.refuses("CONNECT test:443 HTTP/1.1\r\nHost: test:443\r\n\r\n", &[400, 405, 501]);
    siege.refuses("TRACE / HTTP/1.1\r\nHost: test\r\n\r\n", &[405, 501]);
}

#[test]
fn missing_and_repeated_hosts() {
    let siege = Siege::new();
    siege.refuses("GET / HTTP/1.1\r\n\r\n", &[400]);
    siege.refuses("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", &[400]);
    siege.refuses("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", &[400]);
}

#[test]
fn malformed_hosts() {
    let siege = Siege::new();
    for host in [
        "a b", "a/b", "a?b", "a#b", "user@a", "a:port", "a:99999", "a:80:80", "[::1", "::1", "http://a",
        "a\\b", "a<b>",
    ] {
        siege.refuses(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"), &[400]);
    }
}

#[test]
fn another_protocol() {
    let siege = Siege::new();
    siege.refuses(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xab\xcd\r\n\r\n", &[400]);
    siege.refuses("SSH-2.0-OpenSSH_9.6\r\n\r\n", &[400]);
    siege.refuses([0_u8; 512], &[400]);
}

#[test]
fn the_http2_preface_ends_the_connection() {
    let siege = Siege::new();
    let mut client = siege.gateway.client();
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    if let Ok(answer) = client.try_receive() {
        assert!(matches!(answer.status, 400 | 405 | 505), "{answer:?}");
        assert!(client.is_closed());
    }
    assert!(siege.upstream.heads().is_empty());
    siege.is_alive();
}
