//! Where the body of a response ends (RFC 9112 section 6.3).
//!
//! Main types: [`Declared`], what a head says about framing, and [`Decoder`], which cuts a body out
//! of the bytes behind it. An answer that could be read in two ways is no answer, as with requests
//! (docs/adr/0004): another reader of the same bytes could find another answer in them.

use super::chunked::Chunked;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, Version};
use http_body::SizeHint;

/// Why bytes from an instance are not an HTTP/1.1 response. The instance would say the same again, so
/// a retry does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The head does not follow the grammar.
    #[error("the head is not HTTP/1.1: {0}")]
    Head(httparse::Error),
    /// The head, or its number of lines, is over the limit.
    #[error("the head is too large")]
    HeadTooLarge,
    /// More interim answers than anybody has reason to send.
    #[error("too many interim answers")]
    TooManyInterim,
    /// A `Content-Length` that is no number.
    #[error("the Content-Length is not a number")]
    Length,
    /// Two headers that frame the body.
    #[error("the length is announced more than once")]
    TwoLengths,
    /// A transfer coding that was not asked for and cannot be undone.
    #[error("the transfer coding is not `chunked`")]
    Coding,
    /// The chunked coding is broken.
    #[error("the chunked coding is broken: {0}")]
    Chunk(&'static str),
}

/// How the end of a body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is no body.
    Empty,
    /// A number of bytes.
    Length(u64),
    /// Chunks, the last of them empty.
    Chunked,
    /// The end of the connection.
    UntilClose,
}

/// What the headers seen so far say about framing and about the connection.
#[derive(Debug, Default)]
pub(super) struct Declared {
    length: Option<u64>,
    coding: Option<Coding>,
    close: bool,
    keep_alive: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Chunked,
    /// The coding that changes nothing, which RFC 7230 abolished.
    Identity,
}

impl Declared {
    /// Takes note of a header, if it is one of the three that matter; says whether it matters to others
    /// as well. It comes before names are looked up: most answers carry a `Connection` that says nothing.
    pub(super) fn note(&mut self, name: &[u8], value: &[u8]) -> Result<bool, Invalid> {
        let (again, keep) = match name.len() {
            10 if name.eq_ignore_ascii_case(b"connection") => (false, self.connection(value)),
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                (self.length.replace(number(value).ok_or(Invalid::Length)?).is_some(), true)
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                (self.coding.replace(coding(value).ok_or(Invalid::Coding)?).is_some(), false)
            }
            _ => (false, true),
        };
        if again { Err(Invalid::TwoLengths) } else { Ok(keep) }
    }

    /// Whether there is an option that names a header.
    fn connection(&mut self, value: &[u8]) -> bool {
        let mut names = false;
        for option in value.split(|b| *b == b',').map(<[u8]>::trim_ascii) {
            match option {
                _ if option.eq_ignore_ascii_case(b"close") => self.close = true,
                _ if option.eq_ignore_ascii_case(b"keep-alive") => self.keep_alive = true,
                _ => names = true,
            }
        }
        names
    }

    /// How the body of this answer ends.
    ///
    /// # Errors
    /// A length and a coding (RFC 9112 section 6.1: "ought to be handled as an error"), or a coding in
    /// HTTP/1.0, which has none.
    pub(super) fn framing(
        &self,
        status: StatusCode,
        version: Version,
        to_head: bool,
    ) -> Result<Framing, Invalid> {
        match (self.coding, self.length) {
            (Some(_), Some(_)) => Err(Invalid::TwoLengths),
            (Some(_), None) if version == Version::HTTP_10 => Err(Invalid::Coding),
            _ if to_head || has_no_body(status) => Ok(Framing::Empty),
            (None, Some(0)) => Ok(Framing::Empty),
            (None, Some(length)) => Ok(Framing::Length(length)),
            (Some(Coding::Chunked), None) => Ok(Framing::Chunked),
            (Some(Coding::Identity) | None, None) => Ok(Framing::UntilClose),
        }
    }

    /// Whether the connection may serve another request after this answer.
    pub(super) fn keeps(&self, version: Version, framing: Framing) -> bool {
        !self.close && framing != Framing::UntilClose && (version == Version::HTTP_11 || self.keep_alive)
    }
}

fn has_no_body(status: StatusCode) -> bool {
    status.is_informational() || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED
}

