//! Sizes: heads, numbers of headers, bodies; each has a limit, and beyond it the request is refused unread.

use crate::Siege;

/// Limits low enough to be passed quickly, high enough for ordinary requests.
fn tight() -> Siege {
    Siege::with(|config| config.listener("max_head = \"8KiB\", max_headers = 40, max_body = \"1KiB\""))
}

#[test]
fn heads_beyond_the_limit() {
    let siege = tight();
    let long = "x".repeat(9 * 1024);
    siege.refuses(format!("GET / HTTP/1.1\r\nHost: test\r\nX-Long: {long}\r\n\r\n"), &[431]);
    siege.refuses(format!("GET /{long} HTTP/1.1\r\nHost: test\r\n\r\n"), &[414, 431]);
    siege.refuses(format!("GET / HTTP/1.1\r\nHost: test\r\n{long}: 1\r\n\r\n"), &[400, 431]);
}

#[test]
fn a_head_without_end_is_cut() {
    let siege = tight();
    siege.refuses(format!("GET / HTTP/1.1\r\nHost: test\r\nX-Endless: {}", "x".repeat(64 * 1024)), &[431]);
    siege.refuses("x".repeat(64 * 1024), &[400, 414, 431]);
}

#[test]
fn many_small_lines_beyond_the_limit() {
    let siege = tight();
    let lines: String = (0..39).map(|n| format!("X-H{n}: 1\r\n")).collect();
    let within = format!("GET / HTTP/1.1\r\nHost: test\r\n{lines}\r\n");
    let mut client = siege.gateway.client();
    client.send(&within);
    assert_eq!(client.receive().status, 200);
    siege.refuses(within.replace("X-H0:", "X-More: 1\r\nX-H0:"), &[431]);
}

#[test]
fn the_default_limit_of_headers() {
    let lines: String = (0..1_000).map(|n| format!("X-H{n}: 1\r\n")).collect();
    Siege::new().refuses(format!("GET / HTTP/1.1\r\nHost: test\r\n{lines}\r\n"), &[431]);
}

#[test]
fn declared_bodies_beyond_the_limit() {
    let siege = tight();
    siege.refuses("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1025\r\n\r\n", &[413]);
    let body = "x".repeat(1025);
    siege.refuses(format!("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1025\r\n\r\n{body}"), &[413]);
}

#[test]
fn a_body_too_large_for_the_gateway_is_a_problem() {
    let siege = tight();
    let answer = siege.gateway.client().request("POST", "/", &[], &"x".repeat(1025));
    assert_eq!((answer.status, &answer.problem()["side"]), (413, &"downstream".into()));
}

#[test]
fn a_body_of_exactly_the_limit_passes() {
    let siege = tight();
    let mut client = siege.gateway.client();
    assert_eq!(client.request("POST", "/", &[], &"x".repeat(1024)).status, 200);
    let chunked = format!("400\r\n{}\r\n0\r\n\r\n", "x".repeat(1024));
    client.send(format!("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}"));
    assert_eq!(client.receive().status, 200);
}

#[test]
fn chunked_bodies_beyond_the_limit() {
    let siege = tight();
    let chunks = format!("100\r\n{}\r\n", "x".repeat(256)).repeat(5);
    siege.breaks_off(
        format!("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"),
        &[413],
    );
}

#[test]
fn a_large_refused_upload_still_gets_its_answer() {
    let siege = tight();
    let body = "x".repeat(200 * 1024);
    for _ in 0..10 {
        let answer = siege.gateway.client().request("POST", "/", &[], &body);
        assert_eq!(answer.status, 413);
    }
    siege.is_alive();
}

#[test]
fn a_head_from_the_upstream_beyond_reason_is_not_passed_on() {
    let upstream = e2e::Upstream::answering(|_| {
        format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Long: {}\r\n\r\n", "x".repeat(4 << 20))
    });
    let gateway = e2e::Gateway::to(&upstream);
    assert_eq!(gateway.get("/").status, 502);
}

#[test]
fn what_an_upstream_says_that_is_not_http_is_a_502() {
    for nonsense in [
        "SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nBad Header: 1\r\n\r\n",
    ] {
        let upstream = e2e::Upstream::answering(move |_| nonsense.to_owned());
        let answer = e2e::Gateway::to(&upstream).get("/");
        assert_eq!((answer.status, &answer.problem()["side"]), (502, &"upstream".into()), "{nonsense:?}");
    }
}
