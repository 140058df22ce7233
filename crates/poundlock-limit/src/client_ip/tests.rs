//! Clients behind proxies in 10.0.0.0/8, honest and not.

use super::*;
use proptest::prelude::*;

fn trusted(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 10)
}

fn walk(forwarding: Forwarding, peer: &str, values: &[&str]) -> ClientIp {
    client_ip(forwarding, peer.parse().unwrap(), values.iter().map(|value| value.as_bytes()), trusted)
}

#[track_caller]
fn check(forwarding: Forwarding, values: &[&str], address: &str, end: WalkEnd) {
    let expect = ClientIp { address: address.parse().unwrap(), end };
    assert_eq!(walk(forwarding, "10.0.0.1", values), expect, "{values:?}");
}

use Forwarding::{Forwarded, XForwardedFor};
use WalkEnd::{Garbage, Hidden, NoMore, TooMany, Untrusted};

#[test]
fn the_left_most_address_of_x_forwarded_for_is_not_believed() {
    check(XForwardedFor, &["1.1.1.1, 203.0.113.7"], "203.0.113.7", Untrusted);
    check(XForwardedFor, &["1.1.1.1, 203.0.113.7, 10.0.0.2"], "203.0.113.7", Untrusted);
    check(XForwardedFor, &["1.1.1.1", "203.0.113.7", "10.0.0.3,10.0.0.2"], "203.0.113.7", Untrusted);
    check(Forwarded, &["for=1.1.1.1, for=203.0.113.7;by=10.0.0.1"], "203.0.113.7", Untrusted);
}

#[test]
fn an_untrusted_peer_is_the_client_whatever_it_says() {
    for forwarding in [XForwardedFor, Forwarded] {
        let found = walk(forwarding, "::ffff:203.0.113.9", &["10.0.0.1", "for=10.0.0.1"]);
        assert_eq!(found, ClientIp { address: "203.0.113.9".parse().unwrap(), end: Untrusted });
    }
}

#[test]
fn a_walk_that_meets_only_our_proxies_ends_at_the_last() {
    check(XForwardedFor, &[], "10.0.0.1", NoMore);
    check(XForwardedFor, &["", " , "], "10.0.0.1", NoMore);
    check(XForwardedFor, &["10.0.0.3, 10.0.0.2"], "10.0.0.3", NoMore);
}

#[test]
fn addresses_are_found_in_all_their_forms() {
    for (text, expect) in [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:1", "203.0.113.7"),
    ] {
        check(XForwardedFor, &[text], expect, Untrusted);
        check(Forwarded, &[&format!(r#"proto=http;For="{text}" ; host="a,b;c\"" "#)], expect, Untrusted);
    }
    check(Forwarded, &["for=203.0.113.7:_port;proto=https"], "203.0.113.7", Untrusted);
}

#[test]
fn a_hidden_hop_ends_the_walk_at_the_last_good_one() {
    for text in ["unknown", "Unknown", "unknown:4711", "_hidden", "_SEVKISEK:_p", "_a.b-c"] {
        check(Forwarded, &[&format!("for=1.1.1.1, for={text}, for=10.0.0.2")], "10.0.0.2", Hidden);
        check(XForwardedFor, &[&format!("1.1.1.1, {text}, 10.0.0.2")], "10.0.0.2", Hidden);
    }
}

#[test]
fn garbage_ends_the_walk_at_the_last_good_hop() {
    for text in [
        "localhost",
        "1.2.3",
        "1.2.3.4:",
        "1.2.3.4:123456",
        "1.2.3.4:x",
        "[1.2.3.4]",
        "[::1",
        "::1]",
        "fe80::1%eth0",
        "_",
        "\u{fc}",
        "1.2.3.4 5",
    ] {
        check(XForwardedFor, &[&format!("1.1.1.1, {text}, 10.0.0.2")], "10.0.0.2", Garbage);
        check(Forwarded, &[&format!(r#"for=1.1.1.1, for="{text}", for=10.0.0.2"#)], "10.0.0.2", Garbage);
    }
    for element in [
        "proto=http",
        "1.2.3.4",
        "for=1.1.1.1;for=2.2.2.2",
        "for",
        "for=",
        r#"for="1.2.3.4"#,
        r#"for="1\.2.3.4""#,
    ] {
        check(Forwarded, &[&format!("for=1.1.1.1, {element}, for=10.0.0.2")], "10.0.0.2", Garbage);
    }
}

#[test]
fn a_quote_left_open_by_a_client_does_not_swallow_what_was_appended() {
    for open in [r#"for=""#, r#"for="x\"#, r#"""#, r#"for="\""#] {
        check(Forwarded, &[&format!("{open}, for=203.0.113.7, for=10.0.0.2")], "203.0.113.7", Untrusted);
    }
}

#[test]
fn at_most_64_hops_are_looked_at() {
    let hops = |n: usize| format!("203.0.113.7{}", ", 10.0.0.2".repeat(n));
    check(XForwardedFor, &[&hops(HOPS_MAX - 1)], "203.0.113.7", Untrusted);
    check(XForwardedFor, &[&hops(HOPS_MAX)], "10.0.0.2", TooMany);
}

#[test]
fn ipv6_is_counted_by_network() {
    let net = |ip: &str, prefix| network(ip.parse().unwrap(), prefix).to_string();
    assert_eq!(net("2001:db8:1:2:3::4", 64), "2001:db8:1:2::/64");
    assert_eq!(net("2001:db8:1:2:3::4", 200), "2001:db8:1:2:3::4/128");
    assert_eq!(net("203.0.113.7", 64), "203.0.113.7/32");
    assert_eq!(net("::ffff:203.0.113.7", 64), "203.0.113.7/32");
    let above = |ip: &str| parent(ip.parse().unwrap()).map(|net| net.to_string());
    assert_eq!(above("2001:db8:1:2:3::4").as_deref(), Some("2001:db8:1::/48"));
    assert_eq!(above("203.0.113.7"), None);
}

proptest! {
    /// Whatever a client writes to the left, the proxy's own entry decides.
    #[test]
    fn nothing_to_the_left_of_the_client_matters(forged in "[ -~]{0,60}", more in prop::collection::vec("[ -~]{0,20}", 0..3)) {
        let mut values: Vec<String> = more;
        values.push(format!("{forged}, for=203.0.113.7, for=10.0.0.2"));
        let lines: Vec<&str> = values.iter().map(String::as_str).collect();
        prop_assert_eq!(walk(Forwarded, "10.0.0.1", &lines).address.to_string(), "203.0.113.7");
        values.push(format!("{forged}, 203.0.113.7, 10.0.0.2"));
        let lines: Vec<&str> = values.iter().map(String::as_str).collect();
        prop_assert_eq!(walk(XForwardedFor, "10.0.0.1", &lines).address.to_string(), "203.0.113.7");
    }

    #[test]
    fn no_value_panics(value in prop::collection::vec(any::<u8>(), 0..200)) {
        for forwarding in [XForwardedFor, Forwarded] {
            let _ = client_ip(forwarding, "10.0.0.1".parse().unwrap(), std::iter::once(&value[..]), |_| true);
        }
    }
}
