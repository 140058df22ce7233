//! Watches the bytes of a downstream HTTP/1 connection for requests that announce their length
//! in two ways.
//!
//! Main types: [`Watch`], which keeps what was read until it is known to be harmless, and
//! [`Scanner`]. hyper frames such a request by `Transfer-Encoding`, drops `Content-Length` and
//! closes the connection after the answer, which is safe for us, but it tells nobody; a proxy in
//! front of us may have framed it the other way. So the raw bytes are the only place to see it. The
//! scanner follows message framing just far enough to know where heads begin.
//! It refuses nothing itself and gives up at the first thing it does not understand: hyper refuses that too.

use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Names and numbers that matter fit in this many bytes of a line.
const LINE_MAX: usize = 64;

/// Bytes that are kept before they are scanned.
const KEEP_MAX: usize = 32 << 10;

/// Watches one connection. A head that came alone and has no body needs no scan: nearly all do.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    kept: Vec<u8>,
    scanner: Scanner,
    /// Requests so far.
    requests: u64,
    /// The index of the request with two lengths.
    ambiguous: Option<u64>,
}

impl Watch {
    /// More has been read.
    pub(crate) fn on_read(&mut self, bytes: &[u8]) {
        if self.kept.is_empty() && self.scanner.in_body() || self.kept.len() + bytes.len() > KEEP_MAX {
            self.scan();
            self.ambiguous = self.ambiguous.or(self.scanner.feed(bytes));
        } else {
            self.kept.extend_from_slice(bytes);
        }
    }

    /// A request was parsed; says whether it had two lengths. Those before it on the connection are
    /// innocent; none comes after it, because the connection closes.
    pub(crate) fn on_request(&mut self, has_body: bool) -> bool {
        if !has_body && self.scanner.state == State::RequestLine && is_one_head(&self.kept) {
            self.kept.clear();
            self.scanner.heads += 1;
        } else {
            self.scan();
        }
        let index = self.requests;
        self.requests += 1;
        has_body && self.ambiguous.is_some_and(|at| at <= index)
    }

    /// Stops watching: the connection has left HTTP/1.
    pub(crate) fn stop(&mut self) {
        *self = Self { scanner: Scanner { state: State::Off, ..Scanner::default() }, ..Self::default() };
    }

    fn scan(&mut self) {
        self.ambiguous = self.ambiguous.or(self.scanner.feed(&self.kept));
        self.kept.clear();
    }
}

/// Whether these bytes are the head of one request and nothing more: the only empty line is the last.
fn is_one_head(bytes: &[u8]) -> bool {
    static CRLF: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n\r\n"));
    static LF: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n\n"));
    bytes.len() > 3 && CRLF.find(bytes) == Some(bytes.len() - 3) && LF.find(bytes).is_none()
}

/// Finds the first request of a connection that carries both `Content-Length` and `Transfer-Encoding`.
#[derive(Debug, Default)]
struct Scanner {
    state: State,
    /// What an earlier read left of the current line.
    line: Vec<u8>,
    /// Bytes of body to pass over.
    skip: u64,
    head: Head,
    heads: u64,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a request line.
    #[default]
    RequestLine,
    /// In the header section.
    Header,
    /// Before the size of a chunk.
    ChunkSize,
    /// After the data of a chunk: an empty line.
    ChunkEnd,
    /// In the trailer section.
    Trailer,
    /// Nothing more to learn from this connection.
    Off,
}

#[derive(Debug, Default, Clone, Copy)]
struct Head {
    length: Option<u64>,
    chunked: bool,
}

impl Scanner {
    /// Reads on. Returns the index of the first ambiguous request, counted from 0, once.
    fn feed(&mut self, mut bytes: &[u8]) -> Option<u64> {
        while !bytes.is_empty() && self.state != State::Off {
            if self.skip > 0 {
                let n = self.skip.min(bytes.len() as u64);
                self.skip -= n;
                bytes = &bytes[n as usize..];
                continue;
            }
            let Some(end) = memchr::memchr(b'\n', bytes) else {
                self.keep(bytes);
                return None;
            };
            let (line, rest) = bytes.split_at(end + 1);
            bytes = rest;
            let ambiguous = if self.line.is_empty() {
                self.line(&line[..end])
            } else {
                self.keep(&line[..end]);
                let kept = std::mem::take(&mut self.line);
                self.line(&kept)
            };
            if ambiguous {
                self.state = State::Off;
                return Some(self.heads - 1);
            }
        }
        None
    }

    /// Whether nothing but the body of a request is expected.
    fn in_body(&self) -> bool {
        self.skip > 0 || self.state == State::Off
    }

    fn keep(&mut self, part: &[u8]) {
        let room = LINE_MAX.saturating_sub(self.line.len());
        self.line.extend_from_slice(&part[..part.len().min(room)]);
    }

