//! A request on its way past the inspection.
//!
//! Main type: [`InspectFuture`]. It knows the states; what is looked at is `look`'s.

use super::body::{InspectedBody, Refusal};
use super::held::Held;
use super::pieces::Pieces;
use super::watch::Watch;
use crate::{BodyError, Rejection};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use pin_project_lite::pin_project;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_service::Service;

pin_project! {
    /// The inner call, or a refusal.
    pub struct InspectFuture<S: Service<Request<InspectedBody<B>>>, B> {
        #[pin]
        state: State<S, B, S::Future>,
    }
}

pin_project! {
    #[project = Projected]
    enum State<S, B, F> {
        // The beginning of the body waits for its verdict.
        Holding { holding: Box<Holding<B>>, then: Option<(S, Parts)> },
        // `refusal` is there when the body may still be refused.
        Admitted { #[pin] inner: F, refusal: Option<Refusal> },
        Denied { rejection: Option<Rejection> },
    }
}

/// A body of which nothing has passed yet.
pub(super) struct Holding<B> {
    /// `None` once they have passed on.
    watch: Option<Watch>,
    body: Option<Pieces<B>>,
    held: Held,
    most: usize,
    announced: bool,
}

impl<B: Body<Data = Bytes> + Unpin> Holding<B> {
    /// Holds up to `most` bytes.
    pub(super) fn new(watch: Watch, body: Pieces<B>, most: usize) -> Self {
        let announced = body.size_hint().exact().is_some();
        Self { watch: Some(watch), body: Some(body), held: Held::default(), most, announced }
    }
}

impl<S: Service<Request<InspectedBody<B>>>, B> InspectFuture<S, B> {
    pub(super) fn holding(holding: Holding<B>, ready: S, head: Parts) -> Self {
        Self { state: State::Holding { holding: Box::new(holding), then: Some((ready, head)) } }
    }

    pub(super) fn admitted(inner: S::Future) -> Self {
        Self { state: State::Admitted { inner, refusal: None } }
    }

    pub(super) fn denied(rejection: Rejection) -> Self {
        Self { state: State::Denied { rejection: Some(rejection) } }
    }
}

impl<S, B, R> Future for InspectFuture<S, B>
where
    S: Service<Request<InspectedBody<B>>, Response = Response<R>, Error: Into<Rejection>>,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Unpin,
{
    type Output = Result<Response<R>, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                Projected::Holding { holding, then } => match ready!(holding.poll(cx)) {
                    Ok((body, refusal)) => {
                        let (mut service, head) = then.take().expect(ONCE);
                        State::Admitted { inner: service.call(Request::from_parts(head, body)), refusal }
                    }
                    Err(rejection) => State::Denied { rejection: Some(rejection) },
                },
                Projected::Admitted { inner, refusal } => {
                    let result = ready!(inner.poll(cx));
                    // A service that reads its body itself sees only that it broke, and would blame something else.
                    let refused = refusal.as_ref().and_then(|refusal| refusal.get().cloned());
                    return Poll::Ready(refused.map_or(result.map_err(Into::into), Err));
                }
                Projected::Denied { rejection } => return Poll::Ready(Err(rejection.take().expect(ONCE))),
            };
            state.set(next);
        }
    }
}

const ONCE: &str = "a future is not polled after it was ready";

/// What may pass on, and through what it tells that its end may not.
type Released<B> = Result<(InspectedBody<B>, Option<Refusal>), Rejection>;

impl<B> Holding<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Unpin,
{
    /// Waits until all of the body has come and is no attack, or more of it than is held.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Released<B>> {
        let mut body = self.body.take().expect(ONCE);
        loop {
            let frame = match Pin::new(&mut body).poll_frame(cx) {
                Poll::Pending => {
                    self.body = Some(body);
                    return Poll::Pending;
                }
                Poll::Ready(None) => return Poll::Ready(self.whole(None)),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(BodyError::of(error).rejection())),
                Poll::Ready(Some(Ok(frame))) => frame,
            };
            let data = match frame.into_data().map_err(Frame::into_trailers) {
                Ok(data) => data,
                Err(trailers) => return Poll::Ready(self.whole(trailers.ok())),
            };
            self.watch.as_mut().expect(ONCE).feed(&data)?;
            if self.held.len() + data.len() > self.most {
                return Poll::Ready(Ok(self.rest(data, body)));
            }
            self.held.push(data);
            if body.is_end_stream() {
                return Poll::Ready(self.whole(None));
            }
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Holding<B> {
    /// All of it has come.
    fn whole(&mut self, trailers: Option<HeaderMap>) -> Released<B> {
        self.watch.take().expect(ONCE).finish(trailers.as_ref())?;
        let held = std::mem::take(&mut self.held);
        Ok((InspectedBody::whole(held, trailers, self.announced), None))
    }

    /// More has come than is held.
    fn rest(&mut self, next: Bytes, body: Pieces<B>) -> (InspectedBody<B>, Option<Refusal>) {
        let (held, watch) = (std::mem::take(&mut self.held), self.watch.take().expect(ONCE));
        let refusal = Refusal::default();
        (InspectedBody::rest(held, next, body, watch, refusal.clone()), Some(refusal))
    }
}
