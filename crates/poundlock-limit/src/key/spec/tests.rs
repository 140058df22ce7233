//! Keys of requests, and what can never become the same key.

use super::*;
use crate::testing::Request;
use proptest::prelude::*;
use std::collections::HashMap;

fn request() -> Request {
    Request {
        ip: Some("2001:db8:1:2:3:4:5:6".parse().unwrap()),
        headers: HashMap::from([
            ("x-api-key", b"abc".to_vec()),
            ("x-raw", vec![0xff, 0, b'|']),
            // {"sub":"abc","id":7}
            ("authorization", b"Bearer e30.eyJzdWIiOiJhYmMiLCJpZCI6N30.c2ln".to_vec()),
        ]),
        cookies: HashMap::from([("sid", b"abc".to_vec())]),
        route: Some("/v1/*".to_owned()),
        service: Some("api".to_owned()),
    }
}

/// SHA-256 of `abc` (FIPS 180-4, example B.1), cut to 128 bits.
const ABC: &str = "#ba7816bf8f01cfea414140de5dae2223";

fn check(texts: &[&str], expect: Option<&str>) {
    let key = KeySpec::parse(texts.iter().copied()).unwrap().make(&request());
    assert_eq!(key.as_ref().map(Key::as_str), expect, "{texts:?}");
}

#[test]
fn each_part_is_found() {
    check(&["ip"], Some("2001:db8:1:2::/64"));
    check(&["ip/48"], Some("2001:db8:1::/48"));
    check(&["ip/128"], Some("2001:db8:1:2:3:4:5:6"));
    check(&["header:X-API-Key"], Some(ABC));
    check(&["cookie:sid"], Some(ABC));
    check(&["jwt:sub"], Some(ABC));
    check(&["jwt:id"], Some("#7902699be42c8a8e46fbbb4501726517"));
    check(&["route"], Some("/v1/*"));
    check(&["service"], Some("api"));
    check(&["method"], Some("GET"));
    check(&["constant:a|b"], Some("a%7cb"));
    check(&["all"], Some(""));
    check(&["service", "header:x-api-key"], Some(&format!("api|{ABC}")));
}

#[test]
fn a_missing_part_makes_no_key() {
    check(&["header:x-tenant"], None);
    check(&["ip", "cookie:other"], None);
    check(&["jwt:name"], None);
}

#[test]
fn more_secrets_than_fit_are_hashed_as_a_whole() {
    let spec = KeySpec::parse(["header:x-api-key", "cookie:sid", "jwt:sub"]).unwrap();
    let mut other = request();
    let key = spec.make(&other).unwrap();
    assert!(key.as_str().starts_with("##") && key.as_str().len() == 34, "{key}");
    other.cookies.insert("sid", b"abd".to_vec());
    assert_ne!(spec.make(&other), Some(key));
}

#[test]
fn no_text_looks_like_an_escape_or_a_hash() {
    let spec = KeySpec::parse(["route"]).unwrap();
    let key =
        |text: &str| spec.make(&Request { route: Some(text.to_owned()), ..Request::default() }).unwrap();
    assert_ne!(key("a|"), key("a%7c"));
    let hashed = key(&"r".repeat(48));
    assert!(hashed.as_str().starts_with('#') && hashed.as_str().len() == 33, "{hashed}");
    assert_ne!(key(hashed.as_str()), hashed);
}

#[test]
fn a_megabyte_is_hashed() {
    let mut large = request();
    large.headers.insert("x-api-key", vec![b'k'; 1 << 20]);
    large.route = Some("r".repeat(1 << 20));
    let key = KeySpec::parse(["header:x-api-key", "route"]).unwrap().make(&large).unwrap();
    assert_eq!(key.as_str().len(), 2 * 33 + 1, "{key}");
}

#[test]
fn what_is_no_key_is_refused() {
    for (text, expect) in [
        ("", KeySyntax::Unknown),
        ("IP", KeySyntax::Unknown),
        ("path", KeySyntax::Unknown),
        ("query:q", KeySyntax::Unknown),
        ("header", KeySyntax::Unknown),
        ("header:", KeySyntax::Name),
        ("header:a b", KeySyntax::Name),
        ("cookie:ä", KeySyntax::Name),
        ("ip/0", KeySyntax::Prefix),
        ("ip/129", KeySyntax::Prefix),
        ("ip/+64", KeySyntax::Prefix),
        ("ip/", KeySyntax::Prefix),
    ] {
        assert_eq!(KeySpec::parse([text]), Err(expect), "{text}");
    }
    assert_eq!(
        KeySpec::parse(["header:".to_owned() + &"n".repeat(65)].iter().map(|s| &**s)),
        Err(KeySyntax::Name)
    );
    assert_eq!(KeySpec::parse(["ip"; 5]), Err(KeySyntax::Parts));
    assert!(KeySpec::parse(["ip"; 4]).is_ok());
}

#[test]
fn making_a_key_allocates_nothing() {
    let request = request();
    let spec = KeySpec::parse(["ip", "header:x-api-key", "jwt:sub", "route"]).unwrap();
    let counted = allocation_counter::measure(|| assert!(spec.make(&request).is_some()));
    assert_eq!(counted.count_total, 0);
}

proptest! {
    /// Two requests have the same key exactly if their parts are the same.
    #[test]
    fn keys_tell_parts_apart(
        one in ("[a|%#7c]{0,3}|[ab]{46,49}|\\PC{0,60}", "[a|%#7c]{0,3}", "[ab]{0,2}"),
        two in ("[a|%#7c]{0,3}|[ab]{46,49}|\\PC{0,60}", "[a|%#7c]{0,3}", "[ab]{0,2}"),
    ) {
        let spec = KeySpec::parse(["route", "service", "header:h"]).unwrap();
        let key = |(route, service, header): &(String, String, String)| {
            let headers = HashMap::from([("h", header.clone().into_bytes())]);
            let request = Request { route: Some(route.clone()), service: Some(service.clone()), headers, ..Request::default() };
            spec.make(&request).unwrap()
        };
        prop_assert_eq!(key(&one) == key(&two), one == two);
        prop_assert!(!key(&one).as_bytes().is_empty());
    }
}
