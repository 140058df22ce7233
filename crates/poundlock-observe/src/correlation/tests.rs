//! Tests of the identifiers: examples of the specifications, then properties.

use super::*;
use proptest::prelude::*;

const EXAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn the_example_of_the_specification_is_read() {
    let context = TraceContext::parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(context.trace_id(), 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
    assert_eq!(context.span_id(), 0xb7ad_6b71_6920_3331);
    assert!(context.is_sampled());
    assert_eq!(context.to_string(), EXAMPLE);
}

#[test]
fn traceparents_are_accepted_or_refused_as_the_specification_says() {
    use TraceContextError::{Length, Syntax, Version, Zero};
    let check = |header: &str, expected: Result<&str, TraceContextError>| {
        let parsed = TraceContext::parse(header.as_bytes()).map(|context| context.to_string());
        assert_eq!(parsed, expected.map(str::to_owned), "{header}");
    };
    let ids = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
    check(&format!("00-{ids}-00"), Ok(&format!("00-{ids}-00")));
    check(&format!("00-{ids}-03"), Ok(&format!("00-{ids}-03")));
    check(&format!("00-{ids}-ff"), Ok(&format!("00-{ids}-03")));
    check(&format!("00-{ids}-01-"), Err(Length));
    check(&format!("00-{ids}-0"), Err(Length));
    check("", Err(Length));
    check(&format!("01-{ids}-01"), Ok(EXAMPLE));
    check(&format!("cc-{ids}-01-what-the-future-brings"), Ok(EXAMPLE));
    check(&format!("cc-{ids}-01.what"), Err(Syntax));
    check(&format!("ff-{ids}-01"), Err(Version));
    check(&format!("0x-{ids}-01"), Err(Syntax));
    check(&EXAMPLE.to_uppercase(), Err(Syntax));
    check(&EXAMPLE.replace('-', "_"), Err(Syntax));
    check(&format!(" {}", &EXAMPLE[..54]), Err(Syntax));
    check(&format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)), Err(Zero));
    check(&format!("00-0af7651916cd43dd8448eb211c80319c-{}-01", "0".repeat(16)), Err(Zero));
}

#[test]
fn a_child_keeps_the_trace_and_a_root_is_never_zero() {
    let parent = TraceContext::parse(EXAMPLE.as_bytes()).unwrap();
    let child = parent.child(7);
    assert_eq!((child.trace_id(), child.span_id(), child.is_sampled()), (parent.trace_id(), 7, true));
    let root = TraceContext::new_root(0, 0, false);
    assert_eq!(root.to_string(), "00-00000000000000000000000000000001-0000000000000001-02");
    assert_ne!(root.child(0).span_id(), 0);
}

#[test]
fn tracestates_are_accepted_or_refused_as_the_specification_says() {
    let check = |header: &str, expected| {
        assert_eq!(tracestate_is_valid(header.as_bytes()), expected, "{header}");
    };
    check("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", true);
    check("rojo=1 ,\t congo=2", true);
    check("rojo=1,,congo=2,", true);
    check("fw529a3039@dt=FfAAA;x:y z", true);
    check("0start/_-*@=1", true);
    check("", false);
    check(" , ", false);
    check("rojo", false);
    check("rojo=", false);
    check("=1", false);
    check("Rojo=1", false);
    check("_rojo=1", false);
    check("rojo=1,rojo=2", false);
    check("rojo=a=b", false);
    check("rojo=a\u{7f}", false);
    check("rojo=ü", false);
    check(&format!("{}=1", "a".repeat(256)), true);
    check(&format!("{}=1", "a".repeat(257)), false);
    check(&format!("a={}", "1".repeat(256)), true);
    check(&format!("a={}", "1".repeat(257)), false);
    check(&format!("a={},b={},c=1", "1".repeat(251), "1".repeat(251)), true);
    check(&format!("a={},b={},c=1234", "1".repeat(251), "1".repeat(253)), false);
    let members = |count| (0..count).map(|n| format!("k{n}=1")).collect::<Vec<_>>().join(",");
    check(&members(32), true);
    check(&members(33), false);
}

#[test]
fn request_ids_are_accepted_by_length_and_characters() {
    assert_eq!(RequestId::accept("abc-DEF_1.2").unwrap().as_str(), "abc-DEF_1.2");
    assert_eq!(RequestId::accept("1234567"), Err(RequestIdError::Length));
    assert!(RequestId::accept("12345678").is_ok());
    assert!(RequestId::accept("x".repeat(128)).is_ok());
    assert_eq!(RequestId::accept("x".repeat(129)), Err(RequestIdError::Length));
    for bad in ["12345678 ", "1234\n5678", "1234\u{e9}5678", "12345678/", "\"12345678"] {
        assert_eq!(RequestId::accept(bad), Err(RequestIdError::Character), "{bad}");
    }
}

/// The example of RFC 9562, appendix A.6.
#[test]
fn a_version_7_uuid_is_that_of_the_rfc() {
    let random = 0xcc3_u128 << 62 | 0x18c4_dc0c_0c07_398f;
    let id = RequestId::v7(0x017f_22e2_79b0, random);
    assert_eq!(id.as_str(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    assert_eq!(format!("{id:?}"), "RequestId(017f22e2-79b0-7cc3-98c4-dc0c0c07398f)");
}

proptest! {
    #[test]
    fn any_traceparent_is_an_answer(header in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = TraceContext::parse(&header);
    }

    /// One changed byte either reads as another valid header or is refused.
    #[test]
    fn a_changed_traceparent_round_trips_or_is_refused(at in 0..55_usize, byte in any::<u8>()) {
        let mut header = EXAMPLE.as_bytes().to_vec();
        header[at] = byte;
        if let Ok(context) = TraceContext::parse(&header) {
            prop_assert_eq!(TraceContext::parse(context.to_string().as_bytes()), Ok(context));
            prop_assert!(header.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-')));
        }
    }

    #[test]
    fn traceparents_round_trip(trace_id in 1..=u128::MAX, span_id in 1..=u64::MAX, sampled in any::<bool>()) {
        let context = TraceContext::new_root(trace_id, span_id, sampled);
        let mut written = [0; 55];
        context.write_to(&mut written);
        prop_assert_eq!(std::str::from_utf8(&written).unwrap(), context.to_string());
        prop_assert_eq!(TraceContext::parse(&written), Ok(context));
        prop_assert_eq!((context.trace_id(), context.span_id(), context.is_sampled()), (trace_id, span_id, sampled));
    }

    #[test]
    fn any_tracestate_is_an_answer(header in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = tracestate_is_valid(&header);
    }

    #[test]
    fn any_request_id_is_kept_exactly_or_refused(text in prop::collection::vec(any::<u8>(), 0..140)) {
        let allowed = (8..=128).contains(&text.len())
            && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
        match RequestId::accept(&text) {
            Ok(id) => prop_assert_eq!(id.as_bytes(), text),
            Err(_) => prop_assert!(!allowed),
        }
    }

    #[test]
    fn version_7_uuids_are_well_formed_and_sort_by_time(
        early in 0..1_u64 << 47, later in 1..1_u64 << 40, random in any::<[u128; 2]>(),
    ) {
        let [a, b] = [RequestId::v7(early, random[0]), RequestId::v7(early + later, random[1])];
        prop_assert!(a.as_str() < b.as_str());
        prop_assert_eq!(RequestId::accept(a.as_str()), Ok(a.clone()));
        prop_assert_eq!(a.as_bytes()[14], b'7');
        prop_assert!(b"89ab".contains(&a.as_bytes()[19]));
        prop_assert_eq!(a.as_str().split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    }
}
