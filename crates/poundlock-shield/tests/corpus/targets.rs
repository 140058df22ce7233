//! What must hold for any bytes that a client sends. Used by the corpus test beside it and by `cargo fuzz`. It does not know
//! where the bytes come from.
use poundlock_shield::decode::variants;
use poundlock_shield::validate::body::BodyCheck;
use poundlock_shield::validate::multipart::{Multipart, MultipartError, PartHead, Parts};
use poundlock_shield::validate::rule::Sizes;
use poundlock_shield::validate::upload::{UploadInspector, UploadRule};
use poundlock_shield::validate::{FieldPath, Part, RequestHead, RouteRules};
use poundlock_shield::{
    Action, Head, Input, Level, Location, Place, Policy, RequestScan, Verdict, sanitize, scan_line,
    scan_request, scan_value,
};
use std::sync::Arc;

/// Readings that one value has at most: each decoder alone, and some chains.
const READINGS: usize = 64;
/// Bytes that a reading is longer than its value at most: one of full width becomes several.
const GROWTH: usize = 24;

/// Types of bodies, chosen by the first byte of the input.
const TYPES: [&str; 9] = [
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=b",
    "application/xml",
    "application/graphql",
    "application/x-ndjson",
    "text/plain",
    "application/octet-stream",
    "",
];

/// However a value is decoded, there are few readings, none is much longer, and the first is the value itself.
pub(crate) fn decode(data: &[u8]) {
    let readings = variants(data);
    assert!(readings.len() <= READINGS, "{} readings", readings.len());
    assert_eq!(readings.first().map(|first| &*first.bytes), Some(data));
    for reading in readings {
        assert!(reading.bytes.len() <= GROWTH * (data.len() + 1), "{:?}", reading.chain);
    }
}

/// What is found lies within what was looked at, and what a level refuses every higher one does.
pub(crate) fn value(data: &[u8]) {
    for place in [Place::Query, Place::Body, Place::Header, Place::Cookie, Place::Path] {
        let at = Location { place, field: "f".to_owned() };
        let mut refused = false;
        for level in 1..=4 {
            let policy = Policy { level: Level::new(level).expect("there are four"), ..Policy::default() };
            let verdict = scan_value(data, &at, &policy);
            assert!(
                !refused || verdict.action == Action::Block,
                "level {level} passes what a lower one refuses"
            );
            refused = verdict.action == Action::Block;
            check(&verdict);
        }
    }
}

fn check(verdict: &Verdict) {
    for finding in &verdict.findings {
        assert!(finding.span.start <= finding.span.end && (1..=10).contains(&finding.score));
        assert!(finding.decoded.chars().chain(finding.evidence.chars()).all(|shown| shown != '\0'));
    }
}

/// However a body is cut into chunks, it gets the same verdict.
pub(crate) fn request(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let kind = TYPES[usize::from(*first) % TYPES.len()];
    let coding: &[u8] = [&b""[..], b"gzip", b"deflate", b"br"][usize::from(*first) / TYPES.len() % 4];
    let headers = [(&b"content-type"[..], kind.as_bytes()), (b"content-encoding", coding)];
    let headers = if coding.is_empty() { &headers[..1] } else { &headers };
    let head = Head { method: b"POST", target: b"/a?b=c", headers };
    let policy = Policy::default();
    let whole = scan_request(&head, body, &policy);
    check(&whole);
    for size in [1, body.len() % 61 + 2] {
        let mut scan = RequestScan::new(&head, &policy);
        let mut blocks = false;
        for chunk in body.chunks(size) {
            scan.feed(chunk);
            assert!(!blocks || scan.blocks(), "what is an attack stays one");
            blocks = scan.blocks();
        }
        let cut = scan.finish();
        assert_eq!(cut.action, whole.action, "{kind} in chunks of {size}");
        // Of a coding that breaks, more or less may have been read before.
        assert!(cut.score == whole.score || !coding.is_empty(), "{kind} in chunks of {size}");
    }
}