/// Digits and nothing else: no sign, no list.
fn number(value: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(value).ok()?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// We ask for no coding, and could neither undo `gzip` nor say to the client that it is there.
fn coding(value: &[u8]) -> Option<Coding> {
    match value.trim_ascii() {
        name if name.eq_ignore_ascii_case(b"chunked") => Some(Coding::Chunked),
        name if name.eq_ignore_ascii_case(b"identity") => Some(Coding::Identity),
        _ => None,
    }
}

/// Cuts one body out of what was read.
#[derive(Debug)]
pub(super) enum Decoder {
    /// The body is over.
    Done,
    /// This many bytes are to come.
    Length(u64),
    Chunked(Chunked),
    UntilClose,
}

/// What the bytes at hand amount to.
#[derive(Debug)]
pub(super) enum Step {
    Data(Bytes),
    /// The trailers, and with them the end.
    Trailers(HeaderMap),
    End,
    /// Nothing can be said until more is read.
    More,
}

impl Decoder {
    pub(super) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Empty => Self::Done,
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunked::default()),
            Framing::UntilClose => Self::UntilClose,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }

    /// Takes the next piece of the body from the front of `buffer`, without a copy.
    ///
    /// # Errors
    /// The chunked coding is broken.
    pub(super) fn step(&mut self, buffer: &mut BytesMut) -> Result<Step, Invalid> {
        let step = match self {
            Self::Done => Step::End,
            Self::Length(_) | Self::UntilClose if buffer.is_empty() => Step::More,
            Self::UntilClose => Step::Data(buffer.split().freeze()),
            Self::Length(rest) => {
                let n = usize::try_from(*rest).unwrap_or(usize::MAX).min(buffer.len());
                *rest -= n as u64;
                if *rest == 0 {
                    *self = Self::Done;
                }
                Step::Data(buffer.split_to(n).freeze())
            }
            Self::Chunked(chunked) => chunked.step(buffer)?,
        };
        if matches!(step, Step::End | Step::Trailers(_)) {
            *self = Self::Done;
        }
        Ok(step)
    }

    /// The instance has closed; says whether this was the end of the body.
    pub(super) fn close(&mut self) -> bool {
        if matches!(self, Self::UntilClose) {
            *self = Self::Done;
        }
        self.is_done()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        match self {
            Self::Done => SizeHint::with_exact(0),
            Self::Length(rest) => SizeHint::with_exact(*rest),
            Self::Chunked(_) | Self::UntilClose => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The framing of a GET's answer with these headers, and whether the connection is kept.
    fn check(status: u16, version: Version, headers: &[(&str, &str)]) -> Result<(Framing, bool), Invalid> {
        let mut declared = Declared::default();
        for (name, value) in headers {
            declared.note(name.as_bytes(), value.as_bytes())?;
        }
        let framing = declared.framing(StatusCode::from_u16(status).unwrap(), version, false)?;
        Ok((framing, declared.keeps(version, framing)))
    }

    const LENGTH: &str = "Content-Length";
    const CODING: &str = "transfer-Encoding";
    const CONNECTION: &str = "Connection";

    #[test]
    fn every_row_of_section_6_3() {
        let now = Version::HTTP_11;
        for status in [204, 304] {
            assert_eq!(check(status, now, &[(LENGTH, "5")]), Ok((Framing::Empty, true)));
            assert_eq!(check(status, now, &[(CODING, "chunked")]), Ok((Framing::Empty, true)));
        }
        assert_eq!(check(200, now, &[(CODING, " Chunked")]), Ok((Framing::Chunked, true)));
        assert_eq!(check(200, now, &[(CODING, "identity")]), Ok((Framing::UntilClose, false)));
        assert_eq!(check(200, now, &[(LENGTH, "5")]), Ok((Framing::Length(5), true)));
        assert_eq!(check(200, now, &[(LENGTH, "0")]), Ok((Framing::Empty, true)));
        assert_eq!(check(200, now, &[]), Ok((Framing::UntilClose, false)));
        let most = u64::MAX.to_string();
        assert_eq!(check(200, now, &[(LENGTH, &most)]), Ok((Framing::Length(u64::MAX), true)));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let now = Version::HTTP_11;
        for twice in [
            [(LENGTH, "5"), (LENGTH, "5")],
            [(LENGTH, "5"), (LENGTH, "6")],
            [(CODING, "chunked"), (CODING, "chunked")],
            [(CODING, "chunked"), (LENGTH, "5")],
            [(LENGTH, "5"), (CODING, "identity")],
        ] {
            assert_eq!(check(200, now, &twice), Err(Invalid::TwoLengths), "{twice:?}");
            assert_eq!(check(204, now, &twice), Err(Invalid::TwoLengths), "{twice:?}");
        }
        for length in ["5, 5", "+5", "-1", "0x5", "", "5 5", "18446744073709551616"] {
            assert_eq!(check(200, now, &[(LENGTH, length)]), Err(Invalid::Length), "{length:?}");
        }
        for coding in ["gzip, chunked", "chunked, chunked", "gzip", "chunked;x", "", "\x0bchunked"] {
            assert_eq!(check(200, now, &[(CODING, coding)]), Err(Invalid::Coding), "{coding:?}");
        }
        assert_eq!(check(200, Version::HTTP_10, &[(CODING, "chunked")]), Err(Invalid::Coding));
    }

    #[test]
    fn a_connection_is_kept_when_both_versions_say_so() {
        let kept = |version, connection: &str| {
            check(200, version, &[(LENGTH, "1"), (CONNECTION, connection)]).unwrap().1
        };
        assert!(kept(Version::HTTP_11, "x") && kept(Version::HTTP_11, "keep-alive"));
        assert!(!kept(Version::HTTP_11, "x, Close") && !kept(Version::HTTP_11, "close, keep-alive"));
        assert!(kept(Version::HTTP_10, "Keep-Alive") && !kept(Version::HTTP_10, "x"));
        assert!(!kept(Version::HTTP_10, "keep-alive, close"));
        let mut declared = Declared::default();
        for (connection, names) in [("close", false), ("Keep-Alive, CLOSE", false), ("close, x", true)] {
            assert_eq!(declared.note(b"connection", connection.as_bytes()), Ok(names), "{connection}");
        }
    }
}
