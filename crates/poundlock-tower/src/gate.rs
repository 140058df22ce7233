//! One tower service for every layer that only says yes or no to a request head.
//!
//! Main types: [`Check`], the decision, and [`Gate`], the service around it. A gate never looks at
//! a body and never waits. Order: below `respond`, which answers the refusal.
//!
//! ```
//! use poundlock_tower::{Check, GateLayer, Rejection};
//!
//! #[derive(Clone)]
//! struct OnlyGet;
//! impl Check for OnlyGet {
//!     fn check(&self, head: &http::request::Parts) -> Result<(), Rejection> {
//!         if head.method == "GET" { Ok(()) } else { Err(Rejection::MethodNotAllowed("GET")) }
//!     }
//! }
//! let layer = GateLayer::new(OnlyGet);
//! # let _ = layer;
//! ```

use crate::Rejection;
use http::{Request, request::Parts};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Decides on a request head.
pub trait Check {
    /// Lets the request in, or says why not.
    ///
    /// # Errors
    /// The rejection the client gets.
    fn check(&self, head: &Parts) -> Result<(), Rejection>;
}

/// Makes a [`Gate`] that asks `C`.
#[derive(Debug, Clone)]
pub struct GateLayer<C> {
    check: C,
}

impl<C> GateLayer<C> {
    /// A layer around this check.
    pub fn new(check: C) -> Self {
        Self { check }
    }
}

impl<S, C: Clone> Layer<S> for GateLayer<C> {
    type Service = Gate<C, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Gate { check: self.check.clone(), inner }
    }
}

/// Calls the inner service only for requests that pass the check.
#[derive(Debug, Clone)]
pub struct Gate<C, S> {
    check: C,
    inner: S,
}

impl<C, S, B> Service<Request<B>> for Gate<C, S>
where
    C: Check,
    S: Service<Request<B>, Error: Into<Rejection>>,
{
    type Response = S::Response;
    type Error = Rejection;
    type Future = GateFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (head, body) = request.into_parts();
        match self.check.check(&head) {
            Ok(()) => GateFuture::admitted(self.inner.call(Request::from_parts(head, body))),
            Err(rejection) => GateFuture::denied(rejection),
        }
    }
}

pin_project! {
    /// The inner call, or a refusal that is ready at once.
    pub struct GateFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = Projected]
    enum State<F> {
        Admitted { #[pin] inner: F },
        Denied { rejection: Option<Rejection> },
    }
}

impl<F> GateFuture<F> {
    pub(crate) fn admitted(inner: F) -> Self {
        Self { state: State::Admitted { inner } }
    }

    pub(crate) fn denied(rejection: Rejection) -> Self {
        Self { state: State::Denied { rejection: Some(rejection) } }
    }
}

impl<F, T, E> Future for GateFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<Rejection>,
{
    type Output = Result<T, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Projected::Admitted { inner } => inner.poll(cx).map_err(Into::into),
            Projected::Denied { rejection } => {
                Poll::Ready(Err(rejection.take().expect("a future is not polled after it was ready")))
            }
        }
    }
}
