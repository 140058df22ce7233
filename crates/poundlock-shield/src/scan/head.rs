//! What is odd about a head, whatever its values say.
//!
//! Main item: [`oddities`].

use crate::{
    decode::{Step, illegal_percent, overlong, percent},
    detect::{CERTAIN, DOUBTFUL, LIKELY, ODD},
    locate::{Head, Oddity},
};

/// Methods that are common enough to say nothing.
const METHODS: [&[u8]; 10] =
    [b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"CONNECT", b"PROPFIND", b"REPORT"];

/// The rules that a head breaks. Framing that can be read in two ways is refused by the gateway itself; here it is
/// told for the record, and for applications without one.
pub(super) fn oddities(head: &Head<'_>) -> impl Iterator<Item = Oddity> {
    let count = |name: &[u8]| head.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).count();
    let lengths = head.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(b"content-length"));
    let bad_length =
        lengths.clone().any(|(_, value)| value.is_empty() || !value.iter().all(u8::is_ascii_digit));
    let first = head.header(b"content-length");
    let differ = lengths.clone().any(|(_, value)| Some(*value) != first);
    let control = |bytes: &[u8]| bytes.iter().any(|byte| matches!(byte, 0..=8 | 10..=31 | 127));
    let bytes = percent(head.target, Step::Percent).unwrap_or_else(|| head.target.to_vec());
    let found = [
        ("length-and-encoding", CERTAIN, first.is_some() && count(b"transfer-encoding") > 0),
        ("content-length", CERTAIN, bad_length || differ),
        ("transfer-encoding", LIKELY, count(b"transfer-encoding") > 1),
        ("header-control", CERTAIN, head.headers.iter().any(|(name, value)| control(name) || control(value))),
        ("target-control", LIKELY, control(head.target)),
        ("host", DOUBTFUL, count(b"host") > 1),
        ("host-missing", ODD, count(b"host") == 0),
        ("method", DOUBTFUL, !METHODS.contains(&head.method)),
        ("illegal-percent", DOUBTFUL, illegal_percent(head.target)),
        ("overlong", LIKELY, overlong(&bytes).is_some()),
        (
            "ranges",
            LIKELY,
            head.header(b"range").is_some_and(|value| memchr::memchr_iter(b',', value).count() > 5),
        ),
    ];
    found.into_iter().filter(|(_, _, broken)| *broken).map(|(rule, score, _)| Oddity { rule, score })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(target: &str, headers: &[(&str, &str)], expect: &[&str]) {
        let headers: Vec<(&[u8], &[u8])> =
            [("host", "h")].iter().chain(headers).map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        let head = Head { method: b"GET", target: target.as_bytes(), headers: &headers };
        let got: Vec<&str> = oddities(&head).map(|oddity| oddity.rule).collect();
        assert_eq!(got, expect, "{target} {headers:?}");
    }

    #[test]
    fn heads_that_can_be_read_in_two_ways_are_told() {
        check("/a?b=c%20d", &[("content-length", "5")], &[]);
        check("/", &[("content-length", "5"), ("transfer-encoding", "chunked")], &["length-and-encoding"]);
        check("/", &[("content-length", "5"), ("content-length", "6")], &["content-length"]);
        check("/", &[("content-length", "+5")], &["content-length"]);
        check("/", &[("x", "a\0b")], &["header-control"]);
        check("/%c0%ae%zz", &[], &["illegal-percent", "overlong"]);
        check("/žluť", &[], &[]);
        check("/", &[("host", "i")], &["host"]);
    }
}
