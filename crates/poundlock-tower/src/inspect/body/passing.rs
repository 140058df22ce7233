//! A body that is looked at while it passes.
//!
//! Main type: [`Passing`]. When blocking, the last piece that has come waits until it is known whether it is the last of
//! all: the service does not see the end of a body that is refused. When only told, nothing waits.

use super::super::pieces::Pieces;
use super::super::watch::Watch;
use super::Refusal;
use crate::{BodyError, Rejection};
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A body on its way.
pub(super) struct Passing<B> {
    watch: Watch,
    body: Pieces<B>,
    /// What was held, and goes first.
    first: Bytes,
    /// The last piece that came, when blocking.
    last: Bytes,
    trailers: Option<HeaderMap>,
    /// Where a refusal is told, when blocking.
    refusal: Option<Refusal>,
    /// Bytes that are still to be handed on, if their number was announced.
    left: Option<u64>,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Open,
    /// All has come and may pass.
    Complete,
    /// All has been handed on.
    Ended,
    Refused(Rejection),
}

impl<B: Body<Data = Bytes> + Unpin> Passing<B> {
    pub(super) fn told(body: Pieces<B>, watch: Watch) -> Self {
        let left = body.size_hint().exact();
        Self::new(watch, body, left)
    }

    pub(super) fn rest(first: Bytes, last: Bytes, body: Pieces<B>, watch: Watch, refusal: Refusal) -> Self {
        let left = body.size_hint().exact().map(|rest| rest + (first.len() + last.len()) as u64);
        Self { first, last, refusal: Some(refusal), ..Self::new(watch, body, left) }
    }

    fn new(watch: Watch, body: Pieces<B>, left: Option<u64>) -> Self {
        let (first, last) = (Bytes::new(), Bytes::new());
        Self { watch, body, first, last, trailers: None, refusal: None, left, state: State::Open }
    }

    pub(super) fn is_end_stream(&self) -> bool {
        let at_end = self.state == State::Complete && self.left == Some(0) && self.trailers.is_none();
        self.state == State::Ended || at_end
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }

    fn data(&mut self, data: Bytes) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn refuse(&mut self, rejection: Rejection) {
        if let Some(refusal) = &self.refusal {
            // It is refused once.
            let _ = refusal.set(rejection.clone());
        }
        (self.first, self.last, self.trailers) = (Bytes::new(), Bytes::new(), None);
        self.state = State::Refused(rejection);
    }

    /// Looks at a piece, and gives what may pass now.
    fn take(&mut self, data: Bytes) -> Option<Bytes> {
        if let Err(rejection) = self.watch.feed(&data) {
            self.refuse(rejection);
            return None;
        }
        if self.body.is_end_stream() {
            self.complete();
        }
        match self.state {
            State::Refused(_) => None,
            _ if self.refusal.is_some() => Some(std::mem::replace(&mut self.last, data)),
            _ => Some(data),
        }
    }

    fn complete(&mut self) {
        match self.watch.finish(self.trailers.as_ref()) {
            Ok(()) => self.state = State::Complete,
            Err(rejection) => self.refuse(rejection),
        }
    }
}

impl<B> Passing<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Unpin,
{
    /// As [`Body::poll_frame`].
    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            if let State::Refused(rejection) = &self.state {
                return Poll::Ready(Some(Err(BodyError::Refused(rejection.clone()))));
            }
            if !self.first.is_empty() {
                let first = std::mem::take(&mut self.first);
                return self.data(first);
            }
            if self.state != State::Open {
                return self.remains();
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data().map_err(Frame::into_trailers) {
                    Ok(data) => match self.take(data) {
                        Some(data) if !data.is_empty() => return self.data(data),
                        _ => {}
                    },
                    Err(trailers) => {
                        self.trailers = trailers.ok();
                        self.complete();
                    }
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(BodyError::of(error)))),
                None => self.complete(),
            }
        }
    }

    /// What is left when all has come and may pass.
    fn remains(&mut self) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if !self.last.is_empty() {
            let last = std::mem::take(&mut self.last);
            return self.data(last);
        }
        if let Some(trailers) = self.trailers.take() {
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        self.state = State::Ended;
        Poll::Ready(None)
    }
}
