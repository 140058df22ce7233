//! A raw HTTP/1.1 client: [`Client`] writes the bytes it is given and reads one [`Answer`] at a time.
//!
//! It never reconnects, retries or pipelines by itself, and does not check what it sends.

use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::wait::PATIENCE;
use crate::wire::{Body, Head, find, read_chunk};

/// One connection to the gateway.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
}

/// One complete answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// The final head.
    pub head: Head,
    /// Body and trailers.
    pub body: Body,
    /// Status codes of the interim answers (1xx) that came before.
    pub interim: Vec<u16>,
}

impl Client {
    /// Connects; panics if nobody listens.
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).unwrap_or_else(|e| panic!("connect to {address}: {e}"))
    }

    /// Connects, or tells why not.
    pub fn try_connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Writes bytes as they are. A peer that has closed already is not an error here: what it said is still to be read.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        match self.try_send(bytes) {
            Ok(()) => self,
            Err(e) if matches!(e.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => self,
            Err(e) => panic!("send: {e}"),
        }
    }

    /// Writes bytes as they are, or tells why not.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    /// Sends a request without a body and reads the answer.
    pub fn get(&mut self, path: &str) -> Answer {
        self.request("GET", path, &[], "")
    }

    /// Sends a request with `Host: test`, the given headers and, if not empty, a body with Content-Length; reads the answer.
    pub fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.try_request(method, path, headers, body).unwrap_or_else(|e| panic!("{method} {path}: {e}"))
    }

    /// As [`Client::request`], but a broken connection or answer is a value.
    pub fn try_request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Answer> {
        self.try_send(format_request(method, path, headers, body))?;
        self.try_receive_for(method)
    }

    /// Reads the answer to a request that was not HEAD.
    pub fn receive(&mut self) -> Answer {
        self.try_receive().unwrap_or_else(|e| panic!("receive: {e}"))
    }

    /// As [`Client::receive`], but a broken connection or answer is a value.
    pub fn try_receive(&mut self) -> io::Result<Answer> {
        self.try_receive_for("GET")
    }

    /// Reads only a head: interim or final.
    pub fn receive_head(&mut self) -> Head {
        self.try_receive_head().unwrap_or_else(|e| panic!("receive head: {e}"))
    }

    /// Reads one chunk of a chunked body; `None` for the last.
    pub fn receive_chunk(&mut self) -> Option<Vec<u8>> {
        read_chunk(&mut self.stream).unwrap_or_else(|e| panic!("receive chunk: {e}"))
    }

    /// Reads exactly `length` bytes.
    pub fn receive_bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap_or_else(|e| panic!("receive {length} bytes: {e}"));
        bytes
    }

    /// Waits until the peer closes or resets; false if it sends something instead or keeps the connection beyond the deadline.
    pub fn is_closed(&mut self) -> bool {
        match self.stream.read(&mut [0]) {
            Ok(read) => read == 0,
            Err(e) => !matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// Whether a first byte (or the end) arrives within `limit`; nothing is consumed.
    pub fn hears_within(&mut self, limit: Duration) -> bool {
        let stream = self.stream.get_ref();
        stream.set_read_timeout(Some(limit)).expect("a limit is not zero");
        let heard = !self.stream.buffer().is_empty() || stream.peek(&mut [0]).is_ok();
        stream.set_read_timeout(Some(PATIENCE)).expect("patience is not zero");
        heard
    }

    /// Whether the peer has closed the connection already; does not wait.
    pub(crate) fn was_closed(&self) -> bool {
        let stream = self.stream.get_ref();
        stream.set_nonblocking(true).expect("a socket can be made non-blocking");
        let seen = stream.peek(&mut [0]);
        stream.set_nonblocking(false).expect("a socket can be made blocking");
        !matches!(seen, Err(e) if e.kind() == ErrorKind::WouldBlock)
    }

    /// Sends the end of the stream, reads until the peer's end or a reset, and returns what came.
    pub fn finish(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        if self.stream.get_ref().shutdown(Shutdown::Write).is_ok() {
            let _reset_is_an_end_too = self.stream.read_to_end(&mut rest);
        }
        rest
    }

    pub(crate) fn into_stream(self) -> BufReader<TcpStream> {
        self.stream
    }

    fn try_receive_head(&mut self) -> io::Result<Head> {
        Head::read(&mut self.stream)?.ok_or_else(|| ErrorKind::UnexpectedEof.into())
    }

    fn try_receive_for(&mut self, method: &str) -> io::Result<Answer> {
        let mut interim = Vec::new();
        loop {
            let head = self.try_receive_head()?;
            let status = head.word(1).parse().map_err(|e| io::Error::new(ErrorKind::InvalidData, e))?;
            if (100..200).contains(&status) && status != 101 {
                interim.push(status);
                continue;
            }
            let framing = head.answer_framing(method)?;
            let body = Body::read(&mut self.stream, framing)?;
            return Ok(Answer { status, head, body, interim });
        }
    }
}

impl Answer {
    /// First value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// First value of a trailer.
    pub fn trailer(&self, name: &str) -> Option<&str> {
        find(&self.body.trailers, name)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body.bytes).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body.bytes).unwrap_or_else(|e| panic!("{e} in {:?}", self.text()))
    }

    /// The body as an RFC 9457 problem, its form checked: media type, and the five members every answer of ours has.
    pub fn problem(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        for member in ["type", "title", "detail", "request_id"] {
            assert!(problem[member].as_str().is_some_and(|s| !s.is_empty()), "no {member} in {problem}");
        }
        assert_eq!(problem["status"], self.status, "{problem}");
        problem
    }
}

fn format_request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: test\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        request.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    request + "\r\n" + body
}
