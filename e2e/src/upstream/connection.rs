//! One accepted [`Connection`] as a script sees it: read a request whole or in pieces, write bytes, reset, wait for the end.
//!
//! It records what it reads. It does not decide anything.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use socket2::SockRef;

use super::{Record, Seen, lock};
use crate::wire::{Body, Head, read_chunk};

/// The upstream's end of one connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
    record: Arc<Record>,
    /// Which accepted connection this is, counted from 0.
    pub number: usize,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, number: usize, record: Arc<Record>) -> Self {
        let _only_slower_without = stream.set_nodelay(true);
        Self { stream: BufReader::new(stream), record, number }
    }

    /// Reads a complete request and records it; `None` when the peer has closed or sent something broken.
    pub fn read(&mut self) -> Option<Seen> {
        let head = self.read_head()?;
        let body = head.request_framing().and_then(|framing| Body::read(&mut self.stream, framing));
        let body = body.map_err(|e| self.record_broken(&head.start, &e)).ok()?;
        let seen = Seen { connection: self.number, head, body };
        lock(&self.record.seen).push(seen.clone());
        Some(seen)
    }

    /// Reads a request head and records it; `None` when the peer has closed or sent something broken.
    pub fn read_head(&mut self) -> Option<Head> {
        let head = Head::read(&mut self.stream).map_err(|e| self.record_broken("head", &e)).ok()??;
        lock(&self.record.heads).push(head.clone());
        Some(head)
    }

    /// Reads one chunk of a chunked request body; `None` for the last one or a broken body.
    pub fn read_chunk(&mut self) -> Option<Vec<u8>> {
        read_chunk(&mut self.stream).map_err(|e| self.record_broken("chunk", &e)).ok()?
    }

    /// Waits for the first byte of a request without reading it; false if the peer closed instead.
    pub fn wait_for_bytes(&mut self) -> bool {
        self.stream.fill_buf().is_ok_and(|bytes| !bytes.is_empty())
    }

    /// Writes bytes as they are; false when the peer is gone.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.get_mut().write_all(bytes.as_ref()).is_ok()
    }

    /// Writes a 200 with `body`; false when the peer is gone.
    pub fn ok(&mut self, body: &str) -> bool {
        self.write(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
    }

    /// Waits until the peer closes or resets, and counts it.
    pub fn wait_gone(&mut self) {
        loop {
            match self.stream.fill_buf() {
                Ok([]) => break,
                Ok(bytes) => {
                    let read = bytes.len();
                    self.stream.consume(read);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.record.gone.fetch_add(1, Ordering::SeqCst);
    }

    /// Makes the close at the end of the script a reset (RST) instead of an orderly end (FIN).
    pub fn reset_at_end(&mut self) {
        drop(lock(&self.record.open).remove(&self.number));
        let socket = SockRef::from(self.stream.get_ref());
        socket.set_linger(Some(Duration::ZERO)).expect("SO_LINGER can be set");
    }

    /// Both directions of the socket, for protocols other than HTTP.
    pub fn stream(&mut self) -> &mut BufReader<TcpStream> {
        &mut self.stream
    }

    fn record_broken(&self, what: &str, error: &std::io::Error) {
        if !self.record.stopping.load(Ordering::SeqCst) {
            lock(&self.record.broken).push(format!("connection {}, {what}: {error}", self.number));
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if lock(&self.record.open).remove(&self.number).is_some() {
            let _already_closed = self.stream.get_ref().shutdown(Shutdown::Both);
        }
    }
}
