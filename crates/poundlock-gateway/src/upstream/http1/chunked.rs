//! The chunked coding (RFC 9112 section 7.1), read.
//!
//! Main type: [`Chunked`]. It decides by the bytes alone and never by how they were cut into reads.
//! Line ends are CRLF here and nothing else: readers that differ in that find different bodies in
//! the same bytes. Extensions are passed over.

use super::decode::{HEADERS_MAX, end_of_head, fields};
use super::framing::{Invalid, Step};
use bytes::BytesMut;

/// The longest line before a chunk, in bytes.
const LINE_MAX: usize = 4 << 10;
/// Extensions in one body, in bytes.
const EXTENSIONS_MAX: usize = 16 << 10;
/// The longest trailer section, in bytes.
const TRAILERS_MAX: usize = 16 << 10;

/// A chunked body being read.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    state: State,
    /// Bytes of extensions so far.
    extensions: usize,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    /// Before the line with a size.
    #[default]
    Size,
    /// This many bytes of a chunk are to come.
    Data(u64),
    /// Before the CRLF that ends a chunk.
    DataEnd,
    /// After the last chunk.
    Trailers,
}

impl Chunked {
    /// The next piece from the front of `buffer`.
    pub(super) fn step(&mut self, buffer: &mut BytesMut) -> Result<Step, Invalid> {
        loop {
            match self.state {
                State::Size => {
                    let Some(size) = self.size(buffer)? else { return Ok(Step::More) };
                    self.state = if size == 0 { State::Trailers } else { State::Data(size) };
                }
                State::Data(_) if buffer.is_empty() => return Ok(Step::More),
                State::Data(rest) => {
                    let n = usize::try_from(rest).unwrap_or(usize::MAX).min(buffer.len());
                    let rest = rest - n as u64;
                    self.state = if rest == 0 { State::DataEnd } else { State::Data(rest) };
                    return Ok(Step::Data(buffer.split_to(n).freeze()));
                }
                State::DataEnd => {
                    if !starts_with_crlf(buffer)? {
                        return Ok(Step::More);
                    }
                    drop(buffer.split_to(2));
                    self.state = State::Size;
                }
                State::Trailers => return trailers(buffer),
            }
        }
    }

    /// Takes the line with the size of the next chunk.
    fn size(&mut self, buffer: &mut BytesMut) -> Result<Option<u64>, Invalid> {
        let within = &buffer[..buffer.len().min(LINE_MAX)];
        let Some(end) = memchr::memchr(b'\n', within) else {
            let too_long = within.len() == LINE_MAX;
            return if too_long { Err(Invalid::Chunk("a size line is too long")) } else { Ok(None) };
        };
        let line = within[..end].strip_suffix(b"\r").ok_or(Invalid::Chunk("a line ends without CR"))?;
        let (size, digits) = size_of(line)?;
        self.extensions += line.len() - digits;
        if self.extensions > EXTENSIONS_MAX {
            return Err(Invalid::Chunk("too many extensions"));
        }
        drop(buffer.split_to(end + 1));
        Ok(Some(size))
    }
}

/// The size at the start of a line, and how many digits it has.
fn size_of(line: &[u8]) -> Result<(u64, usize), Invalid> {
    let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let (number, extension) = line.split_at(digits);
    let number = std::str::from_utf8(number).ok().and_then(|n| u64::from_str_radix(n, 16).ok());
    let size = number.ok_or(Invalid::Chunk("a size is not a number"))?;
    let extension = extension.trim_ascii_start();
    if !(extension.is_empty() || extension[0] == b';') || extension.contains(&b'\r') {
        return Err(Invalid::Chunk("something other than an extension follows a size"));
    }
    Ok((size, digits))
}

/// `None` would be undecided: false until both bytes are here.
fn starts_with_crlf(buffer: &[u8]) -> Result<bool, Invalid> {
    match buffer {
        [] | [b'\r'] => Ok(false),
        [b'\r', b'\n', ..] => Ok(true),
        _ => Err(Invalid::Chunk("a chunk is longer than its size")),
    }
}

