//! A request body behind the inspection.
//!
//! Main type: [`InspectedBody`].

use crate::BodyError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// A request body that has been looked at, or is while it passes.
    pub struct InspectedBody<B> {
        #[pin]
        body: B,
    }
}

impl<B> InspectedBody<B> {
    pub(super) fn untouched(body: B) -> Self {
        Self { body }
    }
}

impl<B> Body for InspectedBody<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = self.project().body.poll_frame(cx);
        polled.map(|frame| frame.map(|frame| frame.map_err(BodyError::of)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
