//! Counts and times every request, and tells the access log about it.
//!
//! Main type: [`ObserveLayer`]. A request ends with the last byte of its answer, or when the client
//! goes away (499, `cancelled`), or when the answer breaks off (`upstream_reset`). Order: above
//! `respond`, so that refusals are counted too; below whatever finds the route. It knows routes
//! only as what [`Classify`] says, and where the log goes only as an [`AccessSink`].
//!
//! ```
//! use poundlock_observe::http::{HttpMetrics, RouteId};
//! use poundlock_tower::ObserveLayer;
//! let metrics = HttpMetrics::new(Default::default());
//! let layer = ObserveLayer::new(metrics.shared(), RouteId::UNMATCHED);
//! # let _ = layer;
//! ```

mod access;
mod body;
#[cfg(feature = "axum")]
mod matched_path;

pub use access::{AccessEntry, AccessSink, Upstream};
pub use body::ObservedBody;
#[cfg(feature = "axum")]
pub use matched_path::ByMatchedPath;

use crate::{BodyCount, Rejection};
use access::AccessHead;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use poundlock_observe::http::{ErrorType, HttpRecorder, Method, RequestRecord, RouteId};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

/// Finds the route a request is counted under.
pub trait Classify {
    /// The row of the metrics.
    fn route<B>(&self, request: &Request<B>) -> RouteId;

    /// The route's name in the access log.
    fn name<B>(&self, request: &Request<B>) -> Arc<str>;
}

/// One route for everything.
impl Classify for RouteId {
    fn route<B>(&self, _: &Request<B>) -> RouteId {
        *self
    }

    fn name<B>(&self, _: &Request<B>) -> Arc<str> {
        "".into()
    }
}

/// Makes an [`ObserveService`].
#[derive(Clone)]
pub struct ObserveLayer<R, C> {
    recorder: R,
    classify: C,
    access: Option<Arc<dyn AccessSink>>,
}

impl<R, C> ObserveLayer<R, C> {
    /// Counts into this shard, under these routes.
    pub fn new(recorder: R, classify: C) -> Self {
        Self { recorder, classify, access: None }
    }

    /// Also tells the access log.
    #[must_use]
    pub fn with_access_log(mut self, sink: Option<Arc<dyn AccessSink>>) -> Self {
        self.access = sink;
        self
    }
}

impl<S, R: Clone, C: Clone> Layer<S> for ObserveLayer<R, C> {
    type Service = ObserveService<S, R, C>;

    fn layer(&self, inner: S) -> Self::Service {
        ObserveService { inner, layer: self.clone() }
    }
}

/// Counts what the inner service does.
#[derive(Clone)]
pub struct ObserveService<S, R, C> {
    inner: S,
    layer: ObserveLayer<R, C>,
}

impl<S, R, C, Req, Res> Service<Request<Req>> for ObserveService<S, R, C>
where
    S: Service<Request<Req>, Response = Response<Res>>,
    R: HttpRecorder + Clone,
    C: Classify,
    Req: Body,
    Res: Body,
{
    type Response = Response<ObservedBody<Res, R>>;
    type Error = S::Error;
    type Future = ObserveFuture<S::Future, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Req>) -> Self::Future {
        let hint = request.body().size_hint();
        let count = (hint.exact() != Some(0)).then(BodyCount::default);
        if let Some(count) = &count {
            request.extensions_mut().insert(count.clone());
        }
        let layer = &self.layer;
        let log = layer
            .access
            .as_ref()
            .map(|sink| (sink.clone(), AccessHead::of(&request, layer.classify.name(&request))));
        let tally = Tally::begin(
            layer.recorder.clone(),
            layer.classify.route(&request),
            request.method(),
            hint.exact(),
            count,
            log.map(Box::new),
        );
        ObserveFuture { inner: self.inner.call(request), tally: Some(tally) }
    }
}

/// One request being counted. Whatever happens to it, it is counted once.
pub(crate) struct Tally<R: HttpRecorder> {
    recorder: R,
    start: Instant,
    route: RouteId,
    method: Method,
    request_length: Option<u64>,
    count: Option<BodyCount>,
    status: u16,
    error: Option<ErrorType>,
    response_bytes: u64,
    finished: bool,
    log: Option<Box<(Arc<dyn AccessSink>, AccessHead)>>,
}

impl<R: HttpRecorder> Tally<R> {
    fn begin(
        recorder: R,
        route: RouteId,
        method: &http::Method,
        request_length: Option<u64>,
        count: Option<BodyCount>,
        log: Option<Box<(Arc<dyn AccessSink>, AccessHead)>>,
    ) -> Self {
        let method = Method::from_bytes(method.as_str().as_bytes());
        recorder.begin(route, method);
        let start = Instant::now();
        Self {
            recorder,
            start,
            route,
            method,
            request_length,
            count,
            status: 0,
            error: None,
            response_bytes: 0,
            finished: false,
            log,
        }
    }

    /// Notes the head of the answer.
    fn answered<B>(&mut self, response: &Response<B>) {
        self.status = response.status().as_u16();
        self.error = response.extensions().get::<Rejection>().and_then(Rejection::error_type);
        if let Some(log) = &mut self.log {
            log.1.answered(response);
        }
    }

    /// Counts the request, the first time it is called.
    fn finish(&mut self, broken: Option<ErrorType>) {
        if std::mem::replace(&mut self.finished, true) {
            return;
        }
        let error = self.error.or(broken);
        let record = RequestRecord {
            route: self.route,
            method: self.method,
            status: broken.map_or(self.status, broken_status),
            error,
            duration: self.start.elapsed(),
            request_bytes: self.request_bytes(),
            response_bytes: self.response_bytes,
        };
        self.recorder.finish(&record);
        if let Some(log) = self.log.take() {
            log.0.write(&log.1.entry(&record));
        }
    }

    fn request_bytes(&self) -> u64 {
        let counted = self.count.as_ref().map_or(0, |count| count.bytes.load(Ordering::Relaxed));
        if counted == 0 { self.request_length.unwrap_or(0) } else { counted }
    }
}

/// The status an answer is counted under that broke off: what the client would have got, had it
/// broken off before its head was sent.
fn broken_status(error: ErrorType) -> u16 {
    match error {
        ErrorType::Cancelled => 499,
        ErrorType::Panic => 500,
        _ => 502,
    }
}

impl<R: HttpRecorder> Drop for Tally<R> {
    fn drop(&mut self) {
        self.finish(Some(if std::thread::panicking() { ErrorType::Panic } else { ErrorType::Cancelled }));
    }
}

pin_project! {
    /// Waits for the head of the answer.
    pub struct ObserveFuture<F, R: HttpRecorder> {
        #[pin]
        inner: F,
        tally: Option<Tally<R>>,
    }
}

impl<F, Res, E, R> Future for ObserveFuture<F, R>
where
    F: Future<Output = Result<Response<Res>, E>>,
    Res: Body,
    R: HttpRecorder,
{
    type Output = Result<Response<ObservedBody<Res, R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        let mut tally = this.tally.take().expect("a future is not polled after it was ready");
        Poll::Ready(match result {
            Ok(response) => {
                tally.answered(&response);
                Ok(response.map(|body| ObservedBody::new(body, tally)))
            }
            Err(error) => {
                tally.status = 500;
                tally.error = Some(ErrorType::Internal);
                tally.finish(None);
                Err(error)
            }
        })
    }
}

#[cfg(test)]
mod tests;
