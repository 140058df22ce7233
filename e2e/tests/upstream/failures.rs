//! One upstream that is down, silent, out of reach or breaks off: an honest answer, and a quick return.

use std::time::{Duration, Instant};

use e2e::{Answer, Config, Gateway, Reservation, Unreachable, Upstream, eventually_within};

/// The upstream must be in use again within this time of its return.
const RETURN: Duration = Duration::from_secs(3);

/// Checks that `answer` is a problem of this status that blames the upstream, and returns its type.
fn blames_the_upstream(answer: &Answer, status: u16) -> String {
    let problem = answer.problem();
    assert_eq!((answer.status, &problem["side"]), (status, &"upstream".into()), "{problem}");
    problem["type"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_dead_upstream_is_a_502_and_its_return_is_noticed() {
    let mut upstream = Upstream::text("here");
    let gateway = Gateway::to(&upstream);
    assert_eq!(gateway.get("/").text(), "here");
    upstream.kill();
    let answer = gateway.get("/");
    assert!(blames_the_upstream(&answer, 502).ends_with("upstream-connect"), "{answer:?}");
    assert_eq!(answer.json()["request_id"].as_str(), answer.header("x-request-id"));
    for _ in 0..20 {
        assert_eq!(gateway.get("/").status, 502);
    }
    upstream.restart();
    eventually_within(RETURN, "the upstream is back", || (gateway.get("/").status == 200).then_some(()));
}

#[test]
fn an_upstream_that_was_never_there_is_a_502() {
    let nobody = Reservation::new();
    let gateway = Gateway::run(&["--to", &nobody.address.to_string()]);
    blames_the_upstream(&gateway.get("/"), 502);
    blames_the_upstream(&gateway.client().request("POST", "/", &[], "body"), 502);
}

#[test]
fn a_client_keeps_its_connection_through_an_outage() {
    let mut upstream = Upstream::text("here");
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    assert_eq!(client.get("/").status, 200);
    upstream.kill();
    assert_eq!(client.get("/").status, 502);
    upstream.restart();
    eventually_within(RETURN, "the upstream is back", || (client.get("/").status == 200).then_some(()));
}

#[test]
fn no_answer_in_time_is_a_504() {
    let upstream = Upstream::silent();
    let gateway = Gateway::start(&Config::to(&[&upstream]).service("timeout = { request = \"300ms\" }"));
    let begin = Instant::now();
    assert!(blames_the_upstream(&gateway.get("/"), 504).ends_with("upstream-timeout"));
    let took = begin.elapsed();
    assert!(took >= Duration::from_millis(290) && took < Duration::from_secs(5), "{took:?}");
    e2e::eventually("the upstream is released", || (upstream.gone() >= 1).then_some(()));
}

#[test]
fn a_slow_body_is_not_a_timeout_once_the_head_is_there() {
    let upstream = Upstream::serve(|connection| {
        if connection.read().is_none() {
            return;
        }
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
        for byte in ["s", "l", "o", "w", "l", "y"] {
            std::thread::sleep(Duration::from_millis(100));
            connection.write(byte);
        }
    });
    let gateway = Gateway::start(&Config::to(&[&upstream]).service("timeout = { request = \"300ms\" }"));
    assert_eq!(gateway.get("/").text(), "slowly");
}

#[test]
fn a_connect_that_hangs_is_given_up() {
    let unreachable = Unreachable::new();
    let config = Config::default().instance(&unreachable.address().to_string());
    let gateway = Gateway::start(&config.service("timeout = { connect = \"200ms\" }"));
    let begin = Instant::now();
    let answer = gateway.get("/");
    assert!(matches!(answer.status, 502 | 504), "{answer:?}");
    blames_the_upstream(&answer, answer.status);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[test]
fn a_reset_before_the_answer_is_a_502() {
    let upstream = Upstream::serve(|connection| {
        connection.read();
        connection.reset_at_end();
    });
    let gateway = Gateway::to(&upstream);
    let answer = gateway.client().request("POST", "/", &[], "body");
    assert!(blames_the_upstream(&answer, 502).ends_with("upstream-reset"), "{answer:?}");
}

#[test]
fn half_a_head_is_a_502() {
    let upstream = Upstream::serve(|connection| {
        if connection.read().is_some() {
            connection.write("HTTP/1.1 200 OK\r\nContent-Le");
        }
    });
    blames_the_upstream(&Gateway::to(&upstream).get("/"), 502);
}

/// What a client makes of an answer of which the upstream sends only `part`.
fn broken_answer(part: &'static str, reset: bool) -> std::io::Result<Answer> {
    let upstream = Upstream::serve(move |connection| {
        if connection.read().is_some() {
            connection.write(part);
            if reset {
                connection.reset_at_end();
            }
        }
    });
    let gateway = Gateway::to(&upstream);
    gateway.client().try_request("GET", "/", &[], "")
}

#[test]
fn an_answer_that_breaks_off_is_not_made_to_look_complete() {
    for reset in [false, true] {
        let sized = broken_answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", reset);
        assert!(sized.as_ref().is_err() || sized.as_ref().is_ok_and(|a| a.status == 502), "{sized:?}");
        let chunked =
            broken_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n", reset);
        assert!(chunked.as_ref().is_err() || chunked.as_ref().is_ok_and(|a| a.status == 502), "{chunked:?}");
    }
}