fn trailers(buffer: &mut BytesMut) -> Result<Step, Invalid> {
    if buffer.starts_with(b"\r\n") {
        drop(buffer.split_to(2));
        return Ok(Step::End);
    }
    let within = &buffer[..buffer.len().min(TRAILERS_MAX)];
    let Some(end) = end_of_head(within, 0) else {
        let too_long = within.len() == TRAILERS_MAX;
        return if too_long { Err(Invalid::Chunk("the trailers are too long")) } else { Ok(Step::More) };
    };
    let section = buffer.split_to(end).freeze();
    let mut lines = [httparse::EMPTY_HEADER; HEADERS_MAX];
    match httparse::parse_headers(&section, &mut lines) {
        Ok(httparse::Status::Complete((n, lines))) if n == section.len() => {
            fields(&section, lines, http::HeaderMap::new(), |_| Ok(true)).map(Step::Trailers)
        }
        _ => Err(Invalid::Chunk("the trailers are not fields")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (Vec<u8>, Vec<String>, Vec<u8>);

    /// The body in `bytes`, its trailers, and what is left.
    fn check(bytes: &[u8]) -> Result<Read, Invalid> {
        let (mut chunked, mut buffer) = (Chunked::default(), BytesMut::from(bytes));
        let (mut body, mut trailers) = (Vec::new(), Vec::new());
        loop {
            match chunked.step(&mut buffer)? {
                Step::Data(data) => body.extend_from_slice(&data),
                Step::Trailers(map) => {
                    trailers.extend(map.iter().map(|(n, v)| format!("{n}={}", v.to_str().unwrap())));
                    return Ok((body, trailers, buffer.to_vec()));
                }
                Step::End => return Ok((body, trailers, buffer.to_vec())),
                Step::More => return Err(Invalid::Chunk("more")),
            }
        }
    }

    fn body(bytes: &str) -> Result<String, Invalid> {
        check(bytes.as_bytes()).map(|(body, _, _)| String::from_utf8(body).unwrap())
    }

    #[test]
    fn chunks_extensions_and_trailers() {
        assert_eq!(body("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"), Ok("abc0123456789".into()));
        assert_eq!(body("0003;a=b;c=\"d\"\r\nabc\r\n0 ;x\r\n\r\n"), Ok("abc".into()));
        let all = check(b"1\r\na\r\n0\r\nX-Sum: 7\r\nx-sum:  8 \r\n\r\nrest").unwrap();
        assert_eq!(all, (b"a".to_vec(), vec!["x-sum=7".into(), "x-sum=8".into()], b"rest".to_vec()));
    }

    #[test]
    fn what_is_not_chunks_is_refused() {
        for broken in [
            "\r\n",
            "x\r\n",
            "-1\r\n",
            "+1\r\na",
            "0x1\r\na",
            " 1\r\na",
            "1 1\r\na",
            "1,\r\na",
            "1\na",
            "1\r\nab\r\n",
            "1\r\na\n0",
            "1\r\nax",
            "10000000000000000\r\n",
            "1;\r x\r\na",
            "0\r\nno colon\r\n\r\n",
            "0\r\n\nx: y\r\n\r\n",
            "0\r\nx : y\r\n\r\n",
        ] {
            let result = body(broken);
            assert!(matches!(result, Err(Invalid::Chunk(why)) if why != "more"), "{broken:?}: {result:?}");
        }
    }

    #[test]
    fn what_has_not_ended_waits_within_its_limits() {
        for open in
            ["", "f", "1;x", "1\r", "1\r\n", "1\r\na", "1\r\na\r", "0\r\n", "0\r\n\r", "0\r\na: b\r\n"]
        {
            assert_eq!(body(open), Err(Invalid::Chunk("more")), "{open:?}");
        }
        let long = "x".repeat(LINE_MAX);
        assert_eq!(body(&format!("1;{long}")), Err(Invalid::Chunk("a size line is too long")));
        let often = format!("1;{}\r\na\r\n", "x".repeat(1_000)).repeat(17);
        assert_eq!(body(&often), Err(Invalid::Chunk("too many extensions")));
        let trailers = format!("0\r\nx: {}\r\n\r\n", "x".repeat(TRAILERS_MAX));
        assert_eq!(body(&trailers), Err(Invalid::Chunk("the trailers are too long")));
        let many = format!("0\r\n{}\r\n", "x: y\r\n".repeat(HEADERS_MAX + 1));
        assert_eq!(body(&many), Err(Invalid::Chunk("the trailers are not fields")));
    }
}
