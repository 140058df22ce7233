//! Bounds a request body in bytes, and counts it.
//!
//! Main types: [`BodyCapLayer`] and [`CappedBody`]. A declared length above the cap is refused
//! before a byte is read; a body of unknown length breaks with [`BodyError::TooLarge`] when it
//! passes the cap, and whatever the inner service then makes of its broken body, the client is told
//! the reason. Order: before anything that reads a body. It buffers nothing and does not look at the bytes.
//!
//! ```
//! use poundlock_tower::BodyCapLayer;
//! use tower_layer::Layer;
//! # #[derive(Clone)] struct App;
//! let service = BodyCapLayer::new(1024 * 1024).layer(App);
//! # let _ = service;
//! ```

use crate::{BodyError, Rejection};
use bytes::{Buf, Bytes};
use http::Request;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use tower_layer::Layer;
use tower_service::Service;

/// A request extension through which a request body tells how it is getting on.
#[derive(Debug, Clone, Default)]
pub struct BodyCount(Arc<Progress>);

/// The state behind a [`BodyCount`].
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes that have come so far.
    pub bytes: AtomicU64,
    /// Whether the next byte is the client's to send.
    pub waits_for_client: AtomicBool,
}

impl std::ops::Deref for BodyCount {
    type Target = Progress;

    fn deref(&self) -> &Progress {
        &self.0
    }
}

/// Makes a [`BodyCap`].
#[derive(Debug, Clone, Copy)]
pub struct BodyCapLayer {
    cap: u64,
}

impl BodyCapLayer {
    /// Accepts bodies of up to `cap` bytes; `u64::MAX` is no cap.
    pub fn new(cap: u64) -> Self {
        Self { cap }
    }
}

impl<S> Layer<S> for BodyCapLayer {
    type Service = BodyCap<S>;

    fn layer(&self, inner: S) -> Self::Service {
        BodyCap { cap: self.cap, inner }
    }
}

/// Hands capped bodies to the inner service.
#[derive(Debug, Clone)]
pub struct BodyCap<S> {
    cap: u64,
    inner: S,
}

impl<S, B> Service<Request<B>> for BodyCap<S>
where
    S: Service<Request<CappedBody<B>>, Error: Into<Rejection>>,
    B: Body,
{
    type Response = S::Response;
    type Error = Rejection;
    type Future = BodyCapFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let hint = request.body().size_hint();
        let cap = self.cap;
        if hint.lower() > cap {
            return BodyCapFuture { state: State::Refused, cap };
        }
        let count = request.extensions().get::<BodyCount>().cloned();
        let open_ended = hint.upper().is_none_or(|upper| upper > cap);
        let count = if open_ended { Some(count.unwrap_or_default()) } else { count };
        let watched = count.clone().filter(|_| open_ended);
        let request = request.map(|body| CappedBody { body, seen: 0, cap, count });
        BodyCapFuture { state: State::Admitted { inner: self.inner.call(request), watched }, cap }
    }
}

pin_project! {
    /// The inner call, or a refusal that is ready at once.
    pub struct BodyCapFuture<F> {
        #[pin]
        state: State<F>,
        cap: u64,
    }
}

pin_project! {
    #[project = Projected]
    enum State<F> {
        // `watched` is there when the body may still turn out to be too long.
        Admitted { #[pin] inner: F, watched: Option<BodyCount> },
        Refused,
    }
}

impl<F, T, E> Future for BodyCapFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<Rejection>,
{
    type Output = Result<T, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let cap = *this.cap;
        let Projected::Admitted { inner, watched } = this.state.project() else {
            return Poll::Ready(Err(Rejection::BodyTooLarge(cap)));
        };
        let result = ready!(inner.poll(cx));
        // A service that reads its body itself sees only that it broke, and would blame the client's syntax.
        let passed = watched.as_ref().is_some_and(|count| count.bytes.load(Ordering::Relaxed) > cap);
        Poll::Ready(if passed { Err(Rejection::BodyTooLarge(cap)) } else { result.map_err(Into::into) })
    }
}

pin_project! {
    /// A request body that breaks when it passes its cap.
    pub struct CappedBody<B> {
        #[pin]
        body: B,
        seen: u64,
        cap: u64,
        count: Option<BodyCount>,
    }
}

impl<B> Body for CappedBody<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.project();
        let polled = this.body.poll_frame(cx);
        if let Some(count) = this.count {
            count.waits_for_client.store(polled.is_pending(), Ordering::Relaxed);
        }
        Poll::Ready(match ready!(polled) {
            Some(Ok(frame)) => {
                *this.seen += frame.data_ref().map_or(0, |data| data.remaining() as u64);
                if let Some(count) = this.count {
                    count.bytes.store(*this.seen, Ordering::Relaxed);
                }
                Some(if *this.seen > *this.cap { Err(BodyError::TooLarge(*this.cap)) } else { Ok(frame) })
            }
            Some(Err(error)) => Some(Err(BodyError::Downstream(error.into()))),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, Full};

    async fn check(cap: u64, body: &'static [u8]) -> Result<usize, Rejection> {
        let mut service = BodyCapLayer::new(cap).layer(Collect);
        service.call(Request::new(Full::new(Bytes::from_static(body)))).await
    }

    #[derive(Clone)]
    struct Collect;

    impl Service<Request<CappedBody<Full<Bytes>>>> for Collect {
        type Response = usize;
        type Error = Rejection;
        type Future = Pin<Box<dyn Future<Output = Result<usize, Rejection>>>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<CappedBody<Full<Bytes>>>) -> Self::Future {
            Box::pin(async {
                Ok(request.into_body().collect().await.expect("within the cap").to_bytes().len())
            })
        }
    }

    #[tokio::test]
    async fn a_declared_length_is_judged_before_the_body_is_read() {
        assert_eq!(check(5, b"12345").await, Ok(5));
        assert_eq!(check(4, b"12345").await, Err(Rejection::BodyTooLarge(4)));
    }

    #[tokio::test]
    async fn a_body_of_unknown_length_breaks_at_the_cap_and_is_counted() {
        let frames = futures_body(&[b"123", b"456"]);
        let count = BodyCount::default();
        let body = CappedBody { body: frames, seen: 0, cap: 5, count: Some(count.clone()) };
        let error = body.collect().await.map(|_| ()).unwrap_err();
        assert!(matches!(error, BodyError::TooLarge(5)));
        assert_eq!(count.bytes.load(Ordering::Relaxed), 6);
    }

    fn futures_body(
        parts: &'static [&'static [u8]],
    ) -> impl Body<Data = Bytes, Error = std::io::Error> + Unpin {
        struct Parts(std::slice::Iter<'static, &'static [u8]>);
        impl Body for Parts {
            type Data = Bytes;
            type Error = std::io::Error;
            fn poll_frame(
                mut self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
                Poll::Ready(self.0.next().map(|part| Ok(Frame::data(Bytes::from_static(part)))))
            }
        }
        Parts(parts.iter())
    }
}
