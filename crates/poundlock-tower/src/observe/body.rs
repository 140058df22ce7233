//! A response body that says when it is over.
//!
//! Main type: [`ObservedBody`]. It changes nothing of what passes.

use super::Tally;
use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use poundlock_observe::http::{ErrorType, HttpRecorder, Method};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// Counts the bytes of an answer, and the request when they end.
    pub struct ObservedBody<B, R: HttpRecorder> {
        #[pin]
        body: B,
        tally: Tally<R>,
        // Servers stop polling a body once its announced length is out.
        expected: Option<u64>,
    }
}

impl<B: Body, R: HttpRecorder> ObservedBody<B, R> {
    pub(crate) fn new(body: B, mut tally: Tally<R>) -> Self {
        let expected = body.size_hint().exact();
        // Servers never poll the body of an answer to HEAD, or one that is over already.
        if body.is_end_stream() || tally.method == Method::Head {
            tally.finish(None);
        }
        Self { body, tally, expected }
    }
}

impl<B: Body, R: HttpRecorder> Body for ObservedBody<B, R> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.body.as_mut().poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                this.tally.response_bytes += frame.data_ref().map_or(0, |data| data.remaining() as u64);
                if this.body.is_end_stream() || *this.expected == Some(this.tally.response_bytes) {
                    this.tally.finish(None);
                }
            }
            Some(Err(_)) => this.tally.finish(Some(ErrorType::UpstreamReset)),
            None => this.tally.finish(None),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
