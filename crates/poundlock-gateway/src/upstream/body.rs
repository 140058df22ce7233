//! The two bodies of an upstream exchange.
//!
//! Main types: [`RequestBody`], what hyper sends, and [`UpstreamBody`], what comes back: it gives
//! the connection back to the pool at the end, counts the exchange, and breaks off when nothing
//! moves for too long. Neither buffers.

use super::exchange::Exchange;
use super::headers;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use poundlock_tower::{BodyError, CappedBody};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

pin_project! {
    /// A request body on its way to an instance.
    #[project = Projected]
    pub(crate) enum RequestBody {
        /// Nothing to send, so the request can be sent again.
        Empty,
        /// The client's body as it arrives.
        Stream { #[pin] body: CappedBody<Incoming> },
    }
}

impl std::fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Empty) { "Empty" } else { "Stream" })
    }
}

impl RequestBody {
    /// A body that is known to be empty becomes one that can be sent again.
    pub(crate) fn new(body: CappedBody<Incoming>) -> Self {
        if body.is_end_stream() { Self::Empty } else { Self::Stream { body } }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.project() {
            Projected::Empty => Poll::Ready(None),
            Projected::Stream { body } => body.poll_frame(cx).map_ok(|mut frame| {
                if let Some(trailers) = frame.trailers_mut() {
                    headers::strip_trailers(trailers);
                }
                frame
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Stream { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Stream { body } => body.size_hint(),
        }
    }
}

/// Why a response body ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResponseBroke {
    /// The instance closed or sent something that is not HTTP.
    #[error("the instance broke off its answer")]
    Upstream(#[source] hyper::Error),
    /// Nothing came for the service's idle time-out.
    #[error("the instance sent nothing for {0:?}")]
    Idle(Duration),
}

pin_project! {
    /// A response body on its way to the client.
    pub(crate) struct UpstreamBody {
        #[pin]
        body: Incoming,
        // Ends the exchange well at the end of the body, and as broken off when dropped before.
        exchange: Option<Exchange>,
        idle: Duration,
        // Made at the first wait: a small answer is there at once and needs no timer.
        timer: Option<Pin<Box<Sleep>>>,
        waiting: bool,
    }
}

impl UpstreamBody {
    pub(crate) fn new(body: Incoming, exchange: Exchange, idle: Duration) -> Self {
        let mut exchange = Some(exchange);
        if let Some(exchange) = exchange.take_if(|_| body.is_end_stream()) {
            exchange.complete();
        }
        Self { body, exchange, idle, timer: None, waiting: false }
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = ResponseBroke;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ResponseBroke>>> {
        let mut this = self.project();
        let Poll::Ready(frame) = this.body.as_mut().poll_frame(cx) else {
            return poll_idle(this.timer, this.waiting, *this.idle, cx);
        };
        *this.waiting = false;
        let result = match frame {
            Some(Ok(frame)) => {
                if let Some(exchange) = this.exchange.take_if(|_| this.body.is_end_stream()) {
                    exchange.complete();
                }
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                if let Some(exchange) = this.exchange.take() {
                    exchange.broken();
                }
                Some(Err(ResponseBroke::Upstream(error)))
            }
            None => {
                if let Some(exchange) = this.exchange.take() {
                    exchange.complete();
                }
                None
            }
        };
        Poll::Ready(result)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn poll_idle<T>(
    timer: &mut Option<Pin<Box<Sleep>>>,
    waiting: &mut bool,
    idle: Duration,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<T, ResponseBroke>>> {
    let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(idle)));
    if !*waiting {
        timer.as_mut().reset(Instant::now() + idle);
        *waiting = true;
    }
    timer.as_mut().poll(cx).map(|()| Some(Err(ResponseBroke::Idle(idle))))
}
