//! Health and metrics on a public listener, where it has `ops`.
//!
//! Main type: [`OpsLayer`]. It decides nothing: the `route` layer has.

use crate::routing::Matched;
use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;
use poundlock_tower::{Operations, Rejection, ResponseBody};
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Makes an [`Ops`].
#[derive(Clone)]
pub(crate) struct OpsLayer {
    operations: Operations,
}

impl OpsLayer {
    pub(crate) fn new(operations: Operations) -> Self {
        Self { operations }
    }
}

impl<S> Layer<S> for OpsLayer {
    type Service = Ops<S>;

    fn layer(&self, inner: S) -> Ops<S> {
        Ops { inner, operations: self.operations.clone() }
    }
}

/// Answers requests for our own paths.
#[derive(Clone)]
pub(crate) struct Ops<S> {
    inner: S,
    operations: Operations,
}

impl<S, B, R> Service<Request<B>> for Ops<S>
where
    S: Service<Request<B>, Response = Response<R>, Error = Rejection>,
{
    type Response = Response<ResponseBody<R>>;
    type Error = Rejection;
    type Future = OpsFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> OpsFuture<S::Future> {
        if request.extensions().get::<Matched>().is_none_or(|matched| matched.ops.is_none()) {
            return OpsFuture::Pass { inner: self.inner.call(request) };
        }
        let (head, _) = request.into_parts();
        OpsFuture::Own { response: Some(self.operations.respond(&head)) }
    }
}

pin_project! {
    #[project = Projected]
    pub(crate) enum OpsFuture<F> {
        Pass { #[pin] inner: F },
        Own { response: Option<Response<Bytes>> },
    }
}

impl<F, R> Future for OpsFuture<F>
where
    F: Future<Output = Result<Response<R>, Rejection>>,
{
    type Output = Result<Response<ResponseBody<R>>, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Projected::Pass { inner } => inner.poll(cx).map_ok(|r| r.map(ResponseBody::inner)),
            Projected::Own { response } => {
                let response = response.take().expect("a future is not polled after it was ready");
                Poll::Ready(Ok(response.map(ResponseBody::own)))
            }
        }
    }
}
