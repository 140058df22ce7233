//! One connection to an instance, while it speaks HTTP/1.1.
//!
//! Main type: [`Connection`]. It needs no task: the request in progress reads and writes it from the
//! future that waits for the head and, later, from the body; idle, it is only a socket. Dropping it closes it.

use super::decode::{Head, HeadReader};
use super::framing::Invalid;
use super::outgoing::Outgoing;
use crate::upstream::pool::Slot;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::Body;
use poundlock_tower::BodyError;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Bytes to read at first. Enough for the head of nearly every answer, and for most of them whole.
const READ_MIN: usize = 8 << 10;
/// Bytes to read at once when an instance fills every buffer: fewer system calls for a download.
const READ_MAX: usize = 256 << 10;

/// A connection that is in step: everything before the next byte has been understood.
#[derive(Debug)]
pub(crate) struct Connection<S = TcpStream> {
    stream: S,
    /// What has been read and not been used.
    pub(super) buffer: BytesMut,
    /// Bytes to read at once.
    appetite: usize,
    /// Whether it has been more than at first.
    grown: bool,
    /// Whether it has served a request before, so that the instance may be closing it just now.
    pub(crate) reused: bool,
    slot: Slot,
}

/// Why there is no head.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The client's body broke.
    Client(BodyError),
    /// The instance closed the connection; whether it had begun to answer.
    Closed { begun: bool },
    /// What came is not HTTP.
    Invalid(Invalid),
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, slot: Slot) -> Self {
        Self { stream, buffer: BytesMut::new(), appetite: READ_MIN, grown: false, reused: false, slot }
    }

    /// Sends a request until its answer's head is here, which may be before all of it is sent. The
    /// headers become those of the map `spare`.
    ///
    /// # Errors
    /// [`Failure`]; the connection is of no more use.
    pub(crate) async fn answer<B>(
        &mut self,
        request: &mut Outgoing<B>,
        to_head: bool,
        spare: &mut HeaderMap,
    ) -> Result<Head, Failure>
    where
        B: Body<Data = Bytes, Error = BodyError> + Unpin,
    {
        let mut reader = HeadReader::default();
        poll_fn(|cx| {
            if let Poll::Ready(Err(broken)) = request.poll(cx, &mut self.stream) {
                return Poll::Ready(Err(Failure::Client(broken)));
            }
            loop {
                match reader.read(&mut self.buffer, to_head, spare) {
                    Ok(None) => {}
                    Ok(Some(head)) => return Poll::Ready(Ok(head)),
                    Err(invalid) => return Poll::Ready(Err(Failure::Invalid(invalid))),
                }
                if !matches!(ready!(self.poll_fill(cx)), Ok(1..)) {
                    let begun = reader.has_begun() || !self.buffer.is_empty();
                    return Poll::Ready(Err(Failure::Closed { begun }));
                }
            }
        })
        .await
    }

    /// Whether a request may be sent: the instance has not closed it, nor said anything unasked.
    pub(crate) fn is_idle(&self) -> bool {
        let nothing = self.stream.try_read(&mut [0]);
        self.buffer.is_empty() && nothing.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Gives back memory that only a large body needed.
    pub(crate) fn rest(&mut self) {
        if self.grown {
            (self.appetite, self.grown, self.buffer) = (READ_MIN, false, BytesMut::new());
        }
    }

    /// The socket, and what was read of what comes after HTTP.
    pub(crate) fn into_tunnel(self) -> (TcpStream, Bytes) {
        (self.stream, self.buffer.freeze())
    }

    /// Parts reading from writing.
    pub(super) fn split(self) -> (Connection<OwnedReadHalf>, OwnedWriteHalf) {
        let (stream, write) = self.stream.into_split();
        let Self { buffer, appetite, grown, reused, slot, .. } = self;
        (Connection { stream, buffer, appetite, grown, reused, slot }, write)
    }
}

impl Connection<OwnedReadHalf> {
    /// Puts both halves together again; `None` if they are not of one connection.
    pub(super) fn join(self, write: OwnedWriteHalf) -> Option<Connection> {
        let stream = self.stream.reunite(write).ok()?;
        let Self { buffer, appetite, grown, reused, slot, .. } = self;
        Some(Connection { stream, buffer, appetite, grown, reused, slot })
    }
}

impl<S: AsyncRead + Unpin> Connection<S> {
    /// Reads once; 0 is the end.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.buffer.capacity() - self.buffer.len() < self.appetite / 2 {
            self.buffer.reserve(self.appetite);
        }
        let room = self.buffer.capacity() - self.buffer.len();
        let n = ready!(pin!(self.stream.read_buf(&mut self.buffer)).poll(cx))?;
        if n == room {
            (self.appetite, self.grown) = ((self.appetite * 2).min(READ_MAX), true);
        } else if n < self.appetite / 4 {
            self.appetite = (self.appetite / 2).max(READ_MIN);
        }
        Poll::Ready(Ok(n))
    }
}
