//! What each syntax accepts; what it refuses is in the snapshots of `config::tests::errors`.

use std::fmt::Debug;
use std::time::Duration;

use super::*;

#[track_caller]
fn check<T: PartialEq + Debug>(parse: fn(&str) -> Result<T, Mistake>, cases: &[(&str, Option<T>)]) {
    for (text, expect) in cases {
        assert_eq!(parse(text).ok(), *expect, "{text:?}");
    }
}

#[test]
fn durations() {
    let seconds = |n| Some(Duration::from_secs(n));
    check(
        duration,
        &[
            ("250ms", Some(Duration::from_millis(250))),
            ("0s", seconds(0)),
            ("5s", seconds(5)),
            ("2m", seconds(120)),
            ("3h", seconds(10_800)),
            ("7d", seconds(604_800)),
            ("365d", seconds(31_536_000)),
            ("366d", None),
            ("18446744073709551616ms", None),
            ("-5s", None),
            ("+5s", None),
            ("5S", None),
            ("", None),
        ],
    );
    check(timeout, &[("0ms", None), ("1ms", Some(Duration::from_millis(1)))]);
}

#[test]
fn sizes() {
    check(
        size,
        &[
            ("1B", Some(1)),
            ("2kB", Some(2_000)),
            ("3MB", Some(3_000_000)),
            ("4GB", Some(4_000_000_000)),
            ("5KiB", Some(5_120)),
            ("6MiB", Some(6_291_456)),
            ("1024GiB", Some(1 << 40)),
            ("1025GiB", None),
            ("0B", None),
            ("unlimited", None),
        ],
    );
    check(body_size, &[("unlimited", Some(u64::MAX)), ("1B", Some(1)), ("Unlimited", None)]);
}

#[test]
fn percentages() {
    let ratio = |text: &str| Percent::parse(text).map(|percent| (percent.as_ratio() * 10_000.0).round());
    check(
        ratio,
        &[
            ("0%", Some(0.0)),
            ("20%", Some(2_000.0)),
            ("7.5%", Some(750.0)),
            ("0.05%", Some(5.0)),
            ("100%", Some(10_000.0)),
            ("100.01%", None),
            ("0.001%", None),
            (".5%", None),
            ("-1%", None),
            ("70000%", None),
        ],
    );
}

#[test]
fn upstreams_keep_their_text() {
    for text in ["10.0.0.1:3000", "[::1]:3000", "app:1", "app_1.internal:65535"] {
        assert_eq!(Upstream::parse(text).map(|upstream| upstream.to_string()), Ok(text.to_owned()));
    }
    let upstream = |text: &str| Upstream::parse(text).map(|upstream| upstream.to_string());
    let long = format!("{}:80", "a.".repeat(127) + "a");
    check(
        upstream,
        &[
            ("App.Example.:80", Some("app.example:80".to_owned())),
            ("a:+80", None),
            ("[a]:80", None),
            (&long, None),
        ],
    );
}

#[test]
fn hosts_match() {
    let matches = |pattern: &str, host: &str| HostPattern::parse(pattern).expect("valid").matches(host);
    assert!(matches("API.example.com.", "api.example.com"));
    assert!(!matches("api.example.com", "x.api.example.com"));
    assert!(matches("*.example.com", "a.example.com"));
    assert!(matches("*.example.com", "a.b.example.com"));
    assert!(!matches("*.example.com", "example.com"));
    assert!(!matches("*.example.com", ".example.com"));
    assert!(!matches("*.example.com", "badexample.com"));
    assert!(matches("10.0.0.1", "10.0.0.1"));
    assert!(matches("[::0:1]", "[::1]"));
}

#[test]
fn networks() {
    let text = |text: &str| network(text).map(|network| network.to_string());
    check(
        text,
        &[
            ("10.0.0.0/8", Some("10.0.0.0/8".to_owned())),
            ("10.0.0.1", Some("10.0.0.1/32".to_owned())),
            ("fd00::/8", Some("fd00::/8".to_owned())),
            ("10.0.0.1/8", None),
            ("10.0.0.0/33", None),
        ],
    );
}

#[test]
fn names() {
    assert!(is_name("a") && is_name("per-ip") && is_name("7") && is_name(&"a".repeat(63)));
    assert!(!is_name("") && !is_name("-a") && !is_name("a-") && !is_name("A") && !is_name("a_b"));
    assert!(!is_name(&"a".repeat(64)));
}
