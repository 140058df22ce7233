//! A raw HTTP/1.1 request, read leniently.
//!
//! Main item: [`scan_raw`]. For corpora; a gateway has a strict parser in front.

use super::{Policy, request::scan_request};
use crate::{locate::Head, verdict::Verdict};
use memchr::memmem::find;

/// The most headers that are read.
const MAX_HEADERS: usize = 500;

/// Looks at a request as it was on the wire; what is not HTTP is looked at as far as it can be read.
pub(crate) fn scan_raw(raw: &[u8], policy: &Policy) -> Verdict {
    let (head, body) = match (find(raw, b"\r\n\r\n"), find(raw, b"\n\n")) {
        (Some(at), other) if other.is_none_or(|other| at < other) => (&raw[..at], &raw[at + 4..]),
        (_, Some(at)) => (&raw[..at], &raw[at + 2..]),
        _ => (raw, &[][..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.next().unwrap_or_default();
    let method = first.split(|byte| *byte == b' ').next().unwrap_or_default();
    let rest = first.get(method.len() + 1..).unwrap_or_default();
    // The target may have spaces in it; the version is what stands behind the last one.
    let target = match rest.iter().rposition(|byte| *byte == b' ') {
        Some(at) if rest[at + 1..].starts_with(b"HTTP/") => &rest[..at],
        _ => rest,
    };
    let headers: Vec<(&[u8], &[u8])> = lines.take(MAX_HEADERS).filter_map(header).collect();
    let head = Head { method, target, headers: &headers };
    let chunked =
        head.header(b"transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case(b"chunked"));
    match chunked.then(|| dechunked(body)).flatten() {
        Some(body) => scan_request(&head, &body, policy),
        None => scan_request(&head, body, policy),
    }
}

fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b':', line)?;
    Some((line[..at].trim_ascii(), line[at + 1..].trim_ascii()))
}

/// The body without its chunk sizes, or `None` when it has none.
fn dechunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len());
    loop {
        let end = memchr::memchr(b'\n', body)?;
        let size = std::str::from_utf8(&body[..end]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(body.get(end + 1..(end + 1).checked_add(size)?)?);
        body = body.get(end + 1 + size..)?;
        body = body.strip_prefix(b"\r\n").or_else(|| body.strip_prefix(b"\n"))?;
    }
}