    /// Takes one line without its line feed; says whether it completes an ambiguous head.
    fn line(&mut self, line: &[u8]) -> bool {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self.state {
            State::RequestLine if line.is_empty() => {}
            State::RequestLine => self.state = State::Header,
            State::Header if line.is_empty() => return self.end_of_head(),
            State::Header => self.header(line),
            State::ChunkSize => self.chunk_size(line),
            State::ChunkEnd => self.state = State::ChunkSize,
            State::Trailer if line.is_empty() => self.state = State::RequestLine,
            State::Trailer | State::Off => {}
        }
        false
    }

    fn header(&mut self, line: &[u8]) {
        // Two bytes decide for nearly every header.
        match (line[0] | 0x20, line.len()) {
            (b'c', 15..) => {
                if let Some(value) = value_of(line, b"content-length:") {
                    match std::str::from_utf8(value).ok().and_then(|v| v.trim().parse().ok()) {
                        Some(length) => self.head.length = Some(length),
                        None => self.state = State::Off,
                    }
                }
            }
            (b't', 18..) => self.head.chunked |= value_of(line, b"transfer-encoding:").is_some(),
            _ => {}
        }
    }

    fn end_of_head(&mut self) -> bool {
        self.heads += 1;
        let head = std::mem::take(&mut self.head);
        self.state = if head.chunked { State::ChunkSize } else { State::RequestLine };
        self.skip = head.length.filter(|_| !head.chunked).unwrap_or(0);
        head.chunked && head.length.is_some()
    }

    fn chunk_size(&mut self, line: &[u8]) {
        let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let size = std::str::from_utf8(&line[..digits]).ok().and_then(|d| u64::from_str_radix(d, 16).ok());
        match size {
            Some(0) => self.state = State::Trailer,
            Some(size) => (self.skip, self.state) = (size, State::ChunkEnd),
            None => self.state = State::Off,
        }
    }
}

fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, value) = line.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const SIZED: &str = "POST / HTTP/1.1\r\nContent-Length: 18\r\n\r\ntransfer-encoding:";
    const CHUNKED: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11;x=y\r\nContent-Length: 3\r\n0\r\nX: y\r\n\r\n";
    const BOTH: &str = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nContent-length: 3\r\n\r\n";
    const HTOB: &str = "\r\nPOST / HTTP/1.1\nCONTENT-LENGTH: 3\nTRANSFER-ENCODING: chunked\n\n";

    fn check(parts: &[&str], expect: Option<u64>) {
        assert_eq!(Scanner::default().feed(parts.concat().as_bytes()), expect, "{parts:?}");
    }

    #[test]
    fn finds_the_ambiguous_request_and_no_other() {
        check(&[GET, SIZED, CHUNKED, GET, CHUNKED, SIZED, GET], None);
        check(&[BOTH], Some(0));
        check(&[HTOB], Some(0));
        check(&[GET, SIZED, CHUNKED, HTOB], Some(3));
        check(&[SIZED, BOTH, BOTH], Some(1));
    }

    /// Feeds whole requests in these reads, with the calls that hyper would make in between.
    fn watch(reads: &[&[&str]], expect: &[bool]) {
        let (mut watch, mut got) = (Watch::default(), Vec::new());
        for read in reads {
            watch.on_read(read.concat().as_bytes());
            got.extend(read.iter().map(|request| watch.on_request(request.trim_start().starts_with("POST"))));
        }
        assert_eq!(got, expect, "{reads:?}");
    }

    #[test]
    fn heads_that_come_alone_are_passed_over_and_others_are_not() {
        watch(&[&[GET], &[GET], &[BOTH]], &[false, false, true]);
        watch(&[&[GET, BOTH]], &[false, true]);
        watch(&[&[GET], &[SIZED, BOTH]], &[false, false, true]);
        watch(
            &[&[GET, GET], &[SIZED], &[CHUNKED], &[GET], &[HTOB]],
            &[false, false, false, false, false, true],
        );
        watch(&[&[CHUNKED, GET], &[SIZED, CHUNKED]], &[false; 4]);
        let lines_without_cr = "GET / HTTP/1.1\nHost: a\n\n";
        watch(&[&[lines_without_cr, BOTH]], &[false, true]);
    }

    proptest! {
        #[test]
        fn the_way_bytes_are_cut_into_reads_does_not_matter(
            cuts in prop::collection::vec(1usize..40, 0..60), ambiguous: bool,
        ) {
            let all = [GET, CHUNKED, SIZED, if ambiguous { BOTH } else { GET }].concat();
            let (mut scanner, mut rest, mut found) = (Scanner::default(), all.as_bytes(), None);
            for cut in cuts {
                let (part, tail) = rest.split_at(cut.min(rest.len()));
                found = found.or(scanner.feed(part));
                rest = tail;
            }
            found = found.or(scanner.feed(rest));
            prop_assert_eq!(found, ambiguous.then_some(3));
        }

        #[test]
        fn no_bytes_make_it_panic_or_hoard(reads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20)) {
            let mut scanner = Scanner::default();
            for read in reads {
                scanner.feed(&read);
                prop_assert!(scanner.line.len() <= LINE_MAX);
            }
        }
    }
}
