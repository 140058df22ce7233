//! What a request says does not depend on how it arrives, and nothing in it hides anything else.

use super::*;
use crate::{Action, Exclusion, FREE_UNFOLDED, Level, MAX_FINDINGS};
use proptest::prelude::*;
use std::sync::Arc;

const TYPES: [&str; 8] = [
    "application/json",
    "application/x-ndjson",
    "text/xml",
    "multipart/form-data; boundary=b",
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/graphql",
    "application/octet-stream",
];

/// What bodies are made of: their syntax, attacks, and doubts.
const PARTS: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    "\\u0027",
    "\\u00",
    ":",
    ",",
    "a",
    "b=",
    "&",
    "=",
    "%27",
    "%2",
    "7",
    "+",
    "<a>",
    "</a>",
    "<!--",
    "-->",
    "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///x\">]>",
    "\r\n--b\r\n",
    "--b--",
    "Content-Disposition: form-data; name=\"x\"\r\n\r\n",
    "\r\n",
    "\n",
    "' or 1=1 --",
    "or 2=2",
    "'",
    "<script>f()</script>",
    "<svg onload=f()>",
    "../../../etc/passwd",
    ";id",
    "{\"a\": \"x\", \"b\": [1, \"y\"]}",
    "query { a { b(c: \"d\") } }",
    "${jndi:ldap://x/a}",
    "\u{ff1c}script\u{ff1e}",
    "select 1 from t",
];

fn gzip(plain: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(plain).unwrap();
    out.finish().unwrap()
}

/// Action, score and findings, in an order of their own.
fn scanned(kind: &str, coding: &str, chunks: &[&[u8]], level: u8) -> (Action, u16, Vec<String>) {
    let headers = [
        (&b"host"[..], &b"h"[..]),
        (b"content-type", kind.as_bytes()),
        (b"content-encoding", coding.as_bytes()),
    ];
    let head = Head { method: b"POST", target: b"/x", headers: &headers };
    let policy = Arc::new(Policy { level: Level::new(level).unwrap(), ..Policy::default() });
    let mut scan = RequestScan::new(&head, policy);
    let mut blocked = false;
    for chunk in chunks {
        scan.feed(chunk);
        assert!(scan.blocks() || !blocked, "an attack is taken back");
        blocked = scan.blocks();
    }
    let verdict = scan.finish();
    assert!(verdict.action == Action::Block || !blocked, "an attack is taken back at the end");
    let mut findings: Vec<String> = verdict
        .findings
        .iter()
        .map(|f| format!("{:?} {} {} {}", f.class, f.rule, f.location, f.score))
        .collect();
    findings.sort();
    (verdict.action, verdict.score, findings)
}

/// `body` cut at these places.
fn cut(body: &[u8], at: &[usize]) -> Vec<Vec<u8>> {
    let mut cuts: Vec<usize> = at.iter().map(|at| at % (body.len() + 1)).chain([0, body.len()]).collect();
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| body[pair[0]..pair[1]].to_vec()).collect()
}

proptest! {
    #[test]
    fn chunks_do_not_matter(
        kind in prop::sample::select(TYPES.to_vec()),
        coding in prop::sample::select(vec!["", "gzip"]),
        parts in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..40),
        pad in prop::sample::select(vec![0, 0, 0, 250, 33_000]),
        at in prop::collection::vec(any::<usize>(), 0..12),
        level in 1u8..=4,
    ) {
        let mut body = parts.concat().into_bytes();
        body.splice(body.len() / 2..body.len() / 2, vec![b'p'; pad]);
        let body = if coding == "gzip" { gzip(&body) } else { body };
        let chunks = cut(&body, &at);
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(scanned(kind, coding, &chunks, level), scanned(kind, coding, &[&body], level));
        if body.len() < 1000 {
            let single: Vec<&[u8]> = body.chunks(1).collect();
            prop_assert_eq!(scanned(kind, coding, &single, level), scanned(kind, coding, &[&body], level));
        }
    }
}

const HEADERS: [(&[u8], &[u8]); 2] =
    [(b"host", b"h"), (b"content-type", b"application/x-www-form-urlencoded")];

fn form(policy: Policy, body: &[u8]) -> Verdict {
    scan_request(&Head { method: b"POST", target: b"/cms", headers: &HEADERS }, body, &policy)
}

fn excluding(field: &str, class: Class) -> Policy {
    let one = Exclusion { field: Some(field.into()), class: Some(class), ..Exclusion::default() };
    Policy { exclusions: vec![one], ..Policy::default() }
}

#[test]
fn an_attack_is_known_as_soon_as_it_is_there() {
    let head = Head { method: b"POST", target: b"/", headers: &HEADERS };
    let mut scan = RequestScan::new(&head, Arc::new(Policy::default()));
    scan.feed(&[b"x=".to_vec(), vec![b'p'; 300], b"&a=<script>f()".to_vec()].concat());
    assert!(!scan.blocks() && scan.findings().is_empty());
    scan.feed(b"</script>&");
    assert!(scan.blocks() && scan.findings()[0].location.field == "a");
    let head = Head { target: b"/?q=<script>f()</script>", ..head };
    assert!(RequestScan::new(&head, &Policy::default()).blocks(), "the head is enough");
}

