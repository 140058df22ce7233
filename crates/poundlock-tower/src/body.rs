//! The bodies that pass through the stack.
//!
//! Main types: [`ResponseBody`], an answer of the inner service or of our own, and [`BodyError`],
//! which side broke a request body. They buffer nothing.

use crate::Rejection;
use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Why a request body ended early. Layers that forward a body look for it in the error's source
/// chain to tell a client's failure from the upstream's.
#[derive(Debug)]
pub enum BodyError {
    /// The client broke off or sent something that is not HTTP.
    Downstream(Box<dyn std::error::Error + Send + Sync>),
    /// The body passed the cap, in bytes.
    TooLarge(u64),
    /// An inspection refused it.
    Refused(Rejection),
}

impl BodyError {
    /// The error of a body below: one of ours stays what it is.
    pub(crate) fn of(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        match error.into().downcast() {
            Ok(ours) => *ours,
            Err(other) => BodyError::Downstream(other),
        }
    }

    /// Why the client gets what it gets.
    pub fn rejection(&self) -> Rejection {
        match self {
            BodyError::TooLarge(cap) => Rejection::BodyTooLarge(*cap),
            BodyError::Refused(rejection) => rejection.clone(),
            BodyError::Downstream(error) if is_malformed(&**error) => {
                Rejection::BadRequest("the chunked coding of the request body is broken")
            }
            BodyError::Downstream(_) => Rejection::ClientGone,
        }
    }
}

/// hyper reports a broken transfer coding as an I/O error of one of these kinds, and a client that
/// has gone as one of others.
fn is_malformed(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{InvalidData, InvalidInput};
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|e| matches!(e.kind(), InvalidData | InvalidInput))
        || error.source().is_some_and(is_malformed)
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BodyError::Downstream(_) => f.write_str("the client broke off its request body"),
            BodyError::TooLarge(cap) => write!(f, "the request body is longer than {cap} bytes"),
            BodyError::Refused(_) => f.write_str("the request body was refused"),
        }
    }
}

impl std::error::Error for BodyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BodyError::Downstream(e) => Some(&**e),
            BodyError::TooLarge(_) | BodyError::Refused(_) => None,
        }
    }
}

pin_project! {
    /// A response body: streamed from the inner service, or a complete one of our own.
    pub struct ResponseBody<B> {
        #[pin]
        source: Source<B>,
    }
}

pin_project! {
    #[project = Projected]
    enum Source<B> {
        Inner { #[pin] body: B },
        // `None` once it has been sent.
        Own { bytes: Option<Bytes> },
    }
}

impl<B> ResponseBody<B> {
    /// A body of the inner service.
    pub fn inner(body: B) -> Self {
        Self { source: Source::Inner { body } }
    }

    /// A complete body of our own.
    pub fn own(bytes: Bytes) -> Self {
        Self { source: Source::Own { bytes: Some(bytes).filter(|b| b.has_remaining()) } }
    }
}

impl<B: Body<Data = Bytes>> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.project().source.project() {
            Projected::Inner { body } => body.poll_frame(cx),
            Projected::Own { bytes } => Poll::Ready(bytes.take().map(|b| Ok(Frame::data(b)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Inner { body } => body.is_end_stream(),
            Source::Own { bytes } => bytes.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Inner { body } => body.size_hint(),
            Source::Own { bytes } => SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64)),
        }
    }
}
