//! Seeded mutation of requests: [`Mutator`] damages valid requests in ways parsers disagree about; [`violation`] judges
//! what came out on the other side.
//!
//! Deterministic: the same seed yields the same bytes. It does not know which mutants are still valid.

use crate::wire::Head;

/// Requests to start from.
const CORPUS: &[&str] = &[
    "GET /a?b=c HTTP/1.1\r\nHost: test\r\nAccept: */*\r\n\r\n",
    "POST /form HTTP/1.1\r\nHost: test\r\nContent-Length: 11\r\n\r\nhello=world",
    "POST /chunks HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "PUT /t HTTP/1.1\r\nHost: test\r\nTE: trailers\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n",
    "GET /1 HTTP/1.1\r\nHost: test\r\n\r\nGET /2 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
    "HEAD / HTTP/1.0\r\nHost: test\r\nConnection: keep-alive\r\n\r\n",
    "GET /ws HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, x-drop\r\nUpgrade: websocket\r\nX-Drop: 1\r\n\r\n",
    "GET http://test/abs HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: 1.2.3.4\r\nCookie: a=b; c=d\r\n\r\n",
    "POST /smuggle HTTP/1.1\r\nHost: test\r\nContent-Length: 37\r\n\r\nGET /inner HTTP/1.1\r\nHost: inner\r\n\r\n0\r\n",
    "POST /expect HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
];

/// Lines that change the meaning of a message when inserted.
const LINES: &[&str] = &[
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: +3\r\n",
    "Content-Length: 3, 3\r\n",
    "content-length : 5\r\n",
    "Content-Length: 18446744073709551617\r\n",
    "Content-Length: 0x5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "transfer-encoding: Chunked\r\n",
    "Transfer-Encoding: chunked, chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding:\x0bchunked\r\n",
    " Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\n",
    "Transfer-Encoding:\r\n chunked\r\n",
    "Host: other\r\n",
    "Host: a b\r\n",
    "Host:\r\n",
    "X: \0\r\n",
    "X:\ry\r\n",
    "Connection: host, content-length\r\n",
    "Connection: transfer-encoding\r\n",
    "Upgrade: h2c\r\n",
    ": empty\r\n",
    "X y: z\r\n",
    "X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
    "\r\n",
    "0\r\n\r\n",
    "ffffffffffffffff1\r\n",
    "-1\r\n",
    "GET /next HTTP/1.1\r\n",
    "PRI * HTTP/2.0\r\n",
];

/// Bytes that parsers treat differently.
const BYTES: &[u8] = b"\0\t\n\x0b\x0c\r\x7f \"#%&+,-./0:;=?\\\x80\xa0\xff";

/// Methods of the IANA registry that a gateway may forward.
const METHODS: &str = " ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY DELETE GET HEAD LABEL LINK LOCK MERGE MKACTIVITY \
    MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PROPFIND PROPPATCH PUT QUERY REBIND \
    REPORT SEARCH TRACE UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL ";

/// A stream of mutants.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// The stream that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 }
    }

    /// The next mutant: a corpus request with one to four changes.
    pub fn next_request(&mut self) -> Vec<u8> {
        let mut request = CORPUS[self.below(CORPUS.len())].as_bytes().to_vec();
        for _ in 0..=self.below(4) {
            self.mutate(&mut request);
        }
        request
    }

    fn mutate(&mut self, request: &mut Vec<u8>) {
        let at = self.below(request.len().max(1)).min(request.len());
        match self.below(7) {
            0 => request.insert(at, BYTES[self.below(BYTES.len())]),
            1 if !request.is_empty() => request[at] = BYTES[self.below(BYTES.len())],
            2 if !request.is_empty() => request[at] ^= 1 << self.below(8),
            3 => {
                let end = (at + 1 + self.below(8)).min(request.len());
                request.drain(at..end);
            }
            4 => {
                let again = request[at..(at + 1 + self.below(40)).min(request.len())].to_vec();
                request.splice(at..at, again);
            }
            _ => {
                let line = LINES[self.below(LINES.len())].bytes();
                let at = self.line_start(request);
                request.splice(at..at, line);
            }
        }
    }

    /// The start of some line after the first.
    fn line_start(&mut self, request: &[u8]) -> usize {
        let ends: Vec<usize> =
            request.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
        if ends.is_empty() { request.len() } else { ends[self.below(ends.len())] }
    }

    /// A number below `n` (xorshift64, Marsaglia 2003).
    fn below(&mut self, n: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state % n as u64).expect("less than a usize")
    }
}

/// Why a head must never reach an upstream; `None` if it is fine.
pub fn violation(head: &Head) -> Option<String> {
    let words: Vec<&str> = head.start.split(' ').collect();
    let [method, target, version] = words[..] else { return Some(format!("start line {:?}", head.start)) };
    if !METHODS.contains(&format!(" {method} ")) || target.is_empty() || version != "HTTP/1.1" {
        return Some(format!("start line {:?}", head.start));
    }
    if let Some((name, value)) = head.headers.iter().find(|(name, value)| !is_token(name) || !is_clean(value))
    {
        return Some(format!("header {name:?}: {value:?}"));
    }
    if !is_clean(target)
        || head.raw.windows(3).any(|w| w == b"\n\t " || w[..2] == *b"\n " || w[..2] == *b"\n\t")
    {
        return Some("control character or folded line".to_owned());
    }
    let (lengths, codings) = (head.all("content-length"), head.all("transfer-encoding"));
    let numeric = lengths.iter().all(|l| !l.is_empty() && l.bytes().all(|b| b.is_ascii_digit()));
    let chunked = codings.iter().all(|c| c.eq_ignore_ascii_case("chunked"));
    let single = lengths.len() + codings.len() <= 1 && head.all("host").len() == 1;
    (!numeric || !chunked || !single).then(|| format!("framing or host: {:?}", head.headers))
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

fn is_clean(value: &str) -> bool {
    !value.bytes().any(|b| b == 0x7f || (b < 0x20 && b != b'\t'))
}
