//! The body of an answer, as the stack sees it.
//!
//! Main type: [`UpstreamBody`]. It gives the connection back to the pool at the end, counts the
//! exchange, and breaks off when nothing moves for too long. It does not buffer.

use super::exchange::Exchange;
use super::http1::{Broke, Incoming};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// Why a response body ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResponseBroke {
    /// The instance closed or sent something that is not HTTP.
    #[error("the instance broke off its answer")]
    Upstream(#[source] Broke),
    /// Nothing came for the service's idle time-out.
    #[error("the instance sent nothing for {0:?}")]
    Idle(Duration),
}

/// A response body on its way to the client.
pub(crate) struct UpstreamBody {
    // `None` when it never had one: the connection has become something other than HTTP.
    body: Option<Incoming>,
    // Ends the exchange well at the end of the body, and as broken off when dropped before.
    exchange: Option<Exchange>,
    idle: Duration,
    // Made at the first wait: a small answer is there at once and needs no timer.
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl UpstreamBody {
    pub(crate) fn new(body: Incoming, exchange: Exchange, idle: Duration) -> Self {
        let mut this = Self { body: Some(body), exchange: Some(exchange), idle, timer: None, waiting: false };
        if this.is_end_stream() {
            this.complete();
        }
        this
    }

    /// The body of a `101`.
    pub(crate) fn none(exchange: Exchange) -> Self {
        exchange.complete(None);
        Self { body: None, exchange: None, idle: Duration::MAX, timer: None, waiting: false }
    }

    fn complete(&mut self) {
        let left = self.body.as_mut().and_then(Incoming::take_left);
        if let Some(exchange) = self.exchange.take() {
            exchange.complete(left);
        }
    }

    fn broken(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            exchange.broken();
        }
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = ResponseBroke;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ResponseBroke>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        let Poll::Ready(frame) = body.poll_frame(cx) else {
            return poll_idle(&mut this.timer, &mut this.waiting, this.idle, cx);
        };
        this.waiting = false;
        match &frame {
            Some(Err(_)) => this.broken(),
            _ if this.is_end_stream() => this.complete(),
            _ => {}
        }
        Poll::Ready(frame.map(|frame| frame.map_err(ResponseBroke::Upstream)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), Incoming::size_hint)
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
