//! Pieces of attacks, which count from level 2 on, and not before.

use super::{Put, check, verdict};
use crate::Action;

const PIECES: &[(&str, &str)] = &[
    ("sqli", "!="),
    ("sqli", "in (7,-7)"),
    ("sqli", "and 77=("),
    ("sqli", "xor 'q' <"),
    ("sqli", ") AS total FROM"),
    ("sqli", "substring("),
    ("sqli", "'; drop"),
    ("sqli", "z';"),
    ("sqli", "price::int"),
    ("sqli", "a,3=3"),
    ("sqli", "'{\"a\":1}'::jsonb @> '{}'"),
    ("sqli", "sysobjects"),
    ("sqli", "\":77"),
    ("sqli", "!@#$%^&*()"),
    ("sqli", "execute report"),
    ("sqli", "9 like 9"),
    ("command", "${cmd}"),
    ("command", "$((3+4))"),
    ("command", "alias q=id"),
    ("command", "~+"),
    ("command", "c{a,}t"),
    ("command", "{,ifconfig}"),
    ("command", "if not exist c:\\q (cmd)"),
    ("command", "for /f %q in ('dir') do echo %q"),
    ("command", "w(){ w|w& };w"),
    ("xss", "<form"),
    ("xss", "document . cookie"),
    ("xss", "< q: script"),
    ("code", "opcache.preload=/tmp/q"),
    ("code", "sess_abcdefghij0123456789"),
    ("template", "{% if x %}"),
];

#[test]
fn pieces_are_found_from_level_2_on() {
    for (class, value) in PIECES {
        check(class, &[Put::Query, Put::Form, Put::Json, Put::Cookie], 2, &[value]);
    }
}

#[test]
fn pieces_pass_at_level_1() {
    for (_, value) in PIECES {
        let verdict = verdict(value, Put::Query, 1);
        assert_eq!(verdict.action, Action::Pass, "{value}: {:?}", verdict.findings.first());
    }
}
