//! The head of a response, read.
//!
//! Main types: [`HeadReader`] and [`Head`]. The bytes of a head are split off once it is complete and its
//! values point into them; the grammar is httparse's. It knows no socket and no request beyond its method.

use super::framing::{Declared, Framing, Invalid};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use hyper::ext::ReasonPhrase;
use std::mem::MaybeUninit;

/// The largest head, in bytes: what a listener accepts of a client by default.
pub(super) const HEAD_MAX: usize = 64 << 10;
/// The most lines in a head or a trailer section, as with hyper.
pub(super) const HEADERS_MAX: usize = 100;
/// Interim answers (1xx) before the final one.
const INTERIM_MAX: u32 = 16;
/// How a response begins.
const BEGIN: &[u8] = b"HTTP/1.";

/// The head of a final answer, or of `101`.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    /// The instance's own words, where they are not the usual ones.
    pub(crate) reason: Option<ReasonPhrase>,
    pub(crate) headers: HeaderMap,
    pub(super) framing: Framing,
    /// Whether another request may follow.
    pub(super) keeps: bool,
}

/// Looks for the head of the answer to one request.
#[derive(Debug, Default)]
pub(super) struct HeadReader {
    /// Bytes in which the head does not end.
    scanned: usize,
    interim: u32,
}

impl HeadReader {
    /// Takes the head from the front of `buffer` when it is complete; interim answers before it are
    /// passed over. The map in `spare` becomes the headers'.
    ///
    /// # Errors
    /// These bytes are not, and do not begin, an answer.
    pub(super) fn read(
        &mut self,
        buffer: &mut BytesMut,
        to_head: bool,
        spare: &mut HeaderMap,
    ) -> Result<Option<Head>, Invalid> {
        while !buffer.is_empty() {
            let within = &buffer[..buffer.len().min(HEAD_MAX)];
            let begin = &within[..within.len().min(BEGIN.len())];
            if !BEGIN.starts_with(begin) {
                return Err(Invalid::Head(httparse::Error::Version));
            }
            let Some(end) = end_of_head(within, self.scanned.saturating_sub(2)) else {
                self.scanned = within.len();
                return if within.len() == HEAD_MAX { Err(Invalid::HeadTooLarge) } else { Ok(None) };
            };
            self.scanned = 0;
            if let Some(head) = parse(&buffer.split_to(end).freeze(), to_head, spare)? {
                return Ok(Some(head));
            }
            self.interim += 1;
            if self.interim > INTERIM_MAX {
                return Err(Invalid::TooManyInterim);
            }
        }
        Ok(None)
    }

    /// Whether an interim answer has come.
    pub(super) fn has_begun(&self) -> bool {
        self.interim > 0
    }
}

/// The end of the first empty line that begins at or after `from`.
pub(super) fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let ends = memchr::memchr_iter(b'\n', bytes.get(from..)?).map(|at| from + at + 1);
    ends.into_iter().find_map(|line| match bytes.get(line..)? {
        [b'\n', ..] => Some(line + 1),
        [b'\r', b'\n', ..] => Some(line + 2),
        _ => None,
    })
}

/// `None` for an interim answer.
fn parse(bytes: &Bytes, to_head: bool, spare: &mut HeaderMap) -> Result<Option<Head>, Invalid> {
    let mut lines = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    match config.parse_response_with_uninit_headers(&mut parsed, bytes, &mut lines) {
        Ok(httparse::Status::Complete(n)) if n == bytes.len() => {}
        Ok(_) => return Err(Invalid::Head(httparse::Error::NewLine)),
        Err(httparse::Error::TooManyHeaders) => return Err(Invalid::HeadTooLarge),
        Err(error) => return Err(Invalid::Head(error)),
    }
    let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.ok_or(Invalid::Head(httparse::Error::Status))?;
    if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(None);
    }
    let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    let mut declared = Declared::default();
    let map = std::mem::take(spare);
    let headers = fields(bytes, parsed.headers, map, |line| declared.note(line.name.as_bytes(), line.value))?;
    let framing = declared.framing(status, version, to_head)?;
    let reason = parsed.reason.filter(|reason| Some(*reason) != status.canonical_reason());
    let reason = reason.and_then(|reason| ReasonPhrase::try_from(bytes.slice_ref(reason.as_bytes())).ok());
    Ok(Some(Head { status, reason, headers, framing, keeps: declared.keeps(version, framing) }))
}

