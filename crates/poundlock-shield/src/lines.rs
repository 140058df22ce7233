//! JSON lines in, JSON lines out: the command for whole corpora.
//!
//! Main item: [`scan_line`]. The clock is an argument; reading and writing lines is the caller's.

use crate::{
    class::Place,
    decode::base64_bytes,
    locate::Head,
    scan::{Policy, scan_raw, scan_request, scan_value},
    verdict::{Action, Finding, Location, Verdict},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Single values.
    Values,
    /// Whole requests.
    Requests,
}

#[derive(Deserialize)]
struct ValueLine {
    #[serde(default)]
    id: Value,
    value: Option<Bytes>,
    value_b64: Option<String>,
    #[serde(default)]
    location: Place,
}

/// A JSON string that need not be UTF-8: lone surrogates are read as the bytes they would be.
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
            fn visit_str<E>(self, text: &str) -> Result<Bytes, E> {
                Ok(Bytes(text.as_bytes().to_vec()))
            }
        }
        from.deserialize_bytes(Visitor)
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    id: Value,
    verdict: Action,
    score: u16,
    level: u8,
    findings: Vec<Shown<'a>>,
    ns: u64,
}

#[derive(Serialize)]
struct Shown<'a> {
    class: &'static str,
    rule: &'a str,
    location: String,
    decoded: &'a str,
    chain: &'a [crate::decode::Step],
    span: [usize; 2],
    evidence: &'a str,
    score: u8,
}

#[derive(Serialize)]
struct Refusal {
    id: Value,
    error: String,
}

/// Scans one line and returns the line that answers it, without a line end.
///
/// `clock` gives nanoseconds from any start; it is asked before and after the scan. A line that is not what
/// `input` says is answered with `{"id", "error"}`: the answers stay in order.
pub fn scan_line(line: &str, input: Input, policy: &Policy, clock: impl Fn() -> u64) -> String {
    let id = |line: &str| match serde_json::from_str::<Value>(line) {
        Ok(mut value) => value.get_mut("id").map_or(Value::Null, Value::take),
        Err(_) => Value::Null,
    };
    let answer = match input {
        Input::Values => value_line(line, policy, clock),
        Input::Requests => request_line(line, policy, clock),
    };
    let text = match answer {
        Ok((id, verdict, ns)) => serde_json::to_string(&Answer::new(id, &verdict, ns)),
        Err(error) => serde_json::to_string(&Refusal { id: id(line), error: error.to_string() }),
    };
    text.unwrap_or_default()
}

type Scanned = Result<(Value, Verdict, u64), serde_json::Error>;

fn value_line(line: &str, policy: &Policy, clock: impl Fn() -> u64) -> Scanned {
    let line: ValueLine = serde_json::from_str(line)?;
    let value = match (line.value, line.value_b64) {
        (Some(value), _) => value.0,
        (None, Some(text)) => base64_bytes(text.as_bytes()),
        (None, None) => Vec::new(),
    };
    let location = Location { place: line.location, field: String::new() };
    let start = clock();
    let verdict = scan_value(&value, &location, policy);
    Ok((line.id, verdict, clock() - start))
}

impl<'a> Answer<'a> {
    fn new(id: Value, verdict: &'a Verdict, ns: u64) -> Self {
        Self {
            id,
            verdict: verdict.action,
            score: verdict.score,
            level: verdict.level.number(),
            findings: verdict.findings.iter().map(Shown::new).collect(),
            ns,
        }
    }
}

impl<'a> Shown<'a> {
    fn new(finding: &'a Finding) -> Self {
        Self {
            class: finding.class.name(),
            rule: finding.rule,
            location: finding.location.to_string(),
            decoded: &finding.decoded,
            chain: &finding.chain,
            span: [finding.span.start, finding.span.end],
            evidence: &finding.evidence,
            score: finding.score,
        }
    }
}

#[derive(Deserialize)]
struct RequestLine {
    #[serde(default)]
    id: Value,
    raw_b64: Option<String>,
    #[serde(default)]
    method: String,
    #[serde(default)]
    uri: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<Bytes>,
    body_b64: Option<String>,
}

fn request_line(line: &str, policy: &Policy, clock: impl Fn() -> u64) -> Scanned {
    let line: RequestLine = serde_json::from_str(line)?;
    if let Some(raw) = line.raw_b64 {
        let raw = base64_bytes(raw.as_bytes());
        let start = clock();
        let verdict = scan_raw(&raw, policy);
        return Ok((line.id, verdict, clock() - start));
    }
    let body = match (line.body, line.body_b64) {
        (Some(body), _) => body.0,
        (None, Some(text)) => base64_bytes(text.as_bytes()),
        (None, None) => Vec::new(),
    };
    let headers: Vec<(&[u8], &[u8])> =
        line.headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
    let head = Head { method: line.method.as_bytes(), target: line.uri.as_bytes(), headers: &headers };
    let start = clock();
    let verdict = scan_request(&head, &body, policy);
    Ok((line.id, verdict, clock() - start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(line: &str, input: Input) -> Value {
        serde_json::from_str(&scan_line(line, input, &Policy::default(), || 7)).unwrap()
    }

    #[test]
    fn values_plain_and_in_base64() {
        let one = answer(r#"{"id": "a", "value": "' OR 1=1 --", "location": "body"}"#, Input::Values);
        assert_eq!(
            (&one["id"], &one["verdict"], &one["level"], &one["ns"]),
            (&"a".into(), &"block".into(), &1.into(), &0.into())
        );
        assert_eq!(one["findings"][0]["location"], "body");
        assert_eq!(
            answer(r#"{"id": 1, "value_b64": "PHNjcmlwdD5mKCk8L3NjcmlwdD4="}"#, Input::Values)["verdict"],
            "block"
        );
        assert_eq!(answer(r#"{"id": 1, "value": "a lone \ud800 half"}"#, Input::Values)["verdict"], "pass");
    }

    #[test]
    fn requests_in_parts_and_raw() {
        let parts =
            r#"{"id": "r", "method": "GET", "uri": "/?a=1;drop+table+x", "headers": [["Host", "h"]]}"#;
        let one = answer(parts, Input::Requests);
        assert_eq!((&one["verdict"], &one["findings"][0]["location"]), (&"block".into(), &"query.a".into()));
        let body = r#"{"id": "r", "method": "POST", "uri": "/", "headers": [["Content-Type", "application/json"]], "body": "{\"a\": \"<svg onload=f()>\"}"}"#;
        assert_eq!(answer(body, Input::Requests)["findings"][0]["location"], "body.a");
        // GET /../../etc/passwd HTTP/1.1
        let raw = r#"{"id": "r", "raw_b64": "R0VUIC8uLi8uLi9ldGMvcGFzc3dkIEhUVFAvMS4xDQpIb3N0OiBoDQoNCg=="}"#;
        assert_eq!(answer(raw, Input::Requests)["findings"][0]["class"], "traversal");
    }

    #[test]
    fn a_line_that_is_none_is_answered_all_the_same() {
        assert_eq!(answer("no json", Input::Values)["id"], Value::Null);
        let wrong = answer(r#"{"id": "x", "value": 5}"#, Input::Values);
        assert_eq!(wrong["id"], "x");
        assert!(wrong["error"].as_str().unwrap().contains("string"), "{wrong}");
    }
}