/// A line of the scan command gets one line back, whatever it holds.
pub(crate) fn line(data: &[u8]) {
    for input in [Input::Values, Input::Requests] {
        let answer = scan_line(&String::from_utf8_lossy(data), input, &Policy::default(), || 0);
        assert!(!answer.contains('\n'));
        serde_json::from_str::<serde_json::Value>(&answer).expect("an answer is JSON");
    }
}

/// However a form is cut into chunks, its parts are the same.
pub(crate) fn multipart(data: &[u8]) {
    let read = |size: usize| {
        let mut form = Multipart::new(TYPES[2]).expect("a plain boundary");
        let mut parts = Collected::default();
        let fed = data.chunks(size).try_for_each(|chunk| form.feed(chunk, &mut parts));
        (fed.and_then(|()| form.finish()), parts.0)
    };
    let (whole, parts) = read(data.len().max(1));
    for size in [1, data.len() % 61 + 2] {
        let (cut, in_cut) = read(size);
        assert_eq!(cut.is_ok(), whole.is_ok());
        // What was handed out before an error may be less when it is cut, but never something else.
        assert!(whole.is_err() || in_cut == parts);
    }
    assert!(parts.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() <= data.len());
}

#[derive(Default)]
struct Collected(Vec<(String, Vec<u8>)>);

impl Parts for Collected {
    type Error = MultipartError;

    fn begin(&mut self, head: PartHead) -> Result<(), MultipartError> {
        self.0.push((format!("{head:?}"), Vec::new()));
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), MultipartError> {
        self.0.last_mut().expect("a part has begun").1.extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self) -> Result<(), MultipartError> {
        Ok(())
    }
}

/// However a body is cut into chunks, the rules of its route say the same of it; and a file is what its bytes say.
pub(crate) fn rules(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let rules = RouteRules {
        upload: Some(Arc::new(UploadRule::default())),
        sizes: Sizes::Always,
        ..RouteRules::default()
    };
    let headers = [("content-type", TYPES[usize::from(*first) % TYPES.len()])];
    let head = RequestHead { method: "POST", path: "/a", query: "b=c", headers: &headers };
    let passes = |size: usize| {
        let mut check = BodyCheck::new(&rules, &head);
        let fed = body.chunks(size).try_for_each(|chunk| check.feed(chunk));
        fed.and_then(|()| check.finish(jiff::Timestamp::UNIX_EPOCH)).is_ok()
    };
    let whole = passes(body.len().max(1));
    assert_eq!(passes(1), whole);
    assert_eq!(passes(body.len() % 61 + 2), whole);
    let rule = UploadRule::default();
    let mut file = UploadInspector::new(&rule, FieldPath::whole(Part::Body), "photo.png", Some("image/png"));
    if file.feed(body).is_ok() && file.finish().is_ok() {
        assert!(body.starts_with(b"\x89PNG\r\n\x1a\n"));
    }
}

/// What is made safe is: no tag or attribute but those of the list, nothing that a log takes for another line.
pub(crate) fn sanitizers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let shown = sanitize::log_safe(&text, 256);
    assert!(shown.len() <= 256 && !shown.chars().any(char::is_control));
    assert!(!sanitize::escape::html(&text).contains(['<', '>', '"', '\'']));
    let name = sanitize::safe_file_name(&text);
    assert!(
        !name.is_empty() && name.len() <= sanitize::MAX_FILE_NAME_BYTES && !name.contains(['/', '\\', '\0'])
    );
    let clean = sanitize::html::Markup::default().clean(&text);
    assert_eq!(sanitize::html::Markup::default().clean(&clean), clean, "what is clean stays as it is");
    let tags = clean.to_ascii_lowercase();
    assert!(
        ["<script", "<style", "<iframe", "<svg", "javascript:"].iter().all(|bad| !tags.contains(bad)),
        "{clean}"
    );
}
