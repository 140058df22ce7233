//! Header values, character by character.

use super::*;
use proptest::prelude::*;

fn decision(allowed: bool, remaining: u64, reset_after: u64, retry_after: Option<u64>) -> Decision {
    Decision { allowed, limit: 100, remaining, reset_after, retry_after }
}

fn policy(name: &str, quota: u64, window: u64) -> Policy<'_> {
    Policy { name, quota, window }
}

#[test]
fn a_policy_and_what_is_left_of_it() {
    let line = rate_limit_policy([policy("per-ip", 100, 60), policy("per-key-quota", 100_000, 86_400)]);
    assert_eq!(line.as_str(), r#""per-ip";q=100;w=60, "per-key-quota";q=100000;w=86400"#);
    let line = rate_limit([("per-ip", decision(true, 50, 29_000_001, None))]);
    assert_eq!(line.as_str(), r#""per-ip";r=50;t=30"#);
    assert_eq!(rate_limit([]).as_str(), "");
}

#[test]
fn names_are_quoted_and_integers_bounded() {
    let line = rate_limit_policy([policy("a\"b\\cä\n", u64::MAX, 0)]);
    assert_eq!(line.as_str(), r#""a\"b\\c???";q=999999999999999;w=0"#);
    let line = rate_limit([("", decision(true, u64::MAX, u64::MAX, None))]);
    assert_eq!(line.as_str(), r#""";r=999999999999999;t=18446744073710"#);
}

#[test]
fn a_member_that_does_not_fit_is_left_out_whole() {
    let long = "n".repeat(LINE_MAX);
    let line = rate_limit_policy([policy("a", 1, 1), policy(&long, 1, 1), policy("b", 2, 2)]);
    assert_eq!(line.as_str(), r#""a";q=1;w=1, "b";q=2;w=2"#);
    let exact = "n".repeat(LINE_MAX - r#""";q=1;w=1"#.len());
    assert_eq!(rate_limit_policy([policy(&exact, 1, 1)]).as_bytes().len(), LINE_MAX);
}

#[test]
fn the_most_restrictive_decision_is_what_the_client_must_heed() {
    let free = decision(true, 9, 10, None);
    let near = decision(true, 1, 10, None);
    let slower = decision(true, 1, 20, None);
    let denied = decision(false, 5, 1, Some(1_000));
    let longer = decision(false, 50, 1, Some(2_000));
    let never = decision(false, 90, 1, None);
    for (decisions, expect) in [
        (&[][..], None),
        (&[free, near, slower], Some(2)),
        (&[near, free, near], Some(0)),
        (&[near, denied, longer], Some(2)),
        (&[longer, denied, free], Some(0)),
        (&[longer, never, denied], Some(1)),
    ] {
        assert_eq!(most_restrictive(decisions), expect, "{decisions:?}");
    }
    let told = x_rate_limit(&[free, near], Micros(1_700_000_000_000_000)).unwrap();
    assert_eq!(told, XRateLimit { limit: 100, remaining: 1, reset: 1_700_000_001 });
    assert_eq!(x_rate_limit(&[], Micros(0)), None);
}

#[test]
fn a_retry_is_never_early_and_jitter_only_adds() {
    for (wait, jitter, expect) in [
        (0, 0, 1),
        (1, 0, 1),
        (1_000_000, 0, 1),
        (1_000_001, 0, 2),
        (500_000, 600_000, 2),
        (u64::MAX, u64::MAX, 18_446_744_073_710),
    ] {
        assert_eq!(retry_after(wait, jitter), expect, "{wait} + {jitter}");
    }
}

#[test]
fn writing_allocates_nothing() {
    let counted = allocation_counter::measure(|| {
        let line = rate_limit([("per-ip", decision(true, 50, 30, None)), ("b", decision(true, 5, 3, None))]);
        assert!(!line.as_bytes().is_empty());
    });
    assert_eq!(counted.count_total, 0);
}

proptest! {
    /// Whatever a limit is called, the value is a list of one string with two integers.
    #[test]
    fn no_name_breaks_out_of_its_quotes(name in "\\PC{0,64}|[\"\\\\;, a]{0,64}", left: u64, wait: u64) {
        let line = rate_limit([(&*name, decision(true, left, wait, None))]);
        let text = line.as_str();
        prop_assert!(text.bytes().all(|b| matches!(b, b' '..=b'~')));
        let mut rest = text.strip_prefix('"').unwrap().chars();
        while let Some(c) = rest.next() {
            match c {
                '\\' => prop_assert!(matches!(rest.next(), Some('"' | '\\'))),
                '"' => break,
                _ => {}
            }
        }
        let (r, t) = rest.as_str().strip_prefix(";r=").and_then(|rest| rest.split_once(";t=")).unwrap();
        prop_assert_eq!(r.parse(), Ok(left.min(INTEGER_MAX)));
        prop_assert_eq!(t.parse(), Ok(wait.div_ceil(1_000_000)));
    }
}
