//! What each class of attack looks like in each place of a request, and what only looks like one.

use crate::{Action, Head, Level, Policy, scan_request};

mod benign;
mod code;
mod encodings;
mod files;
mod injection;
mod levels;

/// A place of a request that a value can be put into.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Put {
    Query,
    Name,
    Form,
    Json,
    Multipart,
    Xml,
    Header,
    Cookie,
    Path,
}

/// Places that take any text.
const VALUES: &[Put] =
    &[Put::Query, Put::Form, Put::Json, Put::Multipart, Put::Xml, Put::Header, Put::Cookie];

/// Places of the request line and of bodies.
const INPUTS: &[Put] = &[Put::Query, Put::Form, Put::Json, Put::Multipart, Put::Xml];

fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02x}") })
        .collect()
}

fn escaped(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The verdict on a request with `value` at a place.
fn verdict(value: &str, put: Put, level: u8) -> crate::Verdict {
    let policy = Policy { level: Level::new(level).unwrap(), ..Policy::default() };
    let part = "--b\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\n";
    let (target, header, body) = match put {
        Put::Query => (format!("/a?q={}", encoded(value)), ("accept", "*/*".into()), String::new()),
        Put::Name => (format!("/a?{}=1", encoded(value)), ("accept", "*/*".into()), String::new()),
        Put::Path => (format!("/a/{}", encoded(value)), ("accept", "*/*".into()), String::new()),
        Put::Header => ("/".into(), ("x-client", value.replace(['\r', '\n'], " ")), String::new()),
        Put::Cookie => ("/".into(), ("cookie", format!("s={}", encoded(value))), String::new()),
        Put::Form => (
            "/".into(),
            ("content-type", "application/x-www-form-urlencoded".into()),
            format!("p=1&q={}", encoded(value)),
        ),
        Put::Json => (
            "/".into(),
            ("content-type", "application/json".into()),
            serde_json::json!({ "a": [{ "q": value }] }).to_string(),
        ),
        Put::Multipart => (
            "/".into(),
            ("content-type", "multipart/form-data; boundary=b".into()),
            format!("{part}{value}\r\n--b--\r\n"),
        ),
        Put::Xml => {
            ("/".into(), ("content-type", "text/xml".into()), format!("<a><q>{}</q></a>", escaped(value)))
        }
    };
    let headers = [(&b"host"[..], &b"h"[..]), (header.0.as_bytes(), header.1.as_bytes())];
    let head = Head { method: b"POST", target: target.as_bytes(), headers: &headers };
    scan_request(&head, body.as_bytes(), &policy)
}

/// Whether all values are attacks of `class` at this level, wherever they are put.
fn check(class: &str, puts: &[Put], level: u8, values: &[&str]) {
    let mut missed = Vec::new();
    for value in values {
        for put in puts {
            let verdict = verdict(value, *put, level);
            let found = verdict.findings.iter().any(|f| f.class.name() == class && f.score > 3);
            if verdict.action != Action::Block || !found {
                let told: Vec<_> =
                    verdict.findings.iter().map(|f| (f.class.name(), f.rule, f.score)).collect();
                missed.push(format!("{put:?} {value:?} {told:?}"));
            }
        }
    }
    assert!(missed.is_empty(), "not blocked as {class}:\n{}", missed.join("\n"));
}

/// Whether none of the values is blocked at this level, wherever it is put.
fn passes(level: u8, values: &[&str]) {
    let mut blocked = Vec::new();
    for value in values {
        for put in VALUES {
            let verdict = verdict(value, *put, level);
            if verdict.action != Action::Pass {
                blocked.push(format!("{put:?} {value:?} {:?}", verdict.findings.first()));
            }
        }
    }
    assert!(blocked.is_empty(), "blocked:\n{}", blocked.join("\n"));
}
