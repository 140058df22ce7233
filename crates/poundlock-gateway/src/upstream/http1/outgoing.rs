//! A request on its way to an instance.
//!
//! Main type: [`Outgoing`]. Its serialized head is also the copy for a replay. It gathers small pieces so
//! that a head and a small body are one write, passes large ones on without a copy, and never holds
//! more than a piece. It knows no connection.

use super::encode::{self, Framing};
use crate::upstream::RequestBody;
use crate::upstream::headers;
use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderName, request};
use http_body::{Body, Frame};
use poundlock_tower::BodyError;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite;

/// Bytes gathered before they are written.
const GATHER_MAX: usize = 16 << 10;
/// The largest piece that is copied behind others rather than written from where it is.
const COPY_MAX: usize = 8 << 10;

/// A request head in its final form, and what is to come of the body.
#[derive(Debug)]
pub(crate) struct Outgoing<B = RequestBody> {
    /// Serialized bytes, of which `at` are written.
    out: Vec<u8>,
    at: usize,
    /// A large piece of the body, to be written after `out`.
    piece: Bytes,
    /// `None` when all of it has been taken in.
    body: Option<B>,
    framing: Framing,
    announced: Vec<HeaderName>,
    /// Whether all of it is kept and may be sent twice.
    replayable: bool,
    /// Whether a byte has been written.
    left: bool,
    /// Whether the instance takes no more.
    stopped: bool,
}

/// One that is sent, for the place of another.
impl<B> Default for Outgoing<B> {
    fn default() -> Self {
        Self {
            out: Vec::new(),
            at: 0,
            piece: Bytes::new(),
            body: None,
            framing: Framing::Empty,
            announced: Vec::new(),
            replayable: false,
            left: false,
            stopped: false,
        }
    }
}

impl<B: Body<Data = Bytes, Error = BodyError> + Unpin> Outgoing<B> {
    /// Serializes the head, with header lines that are not in its map. A body that is known to be
    /// empty is none.
    pub(crate) fn new(head: &request::Parts, lines: &[u8], body: B) -> Self {
        let body = Some(body).filter(|body| !body.is_end_stream());
        let framing = match &body {
            None => Framing::Empty,
            Some(body) => body.size_hint().exact().map_or(Framing::Chunked, Framing::Length),
        };
        let announced = match framing {
            Framing::Chunked => encode::announced(&head.headers),
            _ => Vec::new(),
        };
        let replayable = body.is_none() && head.method.is_safe();
        Self {
            out: encode::head(head, lines, framing),
            body,
            framing,
            announced,
            replayable,
            ..Self::default()
        }
    }

    /// Whether all of the request is still here and may be sent, or sent again.
    pub(crate) fn can_replay(&self) -> bool {
        self.replayable || !self.left
    }

    /// Goes back to the start, if that is allowed.
    pub(crate) fn rewind(&mut self) -> bool {
        if !self.can_replay() {
            return false;
        }
        (self.at, self.stopped) = (0, false);
        true
    }

    /// Whether every byte has been written.
    pub(crate) fn is_sent(&self) -> bool {
        self.body.is_none() && self.is_written()
    }

    /// Whether the instance has taken less than all of it and will take no more.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Writes until all is written, or the instance takes no more: it may have answered already, so
    /// that is for its answer to say.
    ///
    /// # Errors
    /// The client's body broke, and with it the request.
    pub(super) fn poll<W: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        to: &mut W,
    ) -> Poll<Result<(), BodyError>> {
        while !self.stopped {
            self.gather(cx)?;
            if self.is_written() {
                return if self.body.is_none() { Poll::Ready(Ok(())) } else { Poll::Pending };
            }
            match ready!(self.poll_write(cx, to)) {
                Ok(n) if n > 0 => self.written(n),
                Ok(_) | Err(_) => self.stopped = true,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn is_written(&self) -> bool {
        self.at == self.out.len() && self.piece.is_empty()
    }

    fn poll_write<W: AsyncWrite + Unpin>(&self, cx: &mut Context<'_>, to: &mut W) -> Poll<io::Result<usize>> {
        let out = &self.out[self.at..];
        match (out.is_empty(), self.piece.is_empty()) {
            (_, true) => Pin::new(to).poll_write(cx, out),
            (true, false) => Pin::new(to).poll_write(cx, &self.piece),
            (false, false) => {
                Pin::new(to).poll_write_vectored(cx, &[IoSlice::new(out), IoSlice::new(&self.piece)])
            }
        }
    }

    fn written(&mut self, n: usize) {
        self.left = true;
        let of_out = n.min(self.out.len() - self.at);
        self.at += of_out;
        if !self.replayable && self.at == self.out.len() {
            (self.at, _) = (0, self.out.clear());
        }
        if n > of_out {
            self.piece.advance(n - of_out);
            if self.piece.is_empty() {
                self.piece = Bytes::new();
                self.end_of_piece();
            }
        }
    }

    /// Takes in what there is of the body, up to a large piece or enough small ones.
    fn gather(&mut self, cx: &mut Context<'_>) -> Result<(), BodyError> {
        while self.piece.is_empty() && self.out.len() - self.at < GATHER_MAX {
            let Some(body) = &mut self.body else { break };
            let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) else { break };
            match frame.transpose()?.map(Frame::into_data) {
                Some(Ok(data)) => self.data(data)?,
                Some(Err(frame)) => self.end(frame.into_trailers().unwrap_or_default())?,
                None => self.end(HeaderMap::new())?,
            }
        }
        Ok(())
    }

    fn data(&mut self, data: Bytes) -> Result<(), BodyError> {
        match &mut self.framing {
            _ if data.is_empty() => return Ok(()),
            Framing::Chunked => encode::chunk_size(&mut self.out, data.len()),
            Framing::Length(rest) => {
                *rest = rest.checked_sub(data.len() as u64).ok_or_else(out_of_step)?;
                if *rest == 0 {
                    self.body = None;
                }
            }
            Framing::Empty => return Err(out_of_step()),
        }
        if data.len() > COPY_MAX {
            self.piece = data;
        } else {
            self.out.extend_from_slice(&data);
            self.end_of_piece();
        }
        Ok(())
    }

    fn end_of_piece(&mut self) {
        if self.framing == Framing::Chunked {
            self.out.extend_from_slice(b"\r\n");
        }
    }

    fn end(&mut self, mut trailers: HeaderMap) -> Result<(), BodyError> {
        self.body = None;
        match self.framing {
            Framing::Length(1..) => return Err(out_of_step()),
            Framing::Length(0) | Framing::Empty => {}
            Framing::Chunked if trailers.is_empty() => self.out.extend_from_slice(encode::LAST_CHUNK),
            Framing::Chunked => {
                headers::strip_trailers(&mut trailers);
                encode::trailers(&mut self.out, &trailers, &self.announced);
            }
        }
        Ok(())
    }
}

/// A body that is not as long as it said. hyper holds clients to their word, so this does not happen.
fn out_of_step() -> BodyError {
    BodyError::Downstream(io::Error::from(io::ErrorKind::UnexpectedEof).into())
}

#[cfg(test)]
mod tests;