#[test]
fn what_is_let_pass_hides_nothing() {
    let body = b"html=<script>f()</script>%252e%252e%252f%252e%252e%252fetc%252fpasswd";
    let classes = |policy| -> Vec<Class> { form(policy, body).findings.iter().map(|f| f.class).collect() };
    assert!(!classes(Policy::default()).contains(&Class::Traversal), "a certain reading ends the scan");
    let left = classes(excluding("body.html", Class::Xss));
    assert!(left.contains(&Class::Traversal) && !left.contains(&Class::Xss), "{left:?}");
}

#[test]
fn many_doubts_do_not_crowd_out_an_attack() {
    let mut doubts: String = (0..2 * MAX_FINDINGS).map(|i| format!("f{i}=<%25&")).collect();
    let verdict = form(Policy::default(), doubts.as_bytes());
    assert!(verdict.action == Action::Pass && verdict.findings.len() == MAX_FINDINGS, "{verdict:?}");
    doubts.push_str("z=' or 1=1 -- ");
    let verdict = form(Policy::default(), doubts.as_bytes());
    assert!(verdict.action == Action::Block && verdict.findings.len() == MAX_FINDINGS);
    assert_eq!(verdict.findings[0].location.field, "z");
}

#[test]
fn findings_that_are_let_pass_take_no_room() {
    let mut body: String = (0..2 * MAX_FINDINGS).map(|i| format!("f{i}=<script>f()</script>&")).collect();
    body.push_str("z=' or 1=1 -- ");
    let verdict = form(excluding("body.f*", Class::Xss), body.as_bytes());
    assert!(verdict.action == Action::Block && verdict.findings.iter().all(|f| f.location.field == "z"));
}

/// Lists that each decoder writes anew, and that lack an end: they are read in each reading of the whole, too.
fn dear(length: usize) -> Vec<u8> {
    let part = b"\"%2541\\u0041%26%2365;0x41/**/\xef\xbc\xa1\x01%2b\",";
    let field = [b"a=[[", &part.repeat(20)[..], b"1]&"].concat();
    field.iter().copied().cycle().take(length).collect()
}

#[test]
fn what_is_too_dear_to_decode_is_told() {
    let told = |length| form(Policy::default(), &dear(length)).findings.iter().any(|f| f.rule == "encodings");
    assert!(!told(4_000) && told(400_000));
    let mut body = dear(400_000);
    body.extend_from_slice(b"&b=<svg onload=f()>");
    let verdict = form(excluding("body", Class::Protocol), &body);
    assert!(
        verdict.findings.iter().any(|f| f.location.field == "b"),
        "what stands as it is, is seen all the same"
    );
    body.extend_from_slice(&b"&c=plain+words".repeat(400_000));
    body.extend_from_slice(b"&d=%2527%2520or%25201%253D1%2520--");
    let verdict = form(excluding("body", Class::Protocol), &body);
    assert!(
        verdict.findings.iter().all(|f| f.location.field != "d" || f.chain.len() < 2),
        "what follows is not decoded any more, however long it is"
    );
}

#[test]
fn a_large_body_full_of_escapes_just_takes_its_time() {
    // Each `%25` is a reading more.
    let value = b"d%25C3%25A9j%25C3%25A0+vu%252C+50%2525+%26eacute%3B+C%3A%5Ctemp+2+x+0x41+";
    let body: Vec<u8> = [b"a=", &value.repeat(4 * FREE_UNFOLDED / value.len())[..]].concat();
    let verdict = form(Policy::default(), &body);
    assert_eq!((verdict.action, verdict.findings), (Action::Pass, Vec::new()));
    let attack = [&body[..], b"%2527%2520or%25201%253D1%2520--"].concat();
    assert_eq!(form(Policy::default(), &attack).action, Action::Block);
}

#[test]
fn a_file_of_noise_is_no_attack_and_hides_none() {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let noise = std::iter::successors(Some(1), next).map(|state| (state >> 24) as u8);
    let mut body = b"--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.png\"\r\n\r\n".to_vec();
    body.extend(noise.take(FREE_UNFOLDED / 8));
    body.extend_from_slice(
        b"\r\n--b\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\n%3Csvg onload=f()%3E\r\n--b--",
    );
    let headers = [(&b"host"[..], &b"h"[..]), (b"content-type", b"multipart/form-data; boundary=b")];
    let head = Head { method: b"POST", target: b"/", headers: &headers };
    let findings = scan_request(&head, &body, &Policy::default()).findings;
    assert!(findings.iter().any(|f| f.location.field == "c" && f.class == Class::Xss), "{findings:?}");
    assert!(findings.iter().all(|f| f.rule != "encodings"), "{findings:?}");
}
