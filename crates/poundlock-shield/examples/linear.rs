//! Whether time grows with the length alone: hostile inputs of 100 KB, 1 MB and 10 MB, in ns of CPU a byte.
//!
//! Fails when a byte of a longer input costs more than [`FACTOR`] times what it costs in a shorter one, or more than
//! [`DEAREST`]. `cargo run --release -p poundlock-shield --example linear [NAME]`
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program measures and prints")]

use poundlock_shield::{Head, Location, Place, Policy, prepare, scan_request, scan_value};
use std::{process::ExitCode, time::Instant};

/// How much more a byte may cost in a longer input: what is left is caches and noise.
const FACTOR: f64 = 3.0;

/// The most that a byte of anything may cost, in ns.
const DEAREST: f64 = 400.0;

const SIZES: [usize; 3] = [100_000, 1_000_000, 10_000_000];

/// Values: what is repeated.
const VALUES: [&str; 48] = [
    "(select ",
    "(",
    "((((a)",
    "' or ",
    "'",
    "\"",
    "''\"\"``",
    "or 1=1 ",
    "union select ",
    ";drop table a",
    "--",
    "#",
    "/*",
    "/**/",
    "*/",
    "1.1.",
    "0x41",
    "@@a",
    "case when ",
    "a,",
    "<",
    "<a ",
    "<a b=",
    "<!--",
    "<svg onload=",
    "onerror=",
    "javascript:",
    "alert(",
    "top[",
    "top['",
    "document.",
    "eval(/*",
    "{{7*",
    "[]",
    "../",
    "..\\",
    "%25",
    "%2525",
    "%u0041",
    "&#x41",
    "&lt;",
    "\\u0041",
    "\\",
    "{{",
    "${",
    ";id ",
    "`",
    "aGVsbG8gd29ybGQg",
];

/// Bytes that are no text.
const BYTES: [&[u8]; 8] =
    [b"\0", b"\xc0\xae", b"\xf0\x80\x80\xae", "\u{ff1c}".as_bytes(), b"\xff", b" ", b"\r\n", b"$(a)"];

type Build = fn(usize) -> Vec<u8>;

/// Bodies: name, type, and how one of a length is made.
const BODIES: [(&str, &str, Build); 15] = [
    ("form, many fields", FORM, |n| repeat(b"a=1&", n)),
    ("form, no values", FORM, |n| repeat(b"&", n)),
    ("form, odd names", FORM, |n| repeat(b"' or 1=1&", n)),
    ("json, [[[[", JSON, |n| repeat(b"[", n)),
    ("json, {\"a\":{", JSON, |n| repeat(b"{\"a\":", n)),
    ("json, long list", JSON, |n| [&b"["[..], &repeat(b"\"x y\",", n), b"1]"].concat()),
    ("json, escapes", JSON, |n| [&b"[\""[..], &repeat(b"\\u0041", n), b"\"]"].concat()),
    ("json in json", JSON, nested),
    ("xml, nested", "text/xml", |n| repeat(b"<a>", n)),
    ("xml, attributes", "text/xml", |n| [&b"<a "[..], &repeat(b"b=\"c\" ", n)].concat()),
    ("xml, entities", "text/xml", |n| [&b"<!DOCTYPE a ["[..], &repeat(b"<!ENTITY b \"c\">", n)].concat()),
    ("multipart, noise", "multipart/form-data; boundary=b", |n| {
        let head = b"--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.png\"\r\n\r\n";
        [&head[..], &noise(n)].concat()
    }),
    ("form, every encoding", FORM, |n| {
        let parts = b"%41\\u0041&#65;0x41/**/\xef\xbc\xa1\x01+(select 1";
        [&b"a="[..], &repeat(parts, n)].concat()
    }),
    ("multipart, boundaries", "multipart/form-data; boundary=b", |n| repeat(b"\r\n--b\r\n", n)),
    ("multipart, parts", "multipart/form-data; boundary=b", |n| {
        repeat(b"\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx", n)
    }),
];
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn repeat(part: &[u8], length: usize) -> Vec<u8> {
    part.iter().copied().cycle().take(length).collect()
}

/// What compressed bytes look like.
fn noise(length: usize) -> Vec<u8> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(1), next).map(|state| (state >> 24) as u8).take(length).collect()
}

/// JSON as a string in JSON in a string.
fn nested(length: usize) -> Vec<u8> {
    let mut text = format!("[{}1]", "{\"a\":\"b c\"},".repeat(length / 40));
    for _ in 0..2 {
        text = format!("[{text:?}]");
    }
    text.into_bytes()
}

fn main() -> ExitCode {
    let only = std::env::args().nth(1).unwrap_or_default();
    prepare();
    let policy = Policy::default();
    let at = Location { place: Place::Query, field: "q".into() };
    let mut sound = true;
    println!("{:<24} {:>9} {:>9} {:>9}  growth", "ns a byte", "100 KB", "1 MB", "10 MB");
    for part in VALUES.iter().map(|text| text.as_bytes()).chain(BYTES) {
        let value = |length| repeat(part, length);
        let name = part.escape_ascii().to_string();
        sound &= !name.contains(&only) || row(&name, value, |bytes| drop(scan_value(bytes, &at, &policy)));
    }
    for (name, kind, build) in BODIES {
        let headers = [(&b"host"[..], &b"h"[..]), (&b"content-type"[..], kind.as_bytes())];
        let head = Head { method: b"POST", target: b"/", headers: &headers };
        sound &= !name.contains(&only) || row(name, build, |bytes| drop(scan_request(&head, bytes, &policy)));
    }
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Measures one generator; returns whether it is linear.
fn row(name: &str, build: impl Fn(usize) -> Vec<u8>, look: impl Fn(&[u8])) -> bool {
    let cost = |length: usize| {
        let bytes = build(length);
        let (start, mut runs) = (cpu(), 0.0);
        // The system tells CPU time in steps of some milliseconds.
        while runs == 0.0 || cpu() - start < 0.06 {
            look(&bytes);
            runs += 1.0;
        }
        (cpu() - start) * 1e9 / runs / bytes.len() as f64
    };
    let [a, b, c] = SIZES.map(cost);
    let growth = (b / a).max(c / a).max(c / b);
    let sound = growth <= FACTOR && a.max(b).max(c) <= DEAREST;
    println!("{name:<24} {a:>9.1} {b:>9.1} {c:>9.1}  {growth:.2}{}", if sound { "" } else { " BROKEN" });
    sound
}

/// Seconds of CPU that this thread has used, where the system tells; of time, elsewhere.
fn cpu() -> f64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanos.map_or_else(|| START.elapsed().as_secs_f64(), |nanos| nanos / 1e9)
}
