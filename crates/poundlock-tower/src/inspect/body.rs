//! A request body behind the inspection.
//!
//! Main type: [`InspectedBody`]. It has the framing of the body below: a length that was announced stays announced, and
//! one that was not is not made up; trailers pass.

mod passing;

use super::held::Held;
use super::pieces::Pieces;
use super::watch::Watch;
use crate::{BodyError, Rejection};
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use passing::Passing;
use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

/// Through which a body tells the call that it belongs to that it was refused.
pub(super) type Refusal = Arc<OnceLock<Rejection>>;

/// A request body that has been looked at, or is while it passes.
pub struct InspectedBody<B>(Source<B>);

enum Source<B> {
    /// It is not looked at, or there is none.
    Untouched(B),
    /// All of it has been looked at.
    Whole(Whole),
    Passing(Box<Passing<B>>),
}

/// A complete body.
struct Whole {
    data: Option<Bytes>,
    trailers: Option<HeaderMap>,
    announced: bool,
    ended: bool,
}

impl<B: Body<Data = Bytes> + Unpin> InspectedBody<B> {
    pub(super) fn untouched(body: B) -> Self {
        Self(Source::Untouched(body))
    }

    /// A body that was complete while it was held; whether its length was announced.
    pub(super) fn whole(held: Held, trailers: Option<HeaderMap>, announced: bool) -> Self {
        let data = Some(held.into_bytes()).filter(|data| !data.is_empty());
        Self(Source::Whole(Whole { data, trailers, announced, ended: false }))
    }

    /// A body that is told about while it passes.
    pub(super) fn told(body: Pieces<B>, watch: Watch) -> Self {
        Self(Source::Passing(Box::new(Passing::told(body, watch))))
    }

    /// The rest of a body that is longer than what is held of it: `next` has been looked at too.
    pub(super) fn rest(held: Held, next: Bytes, body: Pieces<B>, watch: Watch, refusal: Refusal) -> Self {
        let first = held.into_bytes();
        Self(Source::Passing(Box::new(Passing::rest(first, next, body, watch, refusal))))
    }
}

impl<B> Body for InspectedBody<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Unpin,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.get_mut().0 {
            Source::Untouched(body) => {
                Pin::new(body).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(BodyError::of)))
            }
            Source::Whole(whole) => Poll::Ready(whole.next().map(Ok)),
            Source::Passing(passing) => passing.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::Untouched(body) => body.is_end_stream(),
            Source::Whole(whole) => {
                whole.ended || whole.announced && whole.data.is_none() && whole.trailers.is_none()
            }
            Source::Passing(passing) => passing.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Untouched(body) => body.size_hint(),
            Source::Whole(Whole { announced: true, data, .. }) => {
                SizeHint::with_exact(data.as_ref().map_or(0, |data| data.len() as u64))
            }
            Source::Whole(_) => SizeHint::default(),
            Source::Passing(passing) => passing.size_hint(),
        }
    }
}

impl Whole {
    fn next(&mut self) -> Option<Frame<Bytes>> {
        if let Some(data) = self.data.take() {
            return Some(Frame::data(data));
        }
        let trailers = self.trailers.take().map(Frame::trailers);
        self.ended = trailers.is_none();
        trailers
    }
}
