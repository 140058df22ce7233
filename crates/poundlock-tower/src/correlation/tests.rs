//! The names that come out for the headers that go in.
use super::*;

fn check(headers: &[(&'static str, &'static str)], trusted: bool) -> (HeaderMap, String) {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, HeaderValue::from_static(value));
    }
    let brought = Brought::by(&map);
    let id = request_id(&mut map, brought, trusted);
    continue_trace(&mut map, brought);
    (map, id.to_str().unwrap().to_owned())
}

#[test]
fn ids_are_taken_from_trusted_peers_only_and_only_when_well_formed() {
    assert_eq!(check(&[("x-request-id", "abcdefgh-1")], true).1, "abcdefgh-1");
    assert_eq!(check(&[("x-correlation-id", "abcdefgh-2")], true).1, "abcdefgh-2");
    for (id, trusted) in
        [("abcdefgh-1", false), ("short", true), ("has spaces in it", true), ("a\"b{};drop", true)]
    {
        let made = check(&[("x-request-id", id)], trusted).1;
        assert_ne!(made, id);
        assert_eq!((made.len(), &made[14..15]), (36, "7"), "a UUIDv7: {made}");
    }
}

#[test]
fn a_valid_trace_goes_on_with_a_new_span() {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let (headers, _) = check(&[("traceparent", parent), ("tracestate", "a=1")], false);
    let ours = headers["traceparent"].to_str().unwrap();
    assert_eq!(ours[..36], parent[..36], "same trace");
    assert_ne!(ours[36..52], parent[36..52], "new span");
    assert_eq!(ours[53..], parent[53..], "same flags");
    assert_eq!(headers["tracestate"], "a=1");
}

#[test]
fn a_bad_or_doubled_traceparent_starts_a_new_trace_without_its_state() {
    let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for bad in [
        vec![("traceparent", "00-00000000000000000000000000000000-00f067aa0ba902b7-01")],
        vec![("traceparent", "junk")],
        vec![("traceparent", good), ("traceparent", good)],
        vec![],
    ] {
        let mut headers = bad.clone();
        headers.push(("tracestate", "a=1"));
        let (out, _) = check(&headers, true);
        assert!(!out.contains_key("tracestate"), "{bad:?}");
        assert_eq!(out.get_all("traceparent").iter().count(), 1);
        assert!(!out["traceparent"].to_str().unwrap().contains("4bf92f3577b34da6"), "{bad:?}");
    }
}
