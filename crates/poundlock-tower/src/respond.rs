//! [`Rejection`] → HTTP, in one place.
//!
//! Main type: [`RespondLayer`]. Order: below `observe`, which counts what this answers; above every
//! layer that may refuse, so that nothing further out can fail. It decides nothing.
//!
//! ```
//! use poundlock_tower::{Rejection, RespondLayer, ResponseBody};
//! use tower_layer::Layer;
//! # use tower_service::Service;
//! # use http_body_util::Empty;
//! # use bytes::Bytes;
//! # #[derive(Clone)] struct Refuse;
//! # impl Service<http::Request<()>> for Refuse {
//! #   type Response = http::Response<Empty<Bytes>>; type Error = Rejection;
//! #   type Future = std::future::Ready<Result<Self::Response, Rejection>>;
//! #   fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Rejection>> { Ok(()).into() }
//! #   fn call(&mut self, _: http::Request<()>) -> Self::Future { std::future::ready(Err(Rejection::NoRoute)) }
//! # }
//! let mut service = RespondLayer.layer(Refuse);
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let response = service.call(http::Request::new(())).await.unwrap();
//! assert_eq!(response.status(), 404);
//! # });
//! ```

use crate::{Correlation, Rejection, ResponseBody};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_layer::Layer;
use tower_service::Service;

/// Makes a [`RespondService`].
#[derive(Debug, Clone, Copy, Default)]
pub struct RespondLayer;

/// Answers the rejections of the inner service. Cannot fail.
#[derive(Debug, Clone)]
pub struct RespondService<S> {
    inner: S,
}

impl<S> Layer<S> for RespondLayer {
    type Service = RespondService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RespondService { inner }
    }
}

impl<S, Req, Res> Service<Request<Req>> for RespondService<S>
where
    S: Service<Request<Req>, Response = Response<Res>, Error: Into<Rejection>>,
    Res: Body<Data = Bytes>,
{
    type Response = Response<ResponseBody<Res>>;
    type Error = Infallible;
    type Future = RespondFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A service that is not ready for good says so again when it is called.
        self.inner.poll_ready(cx).map(|_| Ok(()))
    }

    fn call(&mut self, request: Request<Req>) -> Self::Future {
        let correlation = request.extensions().get::<Correlation>().cloned();
        RespondFuture { inner: self.inner.call(request), correlation }
    }
}

pin_project! {
    /// Waits for the inner answer or refusal.
    pub struct RespondFuture<F> {
        #[pin]
        inner: F,
        correlation: Option<Correlation>,
    }
}

impl<F, Res, E> Future for RespondFuture<F>
where
    F: Future<Output = Result<Response<Res>, E>>,
    E: Into<Rejection>,
{
    type Output = Result<Response<ResponseBody<Res>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        Poll::Ready(Ok(match ready!(this.inner.poll(cx)) {
            Ok(response) => response.map(ResponseBody::inner),
            Err(error) => {
                let rejection: Rejection = error.into();
                let id = this.correlation.as_ref().map(Correlation::request_id);
                let mut response = rejection.to_response(id).map(ResponseBody::own);
                response.extensions_mut().insert(rejection);
                response
            }
        }))
    }
}
