//! The body of an instance's answer.
//!
//! Main type: [`Incoming`]. It reads from the connection when it is polled, so an instance is never read
//! faster than the client takes the answer. Its data points into the bytes that were read.

use super::connection::Connection;
use super::decode::Head;
use super::framing::{Decoder, Invalid, Step};
use super::outgoing::Outgoing;
use super::upload::{Unfinished, Upload, Uploaded};
use crate::upstream::headers;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use poundlock_tower::BodyError;
use std::io;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncRead;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Why a body broke off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broke {
    /// The connection failed.
    #[error("the connection failed")]
    Connection(#[source] io::Error),
    /// The instance closed the connection before the end of the body.
    #[error("the connection was closed before the end of the body")]
    Closed,
    /// The body is not in the coding that was announced.
    #[error(transparent)]
    Invalid(Invalid),
    /// The client broke off the request that this answers.
    #[error("the request broke off")]
    Request(#[source] BodyError),
}

/// A body on its way from an instance.
#[derive(Debug)]
pub(crate) struct Incoming {
    decoder: Decoder,
    source: Source,
    /// Whether the connection may be used again.
    keeps: bool,
}

#[derive(Debug)]
enum Source {
    /// The request is sent.
    Alone(Box<Connection>),
    /// The request is still being sent.
    Beside(Box<Connection<OwnedReadHalf>>, Upload),
    /// It has been sent in the meantime, or no more of it is taken.
    After(Box<Connection<OwnedReadHalf>>, Option<OwnedWriteHalf>),
    Gone,
}

/// What is left of a connection after an answer.
#[derive(Debug)]
pub(crate) enum Left {
    /// One that can serve the next request.
    Idle(Box<Connection>),
    /// One whose request is not all sent.
    Unfinished(Unfinished),
}

impl Incoming {
    /// The body that follows this head on this connection, while the rest of `request` is sent.
    pub(crate) fn new(connection: Box<Connection>, head: &Head, request: Outgoing) -> Self {
        let keeps = head.keeps && !request.is_stopped();
        let source = if request.is_sent() || request.is_stopped() {
            Source::Alone(connection)
        } else {
            let (connection, write) = connection.split();
            Source::Beside(Box::new(connection), Upload::start(request, write))
        };
        Self { decoder: Decoder::new(head.framing), source, keeps }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.decoder.is_done()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.decoder.size_hint()
    }

    /// As [`http_body::Body::poll_frame`].
    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broke>>> {
        if let Err(broken) = self.look_after_request(cx) {
            return Poll::Ready(Some(Err(Broke::Request(broken))));
        }
        match &mut self.source {
            Source::Alone(connection) => poll_frame(&mut self.decoder, connection, cx),
            Source::Beside(connection, _) | Source::After(connection, _) => {
                poll_frame(&mut self.decoder, connection, cx)
            }
            Source::Gone => Poll::Ready(None),
        }
    }

    /// Takes out what can be used again, once the body is over.
    pub(crate) fn take_left(&mut self) -> Option<Left> {
        match std::mem::replace(&mut self.source, Source::Gone) {
            _ if !self.keeps || !self.decoder.is_done() => None,
            Source::Alone(connection) => in_step(connection),
            Source::After(connection, write) => in_step(connection.join(write?).map(Box::new)?),
            Source::Beside(connection, upload) => Some(Left::Unfinished(Unfinished { connection, upload })),
            Source::Gone => None,
        }
    }

    fn look_after_request(&mut self, cx: &mut Context<'_>) -> Result<(), BodyError> {
        let Source::Beside(_, upload) = &mut self.source else { return Ok(()) };
        let Poll::Ready(uploaded) = upload.poll(cx) else { return Ok(()) };
        let Source::Beside(connection, _) = std::mem::replace(&mut self.source, Source::Gone) else {
            return Ok(());
        };
        let write = match uploaded {
            Uploaded::All(write) => Some(write),
            Uploaded::Stopped => None,
            Uploaded::Broken(broken) => return Err(broken),
        };
        self.source = Source::After(connection, write);
        Ok(())
    }
}

/// Bytes behind an answer belong to no request: who sends them may have framed the answer otherwise.
fn in_step(connection: Box<Connection>) -> Option<Left> {
    connection.buffer.is_empty().then_some(Left::Idle(connection))
}

fn poll_frame<S: AsyncRead + Unpin>(
    decoder: &mut Decoder,
    connection: &mut Connection<S>,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, Broke>>> {
    loop {
        match decoder.step(&mut connection.buffer) {
            Ok(Step::Data(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
            Ok(Step::Trailers(mut trailers)) => {
                headers::strip_trailers(&mut trailers);
                return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
            }
            Ok(Step::End) => return Poll::Ready(None),
            Ok(Step::More) => {}
            Err(invalid) => return Poll::Ready(Some(Err(Broke::Invalid(invalid)))),
        }
        match ready!(connection.poll_fill(cx)) {
            Ok(1..) => {}
            Ok(0) if decoder.close() => return Poll::Ready(None),
            Ok(0) => return Poll::Ready(Some(Err(Broke::Closed))),
            Err(error) => return Poll::Ready(Some(Err(Broke::Connection(error)))),
        }
    }
}
