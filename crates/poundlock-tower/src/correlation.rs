//! Names every request: a request ID (`x-request-id`) and a W3C trace context (`traceparent`).
//!
//! Main types: [`CorrelationLayer`] and [`Correlation`], the request extension it leaves behind.
//! Order: outermost, so that everything below can name the request. An ID from a peer that is not
//! trusted (see [`Peer`]) is replaced: a client could otherwise choose what our logs say. It does not record spans.
//!
//! ```
//! use poundlock_tower::CorrelationLayer;
//! use tower_layer::Layer;
//! # #[derive(Clone)] struct App;
//! let service = CorrelationLayer::new().layer(App);
//! # let _ = service;
//! ```

use crate::Peer;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use poundlock_observe::correlation::{RequestId, TraceContext, tracestate_is_valid};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{SystemTime, UNIX_EPOCH};
use tower_layer::Layer;
use tower_service::Service;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// How a request is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlation {
    id: HeaderValue,
    trace: TraceContext,
}

impl Correlation {
    /// The request ID: 8 to 128 characters of `[A-Za-z0-9._-]`.
    pub fn request_id(&self) -> &str {
        self.id.to_str().expect("an accepted or generated ID is visible ASCII")
    }

    /// The trace this request belongs to, with our own span as the current one.
    pub fn trace(&self) -> TraceContext {
        self.trace
    }
}

/// Whose request IDs are taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    TrustedPeers,
    Everyone,
}

/// Makes a [`CorrelationService`].
#[derive(Debug, Clone, Copy)]
pub struct CorrelationLayer {
    trust: Trust,
}

impl CorrelationLayer {
    /// Takes over IDs from trusted [`Peer`]s only; every other request gets a new one.
    pub fn new() -> Self {
        Self { trust: Trust::TrustedPeers }
    }

    /// Takes over every well-formed ID: for a service that only a gateway can reach.
    pub fn behind_gateway() -> Self {
        Self { trust: Trust::Everyone }
    }
}

impl Default for CorrelationLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for CorrelationLayer {
    type Service = CorrelationService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CorrelationService { trust: self.trust, inner }
    }
}

/// Gives each request its names, forwards them, and echoes the request ID.
#[derive(Debug, Clone)]
pub struct CorrelationService<S> {
    trust: Trust,
    inner: S,
}

impl<S, Req, Res> Service<Request<Req>> for CorrelationService<S>
where
    S: Service<Request<Req>, Response = Response<Res>>,
{
    type Response = Response<Res>;
    type Error = S::Error;
    type Future = CorrelationFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Req>) -> Self::Future {
        let trusted = self.trust == Trust::Everyone
            || request.extensions().get::<Peer>().is_some_and(|peer| peer.trusted);
        let brought = Brought::by(request.headers());
        let id = request_id(request.headers_mut(), brought, trusted);
        let trace = continue_trace(request.headers_mut(), brought);
        request.headers_mut().insert(X_REQUEST_ID, id.clone());
        request.extensions_mut().insert(Correlation { id: id.clone(), trace });
        CorrelationFuture { inner: self.inner.call(request), id: Some(id) }
    }
}

/// Which of our headers a request brings: one pass over the names is cheaper than a look-up of each.
#[derive(Debug, Clone, Copy, Default)]
struct Brought {
    id: bool,
    alias: bool,
    parent: bool,
    state: bool,
}

impl Brought {
    fn by(headers: &HeaderMap) -> Self {
        let mut brought = Self::default();
        for name in headers.keys() {
            match name.as_str().len() {
                10 => brought.state |= *name == TRACESTATE,
                11 => brought.parent |= *name == TRACEPARENT,
                12 => brought.id |= *name == X_REQUEST_ID,
                16 => brought.alias |= *name == X_CORRELATION_ID,
                _ => {}
            }
        }
        brought
    }
}

/// The client's ID where it may choose one, else a new UUIDv7. Removes the alias header.
fn request_id(headers: &mut HeaderMap, brought: Brought, trusted: bool) -> HeaderValue {
    let alias = if brought.alias { headers.remove(X_CORRELATION_ID) } else { None };
    if trusted && (brought.id || brought.alias) {
        let theirs = headers.get(X_REQUEST_ID).or(alias.as_ref());
        if let Some(value) = theirs.filter(|v| RequestId::accept(v.as_bytes()).is_ok()) {
            return value.clone();
        }
    }
    let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64);
    let id = RequestId::v7(unix_ms, fastrand::u128(..));
    HeaderValue::from_str(id.as_str()).expect("a UUID is visible ASCII")
}

/// Continues a valid trace with a new span, or starts one and drops the `tracestate` that belonged
/// to the bad one (W3C Trace Context level 2, section 3.2.4).
fn continue_trace(headers: &mut HeaderMap, brought: Brought) -> TraceContext {
    let parent = if brought.parent { parent(headers) } else { None };
    let span = fastrand::u64(1..);
    let trace = match parent {
        Some(parent) => parent.child(span),
        None => TraceContext::new_root(fastrand::u128(1..), span, false),
    };
    let valid_state = || headers.get_all(TRACESTATE).iter().all(|s| tracestate_is_valid(s.as_bytes()));
    if brought.state && (parent.is_none() || !valid_state()) {
        headers.remove(TRACESTATE);
    }
    let mut text = [0; 55];
    trace.write_to(&mut text);
    headers.insert(TRACEPARENT, HeaderValue::from_bytes(&text).expect("hex and dashes are visible ASCII"));
    trace
}

/// The one valid `traceparent`.
fn parent(headers: &HeaderMap) -> Option<TraceContext> {
    let mut theirs = headers.get_all(TRACEPARENT).iter();
    match (theirs.next(), theirs.next()) {
        (Some(one), None) => TraceContext::parse(one.as_bytes()).ok(),
        _ => None,
    }
}

pin_project! {
    /// Adds the request ID to the answer.
    pub struct CorrelationFuture<F> {
        #[pin]
        inner: F,
        id: Option<HeaderValue>,
    }
}

impl<F, Res, E> Future for CorrelationFuture<F>
where
    F: Future<Output = Result<Response<Res>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut result = ready!(this.inner.poll(cx));
        if let (Ok(response), Some(id)) = (&mut result, this.id.take()) {
            response.headers_mut().insert(X_REQUEST_ID, id);
        }
        Poll::Ready(result)
    }
}

#[cfg(test)]
mod tests;
