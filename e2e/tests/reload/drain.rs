//! The end: told to stop, the gateway says so, serves what is under way, and exits in time.

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use e2e::{Config, Gateway, Signal, Upstream, eventually};

fn draining(upstream: &Upstream, delay: &str, grace: &str) -> Gateway {
    Gateway::start(
        &Config::to(&[upstream]).top(&format!("drain = {{ delay = \"{delay}\", grace = \"{grace}\" }}")),
    )
}

#[test]
fn readiness_ends_at_once_while_traffic_flows() {
    let upstream = Upstream::text("still here");
    let mut gateway = draining(&upstream, "2s", "5s");
    gateway.signal(Signal::Terminate);
    let begin = Instant::now();
    eventually("not ready", || (gateway.admin_get("/health/ready").status == 503).then_some(()));
    assert!(begin.elapsed() < Duration::from_secs(1), "balancers learned it after {:?}", begin.elapsed());
    assert_eq!(gateway.get("/").text(), "still here");
    assert_eq!(gateway.admin_get("/health").status, 200);
    assert_eq!(gateway.wait_exit(), Some(0));
    assert!(begin.elapsed() >= Duration::from_millis(1900), "the delay was cut short: {:?}", begin.elapsed());
}

#[test]
fn answers_ask_for_close_while_draining() {
    let upstream = Upstream::text("still here");
    let gateway = draining(&upstream, "5s", "5s");
    let mut client = gateway.client();
    assert_eq!(client.get("/").header("connection"), None);
    gateway.signal(Signal::Terminate);
    eventually("not ready", || (gateway.admin_get("/health/ready").status == 503).then_some(()));
    let answer = client.get("/");
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert!(client.is_closed());
}

#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    let upstream = Upstream::text("ok");
    let mut gateway = draining(&upstream, "100ms", "10s");
    let mut idle = gateway.client();
    assert_eq!(idle.get("/").status, 200);
    let begin = Instant::now();
    gateway.signal(Signal::Terminate);
    assert_eq!(gateway.wait_exit(), Some(0));
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert!(idle.is_closed());
    assert!(!gateway.log().contains("grace period"), "nothing was cut");
}

#[test]
fn a_request_under_way_is_finished() {
    let (release, released) = channel();
    let released = Mutex::new(released);
    let upstream = Upstream::serve(move |connection| {
        if connection.read().is_some() {
            released.lock().expect("one connection at a time").recv().expect("the test releases it");
            connection.ok("finished");
        }
    });
    let mut gateway = draining(&upstream, "100ms", "10s");
    let mut client = gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
    upstream.wait_for_heads(1);
    gateway.signal(Signal::Terminate);
    let refused = || e2e::Client::try_connect(gateway.public_address()).is_err();
    eventually("new connections are refused", || refused().then_some(()));
    release.send(()).expect("the upstream waits");
    assert_eq!(client.receive().text(), "finished");
    assert_eq!(gateway.wait_exit(), Some(0));
}

#[test]
fn what_outlives_the_grace_is_cut() {
    let upstream = Upstream::silent();
    let mut gateway = draining(&upstream, "100ms", "500ms");
    let mut client = gateway.client();
    client.send("GET /for-ever HTTP/1.1\r\nHost: test\r\n\r\n");
    upstream.wait_for_heads(1);
    let begin = Instant::now();
    gateway.signal(Signal::Terminate);
    assert_eq!(gateway.wait_exit(), Some(0));
    let took = begin.elapsed();
    assert!(took >= Duration::from_millis(550) && took < Duration::from_secs(5), "{took:?}");
    assert!(client.try_receive().is_err());
    gateway.wait_log("the grace period is over");
}

#[test]
fn a_second_signal_ends_the_delay_and_the_grace() {
    let upstream = Upstream::silent();
    let mut gateway = draining(&upstream, "60s", "60s");
    let mut client = gateway.client();
    client.send("GET /for-ever HTTP/1.1\r\nHost: test\r\n\r\n");
    upstream.wait_for_heads(1);
    gateway.signal(Signal::Terminate);
    gateway.wait_log("draining");
    gateway.signal(Signal::Terminate);
    assert_eq!(gateway.wait_exit(), Some(0));
    assert!(client.try_receive().is_err());
}

#[test]
fn a_second_signal_ends_the_grace_that_has_begun() {
    let upstream = Upstream::silent();
    let mut gateway = draining(&upstream, "0s", "60s");
    let mut client = gateway.client();
    client.send("GET /for-ever HTTP/1.1\r\nHost: test\r\n\r\n");
    upstream.wait_for_heads(1);
    gateway.signal(Signal::Terminate);
    let refused = || e2e::Client::try_connect(gateway.public_address()).is_err();
    eventually("new connections are refused", || refused().then_some(()));
    assert!(!client.hears_within(Duration::from_millis(50)), "the request has its grace");
    gateway.signal(Signal::Terminate);
    assert_eq!(gateway.wait_exit(), Some(0));
    assert!(client.try_receive().is_err());
    gateway.wait_log("the grace period is over");
}

#[test]
fn a_signal_right_at_readiness_does_not_kill() {
    let upstream = Upstream::text("ok");
    for _ in 0..10 {
        let mut gateway = draining(&upstream, "0s", "1s");
        gateway.signal(Signal::Terminate);
        assert_eq!(gateway.wait_exit(), Some(0), "killed, not drained");
    }
}
