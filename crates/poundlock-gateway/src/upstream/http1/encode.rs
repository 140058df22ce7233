//! The head of a request, written, and the parts of a chunked body.
//!
//! Main item: [`head`]. Names and values are those of the `http` crate and so cannot hold a line end. How
//! the body is framed is said by us alone: what the client said about it is left out.

use http::{HeaderMap, HeaderName, HeaderValue, header, request};
use std::io::Write;

/// How the body of a request ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is no body.
    Empty,
    /// This many bytes are to come.
    Length(u64),
    /// Chunks, the last of them empty.
    Chunked,
}

/// Bytes that nearly every head fits in; larger ones grow.
const HEAD_TYPICAL: usize = 1 << 10;
/// What ends a chunked body without trailers.
pub(super) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The head as it goes over the wire: HTTP/1.1, the target in origin form (or `*`). `lines` are header
/// lines, each with its end, that go behind those of the map.
pub(super) fn head(head: &request::Parts, lines: &[u8], framing: Framing) -> Vec<u8> {
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut out = Vec::with_capacity(HEAD_TYPICAL);
    out.extend_from_slice(head.method.as_str().as_bytes());
    out.extend_from_slice(if target.starts_with(['/', '*']) { b" " } else { b" /" });
    out.extend_from_slice(target.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\n");
    let mut had_length = false;
    for (name, value) in &head.headers {
        if *name == header::CONTENT_LENGTH {
            had_length = true;
        } else if *name != header::TRANSFER_ENCODING {
            line(&mut out, name, value);
        }
    }
    out.extend_from_slice(lines);
    out.extend_from_slice(match framing {
        Framing::Empty if had_length => b"content-length: 0\r\n\r\n",
        Framing::Empty => b"\r\n",
        Framing::Length(_) => b"content-length: ",
        Framing::Chunked => b"transfer-encoding: chunked\r\n\r\n",
    });
    if let Framing::Length(length) = framing {
        write_to(&mut out, format_args!("{length}\r\n\r\n"));
    }
    out
}

/// The line before the data of a chunk.
pub(super) fn chunk_size(out: &mut Vec<u8>, size: usize) {
    write_to(out, format_args!("{size:x}\r\n"));
}

/// The end of a chunked body: trailers that were announced, each on its line.
pub(super) fn trailers(out: &mut Vec<u8>, trailers: &HeaderMap, announced: &[HeaderName]) {
    out.extend_from_slice(b"0\r\n");
    for (name, value) in trailers.iter().filter(|(name, _)| announced.contains(name)) {
        line(out, name, value);
    }
    out.extend_from_slice(b"\r\n");
}

/// The names that `Trailer` announces.
pub(super) fn announced(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(header::TRAILER).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
}

fn line(out: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn write_to(out: &mut Vec<u8>, what: std::fmt::Arguments<'_>) {
    out.write_fmt(what).expect("a vector takes all that is written to it");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, target: &str, headers: &[(&str, &str)], framing: Framing, expect: &str) {
        let mut builder = http::Request::builder().method(method).uri(target);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let (parts, ()) = builder.body(()).unwrap().into_parts();
        assert_eq!(String::from_utf8(head(&parts, b"", framing)).unwrap(), expect);
    }

    #[test]
    fn heads() {
        let two = [("Host", "a"), ("X", "1"), ("x", "\t2")];
        check(
            "GET",
            "/p?q=1",
            &two,
            Framing::Empty,
            "GET /p?q=1 HTTP/1.1\r\nhost: a\r\nx: 1\r\nx: \t2\r\n\r\n",
        );
        check("OPTIONS", "*", &[], Framing::Empty, "OPTIONS * HTTP/1.1\r\n\r\n");
        check("GET", "http://a", &[], Framing::Empty, "GET / HTTP/1.1\r\n\r\n");
        check("GET", "http://a?q", &[], Framing::Empty, "GET /?q HTTP/1.1\r\n\r\n");
    }

    #[test]
    fn there_is_one_framing_header_and_it_is_ours() {
        let both = [("content-length", "7"), ("transfer-encoding", "gzip")];
        let length = "PUT / HTTP/1.1\r\ncontent-length: 18446744073709551615\r\n\r\n";
        check("PUT", "/", &both, Framing::Length(u64::MAX), length);
        check("PUT", "/", &both, Framing::Chunked, "PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n");
        check("PUT", "/", &both, Framing::Empty, "PUT / HTTP/1.1\r\ncontent-length: 0\r\n\r\n");
        check("PUT", "/", &[], Framing::Empty, "PUT / HTTP/1.1\r\n\r\n");
    }

    #[test]
    fn only_announced_trailers_are_sent() {
        let mut map = HeaderMap::new();
        map.insert("x-sum", HeaderValue::from_static("7"));
        map.insert("x-else", HeaderValue::from_static("8"));
        let mut head = HeaderMap::new();
        head.append("trailer", HeaderValue::from_static("x-other, X-Sum"));
        head.append("trailer", HeaderValue::from_static("b\\d"));
        let mut out = Vec::new();
        trailers(&mut out, &map, &announced(&head));
        assert_eq!(out, b"0\r\nx-sum: 7\r\n\r\n");
    }
}