/// Puts lines that were parsed from `bytes` into `map`, if `wants` says so.
pub(super) fn fields(
    bytes: &Bytes,
    lines: &[httparse::Header<'_>],
    mut map: HeaderMap,
    mut wants: impl FnMut(&httparse::Header<'_>) -> Result<bool, Invalid>,
) -> Result<HeaderMap, Invalid> {
    map.reserve(lines.len());
    for line in lines {
        if !wants(line)? {
            continue;
        }
        let name = HeaderName::from_bytes(line.name.as_bytes())
            .map_err(|_| Invalid::Head(httparse::Error::HeaderName))?;
        let value = HeaderValue::from_maybe_shared(bytes.slice_ref(line.value))
            .map_err(|_| Invalid::Head(httparse::Error::HeaderValue))?;
        map.append(name, value);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Option<(Head, Vec<u8>)>, Invalid> {
        let mut buffer = BytesMut::from(bytes);
        let head = HeadReader::default().read(&mut buffer, false, &mut HeaderMap::new())?;
        Ok(head.map(|head| (head, buffer.to_vec())))
    }

    #[test]
    fn a_head_and_what_follows_it() {
        let (head, rest) =
            read(b"HTTP/1.1 200 OK\r\nA: 1\r\na:  2\t\r\nContent-Length: 4\r\n\r\nbody").unwrap().unwrap();
        assert_eq!((head.status.as_u16(), head.reason, head.framing), (200, None, Framing::Length(4)));
        let values: Vec<_> = head.headers.get_all("a").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!((values, rest.as_slice()), (vec![&b"1"[..], b"2"], &b"body"[..]));
        let (head, _) = read(b"HTTP/1.0 503 Down For Tea\nA: 1\n\n\r\n").unwrap().unwrap();
        assert_eq!(head.reason.unwrap().as_bytes(), b"Down For Tea");
        assert_eq!(read(b"HTTP/1.1 299 \r\n\r\n").unwrap().unwrap().0.reason.unwrap().as_bytes(), b"");
    }

    #[test]
    fn interim_answers_are_passed_over_but_not_for_ever() {
        let interim = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
        let last = "HTTP/1.1 101 Switching Protocols\r\n\r\n\x01";
        let (head, rest) = read(format!("{}{last}", interim.repeat(16)).as_bytes()).unwrap().unwrap();
        assert_eq!((head.status.as_u16(), head.headers.len(), rest.as_slice()), (101, 0, &b"\x01"[..]));
        assert_eq!(read(interim.repeat(17).as_bytes()).unwrap_err(), Invalid::TooManyInterim);
        assert!(read(interim.as_bytes()).unwrap().is_none());
    }

    #[test]
    fn what_is_not_a_head_is_refused_as_soon_as_it_shows() {
        for (bytes, error) in [
            ("S", httparse::Error::Version),
            ("HTTP/2", httparse::Error::Version),
            ("\r\nHTTP/1.1 200 OK\r\n\r\n", httparse::Error::Version),
            ("HTTP/1.2 200 OK\r\n\r\n", httparse::Error::Version),
            ("HTTP/1.1 abc\r\n\r\n", httparse::Error::Status),
            ("HTTP/1.1 099 No\r\n\r\n", httparse::Error::Status),
            ("HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n", httparse::Error::HeaderName),
            ("HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\n\r\n", httparse::Error::HeaderName),
            ("HTTP/1.1 200 OK\r\nA: \x01\r\n\r\n", httparse::Error::HeaderValue),
        ] {
            assert_eq!(read(bytes.as_bytes()).unwrap_err(), Invalid::Head(error), "{bytes:?}");
        }
    }

    #[test]
    fn heads_have_limits() {
        let lines = |n| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(n));
        assert!(read(lines(HEADERS_MAX).as_bytes()).unwrap().is_some());
        assert_eq!(read(lines(HEADERS_MAX + 1).as_bytes()).unwrap_err(), Invalid::HeadTooLarge);
        let long = format!("HTTP/1.1 200 OK\r\na: {}", "x".repeat(HEAD_MAX));
        assert_eq!(read(long.as_bytes()).unwrap_err(), Invalid::HeadTooLarge);
        assert_eq!(read(format!("{long}\r\n\r\n").as_bytes()).unwrap_err(), Invalid::HeadTooLarge);
    }
}
