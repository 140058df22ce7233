//! Bounds the wait for a response head.
//!
//! Main type: [`TimeoutLayer`]. The time a body takes is not bounded here, or a download could
//! not take longer than a query; and while a request body is still moving, the wait has not begun:
//! the clock is looked at once per time-out, so an upload that stalls is given between one and two.
//! Order: around the whole upstream call, retries included.
//!
//! ```
//! use poundlock_tower::TimeoutLayer;
//! use tower_layer::Layer;
//! # #[derive(Clone)] struct App;
//! let service = TimeoutLayer::new((std::time::Duration::from_secs(30), "shop".into())).layer(App);
//! # let _ = service;
//! ```

use crate::{BodyCount, Rejection};
use http::Request;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use tower_layer::Layer;
use tower_service::Service;

/// How long a request may take, and which service is blamed when it takes longer.
pub trait Deadline {
    /// The time until the response head, or `None` for no bound.
    fn of<B>(&self, request: &Request<B>) -> Option<(Duration, Arc<str>)>;
}

/// The same bound for every request.
impl Deadline for (Duration, Arc<str>) {
    fn of<B>(&self, _: &Request<B>) -> Option<(Duration, Arc<str>)> {
        Some(self.clone())
    }
}

/// Makes a [`TimeoutService`].
#[derive(Debug, Clone)]
pub struct TimeoutLayer<D> {
    deadline: D,
}

impl<D: Deadline> TimeoutLayer<D> {
    /// Bounds requests as `deadline` says.
    pub fn new(deadline: D) -> Self {
        Self { deadline }
    }
}

impl<S, D: Clone> Layer<S> for TimeoutLayer<D> {
    type Service = TimeoutService<D, S>;

    fn layer(&self, inner: S) -> Self::Service {
        TimeoutService { deadline: self.deadline.clone(), inner }
    }
}

/// Drops the inner call, and with it the upstream request, when the time is up.
#[derive(Debug, Clone)]
pub struct TimeoutService<D, S> {
    deadline: D,
    inner: S,
}

impl<D, S, B> Service<Request<B>> for TimeoutService<D, S>
where
    D: Deadline,
    S: Service<Request<B>, Error: Into<Rejection>>,
{
    type Response = S::Response;
    type Error = Rejection;
    type Future = TimeoutFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let bound = self.deadline.of(&request);
        let sleep = bound.as_ref().map(|(after, _)| tokio::time::sleep(*after));
        let upload = request.extensions().get().cloned();
        TimeoutFuture { inner: self.inner.call(request), sleep, bound, upload, seen: 0 }
    }
}

pin_project! {
    /// The inner call against the clock.
    pub struct TimeoutFuture<F> {
        #[pin]
        inner: F,
        #[pin]
        sleep: Option<Sleep>,
        bound: Option<(Duration, Arc<str>)>,
        upload: Option<BodyCount>,
        // Bytes of the request body when the clock was last looked at.
        seen: u64,
    }
}

impl<F, T, E> Future for TimeoutFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<Rejection>,
{
    type Output = Result<T, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Poll::Ready(result) = this.inner.poll(cx) {
            return Poll::Ready(result.map_err(Into::into));
        }
        let (Some(mut sleep), Some((after, service))) = (this.sleep.as_mut().as_pin_mut(), this.bound) else {
            return Poll::Pending;
        };
        ready!(sleep.as_mut().poll(cx));
        let Some(upload) = this.upload else {
            return Poll::Ready(Err(Rejection::UpstreamTimeout(service.clone())));
        };
        let bytes = upload.bytes.load(Ordering::Relaxed);
        if std::mem::replace(this.seen, bytes) != bytes {
            sleep.as_mut().reset(Instant::now() + *after);
            return sleep.poll(cx).map(|()| Err(Rejection::UpstreamTimeout(service.clone())));
        }
        Poll::Ready(Err(match upload.waits_for_client.load(Ordering::Relaxed) {
            true => Rejection::ClientTimeout,
            false => Rejection::UpstreamTimeout(service.clone()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Takes(Duration);

    impl Service<Request<()>> for Takes {
        type Response = ();
        type Error = Rejection;
        type Future = Pin<Box<dyn Future<Output = Result<(), Rejection>>>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            let sleep = tokio::time::sleep(self.0);
            Box::pin(async {
                sleep.await;
                Ok(())
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_bound_is_exact_and_names_the_service() {
        let layer = TimeoutLayer::new((Duration::from_secs(2), "shop".into()));
        let answer = layer.layer(Takes(Duration::from_millis(1999))).call(Request::new(())).await;
        assert_eq!(answer, Ok(()));
        let answer = layer.layer(Takes(Duration::from_millis(2001))).call(Request::new(())).await;
        assert_eq!(answer, Err(Rejection::UpstreamTimeout("shop".into())));
    }
}
