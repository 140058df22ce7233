//! HTTP/1.1 as bytes: reads a [`Head`] and a [`Body`] strictly (CRLF only, exact framing), for client and upstream alike.
//!
//! Strict on purpose: whatever the gateway emits must be unambiguous, so a sloppy message is an error here.
//! It does not know which message answers which, nor sockets.

use std::fmt;
use std::io::{self, BufRead, Read};

/// Longest head the harness reads, in bytes; beyond it the peer is broken.
const MAX_HEAD_BYTES: usize = 256 * 1024;
/// Most bytes of a body that a failure message shows.
const MAX_SHOWN_BYTES: usize = 1_000;

/// A message head: start line and header lines in order, and the exact bytes they came from.
#[derive(Clone)]
pub struct Head {
    /// Request line or status line, without the line end.
    pub start: String,
    /// Header lines in the order received; names as spelled, values trimmed.
    pub headers: Vec<(String, String)>,
    /// The bytes of the head, the empty line included.
    pub raw: Vec<u8>,
}

/// A complete body and what came after it.
#[derive(Clone, Default)]
pub struct Body {
    /// Content, chunk framing removed.
    pub bytes: Vec<u8>,
    /// Trailer lines of a chunked body.
    pub trailers: Vec<(String, String)>,
}

/// How the end of a body is found (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

impl fmt::Debug for Head {
    /// Without the bytes, which only repeat the rest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.start, self.headers)
    }
}

impl Head {
    /// First value of the header `name`, compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// All values of the header `name`, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let same = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers.iter().filter(same).map(|(_, value)| value.as_str()).collect()
    }

    /// The `n`th word of the start line: method 0 and target 1 of a request, status 1 of an answer.
    pub fn word(&self, n: usize) -> &str {
        self.start.split(' ').nth(n).unwrap_or("")
    }

    /// Reads one head; `None` if the peer closed before its first byte.
    pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut raw = Vec::new();
        let Some(start) = line(from, &mut raw)? else { return Ok(None) };
        let headers = fields(from, &mut raw)?;
        Ok(Some(Self { start, headers, raw }))
    }

    /// Framing of a request with this head; no framing header means no body.
    pub(crate) fn request_framing(&self) -> io::Result<Framing> {
        Ok(self.declared_framing()?.unwrap_or(Framing::Length(0)))
    }

    /// Framing of the answer with this head to a request with `method`.
    pub(crate) fn answer_framing(&self, method: &str) -> io::Result<Framing> {
        let status = self.word(1);
        if method == "HEAD" || status.starts_with('1') || status == "204" || status == "304" {
            return Ok(Framing::Length(0));
        }
        Ok(self.declared_framing()?.unwrap_or(Framing::UntilClose))
    }

    fn declared_framing(&self) -> io::Result<Option<Framing>> {
        match (self.all("transfer-encoding").as_slice(), self.all("content-length").as_slice()) {
            ([], []) => Ok(None),
            ([coding], []) if coding.eq_ignore_ascii_case("chunked") => Ok(Some(Framing::Chunked)),
            ([], [length]) => length.parse().map(|n| Some(Framing::Length(n))).map_err(invalid),
            both => Err(invalid(format!("ambiguous framing {both:?}"))),
        }
    }
}

impl fmt::Debug for Body {
    /// As text, cut where it gets long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.bytes[..self.bytes.len().min(MAX_SHOWN_BYTES)];
        write!(f, "{} bytes {:?} {:?}", self.bytes.len(), String::from_utf8_lossy(shown), self.trailers)
    }
}

impl Body {
    /// Reads to the end that `framing` gives; an early end of input is an error.
    pub(crate) fn read(from: &mut impl BufRead, framing: Framing) -> io::Result<Self> {
        let mut body = Self::default();
        match framing {
            Framing::Length(length) => {
                from.take(length).read_to_end(&mut body.bytes)?;
                if (body.bytes.len() as u64) < length {
                    return Err(truncated(format!("{} of {length} body bytes", body.bytes.len())));
                }
            }
            Framing::UntilClose => {
                from.read_to_end(&mut body.bytes)?;
            }
            Framing::Chunked => {
                while let Some(chunk) = read_chunk(from)? {
                    body.bytes.extend(chunk);
                }
                body.trailers = fields(from, &mut Vec::new())?;
            }
        }
        Ok(body)
    }
}

/// Reads one chunk; `None` for the last one (its trailers are still to be read).
pub(crate) fn read_chunk(from: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let size = line(from, &mut Vec::new())?.ok_or_else(|| truncated("no chunk size".into()))?;
    let digits = size.split(';').next().unwrap_or("");
    let size = usize::from_str_radix(digits, 16).map_err(invalid)?;
    if size == 0 {
        return Ok(None);
    }
    let mut chunk = vec![0; size + 2];
    from.read_exact(&mut chunk)?;
    if !chunk.ends_with(b"\r\n") {
        return Err(invalid("chunk does not end in CRLF"));
    }
    chunk.truncate(size);
    Ok(Some(chunk))
}

pub(crate) fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn fields(from: &mut impl BufRead, raw: &mut Vec<u8>) -> io::Result<Vec<(String, String)>> {
    let mut fields = Vec::new();
    loop {
        let line = line(from, raw)?.ok_or_else(|| truncated("head without an empty line".into()))?;
        if line.is_empty() {
            return Ok(fields);
        }
        let (name, value) = line.split_once(':').ok_or_else(|| invalid(format!("no colon in {line:?}")))?;
        fields.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
    }
}

/// One line without its CRLF, appended with it to `raw`; `None` at a clean end of input.
fn line(from: &mut impl BufRead, raw: &mut Vec<u8>) -> io::Result<Option<String>> {
    let begin = raw.len();
    let room = (MAX_HEAD_BYTES - begin.min(MAX_HEAD_BYTES)) as u64;
    from.take(room).read_until(b'\n', raw)?;
    let line = &raw[begin..];
    if line.is_empty() {
        return Ok(None);
    }
    let text = line.strip_suffix(b"\r\n").ok_or_else(|| truncated(format!("line without CRLF: {line:?}")))?;
    Ok(Some(String::from_utf8_lossy(text).into_owned()))
}

fn invalid(why: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_string())
}

fn truncated(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, why)
}
