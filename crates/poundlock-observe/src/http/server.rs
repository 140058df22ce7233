//! Requests from downstream, by route. Main types: [`HttpMetrics`], [`HttpShard`].
//! It does not know when a request ends: a drop guard in the caller calls [`HttpRecorder::finish`].

use super::active::ActiveTotal;
use super::cell::{ServerCell, ServerSample};
use super::collect::{self, Labels};
use super::labels::{Method, Scheme};
use super::matrix::{Initial, Matrix, Snapshot};
use super::record::{HttpRecorder, RequestRecord, RouteId};
use super::shard::{ExclusiveShard, Shard, SharedShard};
use super::status::StatusSlot;
use super::storage::Key;
use crate::exposition::{Collect, Family, Kind, Visitor};
use crate::limits::Limits;
use std::sync::Arc;

/// Histogram of the time from request head to the last response byte.
pub const REQUEST_DURATION: &str = "http_server_request_duration_seconds";
/// Gauge of requests in flight.
pub const ACTIVE_REQUESTS: &str = "http_server_active_requests";
/// Histogram of request body sizes.
pub const REQUEST_BODY_SIZE: &str = "http_server_request_body_size_bytes";
/// Histogram of response body sizes.
pub const RESPONSE_BODY_SIZE: &str = "http_server_response_body_size_bytes";

/// The value of `http_route` when no route matched.
const UNMATCHED: &str = "_unmatched";

/// A registered route starts with these series at 0. `rate()` needs a sample before the first error, or
/// misses it; opening every method and status would cost about 45 lines a scrape for each. So: one success
/// and one failure of the commonest method, which make an error ratio 0 instead of absent.
const INITIAL: [Initial; 2] = [(Method::Get, 200, None), (Method::Get, 500, None)];

/// Metrics of an HTTP server: hands out shards to write to and adds them up when collected.
///
/// Rows are never removed: a route that a reload takes away keeps its counters, as Prometheus expects.
#[derive(Clone)]
pub struct HttpMetrics {
    matrix: Arc<Matrix<ServerCell>>,
}

/// A shard with a single writer: plain loads and stores. Give one to each worker thread; share it inside the
/// thread with `Rc`. Dropping it loses nothing: the next [`HttpMetrics::shard`] continues it.
///
/// It can move to another thread but not be used by two at once:
/// ```compile_fail,E0277
/// fn needs_sync<T: Sync>() {}
/// needs_sync::<poundlock_observe::http::HttpShard>();
/// ```
pub struct HttpShard(ExclusiveShard<ServerCell>);

/// A shard with any number of writers: atomic additions, three to four times the cost.
#[derive(Clone)]
pub struct SharedHttpShard(SharedShard<ServerCell>);

impl HttpMetrics {
    /// Metrics with no route yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let metrics = Self { matrix: Arc::new(Matrix::new(limits, Scheme::ALL.len() as u32)) };
        // The first rows, so that `RouteId::UNMATCHED` is a constant. It has no initial series: which method
        // strangers try first is unknown, and a 404 is not an error of the server.
        for scheme in Scheme::ALL {
            metrics.matrix.row(UNMATCHED, scheme as u32, &[]);
        }
        metrics
    }

    /// Finds or registers a route template, such as `/orders/{id}`; never pass a raw path. A new route has
    /// GET 200 and GET 500 at 0. Returns [`RouteId::overflow`] when the family has no room for those.
    #[must_use]
    pub fn route(&self, route: &str, scheme: Scheme) -> RouteId {
        self.matrix.row(route, scheme as u32, &INITIAL).map_or(RouteId::overflow(scheme), RouteId)
    }

    /// A shard for one worker.
    #[must_use]
    pub fn shard(&self) -> HttpShard {
        HttpShard(ExclusiveShard::new(&self.matrix))
    }

    /// A shard for callers on any thread.
    #[must_use]
    pub fn shared(&self) -> SharedHttpShard {
        SharedHttpShard(SharedShard::new(&self.matrix))
    }
}

impl HttpRecorder for HttpShard {
    #[inline]
    fn begin(&self, route: RouteId, method: Method) {
        begin(&self.0, route, method);
    }

    #[inline]
    fn finish(&self, record: &RequestRecord) {
        finish(&self.0, record);
    }
}

impl HttpRecorder for SharedHttpShard {
    #[inline]
    fn begin(&self, route: RouteId, method: Method) {
        begin(&self.0, route, method);
    }

    #[inline]
    fn finish(&self, record: &RequestRecord) {
        finish(&self.0, record);
    }
}

#[inline]
fn begin<S: Shard<ServerCell>>(shard: &S, route: RouteId, method: Method) {
    shard.per_shard().begin::<S::Writer>(method, route.scheme());
}

#[inline]
fn finish<S: Shard<ServerCell>>(shard: &S, record: &RequestRecord) {
    shard.per_shard().finish::<S::Writer>(record.method, record.route.scheme());
    let key = Key {
        row: record.route.0,
        method: record.method,
        status: StatusSlot::of(record.status),
        error: record.error,
    };
    let sample = ServerSample {
        duration: record.duration,
        request_bytes: record.request_bytes,
        response_bytes: record.response_bytes,
    };
    shard.add(key, &sample);
}

impl Collect for HttpMetrics {
    fn names(&self) -> &[&'static str] {
        &[REQUEST_DURATION, ACTIVE_REQUESTS, REQUEST_BODY_SIZE, RESPONSE_BODY_SIZE]
    }

    fn collect(&self, to: &mut dyn Visitor) {
        let all = self.matrix.snapshot();
        let help = "Time from the request head to the last byte of the response.";
        to.family(&Family { name: REQUEST_DURATION, help, kind: Kind::Histogram });
        collect::durations(to, &all, labels, |total| &total.duration);
        to.family(&Family { name: ACTIVE_REQUESTS, help: "Requests in flight.", kind: Kind::Gauge });
        collect_active(to, &all);
        let help = "Size of request bodies.";
        to.family(&Family { name: REQUEST_BODY_SIZE, help, kind: Kind::Histogram });
        collect::sizes(to, &all, labels, |total| &total.request);
        let help = "Size of response bodies.";
        to.family(&Family { name: RESPONSE_BODY_SIZE, help, kind: Kind::Histogram });
        collect::sizes(to, &all, labels, |total| &total.response);
    }

    fn refused(&self) -> Vec<(&'static str, u64)> {
        let refused = self.matrix.refused();
        [REQUEST_DURATION, REQUEST_BODY_SIZE, RESPONSE_BODY_SIZE].map(|name| (name, refused)).to_vec()
    }
}

fn collect_active(to: &mut dyn Visitor, all: &Snapshot<ServerCell>) {
    let mut total = ActiveTotal::default();
    all.shards.iter().for_each(|shard| shard.per_shard().add_to(&mut total));
    for (method, scheme, in_flight) in total.used() {
        let labels = [("http_request_method", method.as_str()), ("url_scheme", scheme.as_str())];
        to.number(&labels, in_flight.into());
    }
}

fn labels(all: &Snapshot<ServerCell>, key: Key) -> Labels<'_, 5> {
    [
        ("error_type", key.error_label()),
        ("http_request_method", key.method.as_str()),
        ("http_response_status_code", key.status.label()),
        ("http_route", all.name(key)),
        ("url_scheme", Scheme::ALL[all.variant(key) as usize].as_str()),
    ]
}
