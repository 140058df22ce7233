//! What a caller says about a request. Main types: [`RequestRecord`], [`RouteId`], [`HttpRecorder`].
//! It does not know where it is counted.

use super::labels::{ErrorType, Method, Scheme};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// A route and scheme, resolved once when the route table is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RouteId(pub(super) u32);

/// A finished request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestRecord {
    /// The route given to [`HttpRecorder::begin`].
    pub route: RouteId,
    /// The method given to [`HttpRecorder::begin`].
    pub method: Method,
    /// The status sent; 0 when none was, shown as an empty label. A client that left first is 499.
    pub status: u16,
    /// Why the request did not end with the upstream's own answer. `None` for a plain answer: a 5xx is then
    /// shown with its status as `error_type`, anything else with an empty one.
    pub error: Option<ErrorType>,
    /// Time from the request head to the end of the response.
    pub duration: Duration,
    /// Body bytes received, after transfer decoding.
    pub request_bytes: u64,
    /// Body bytes sent, before transfer encoding.
    pub response_bytes: u64,
}

/// Where requests are counted. Each `begin` needs exactly one `finish` with the same route and method, on
/// any shard of the same [`HttpMetrics`](super::HttpMetrics).
pub trait HttpRecorder {
    /// One more request in flight.
    fn begin(&self, route: RouteId, method: Method);
    /// One request fewer in flight, and its outcome.
    fn finish(&self, record: &RequestRecord);
}

impl RouteId {
    /// No route matched a plain HTTP request: `http_route="_unmatched"`.
    pub const UNMATCHED: Self = Self::unmatched(Scheme::Http);

    /// No route matched.
    #[must_use]
    pub const fn unmatched(scheme: Scheme) -> Self {
        Self(scheme as u32)
    }

    /// A route beyond the limit; counted in the series `overflow="true"`.
    #[must_use]
    pub const fn overflow(scheme: Scheme) -> Self {
        Self(u32::MAX - 1 + scheme as u32)
    }

    /// Whether this route shares the overflow series.
    #[must_use]
    pub fn is_overflow(self) -> bool {
        self.0 >= u32::MAX - 1
    }

    /// Rows alternate between the schemes, and so do the overflow rows.
    #[inline]
    pub(super) fn scheme(self) -> Scheme {
        if self.0.is_multiple_of(2) { Scheme::Http } else { Scheme::Https }
    }
}

impl<R: HttpRecorder + ?Sized> HttpRecorder for Rc<R> {
    #[inline]
    fn begin(&self, route: RouteId, method: Method) {
        (**self).begin(route, method);
    }

    #[inline]
    fn finish(&self, record: &RequestRecord) {
        (**self).finish(record);
    }
}

impl<R: HttpRecorder + ?Sized> HttpRecorder for Arc<R> {
    #[inline]
    fn begin(&self, route: RouteId, method: Method) {
        (**self).begin(route, method);
    }

    #[inline]
    fn finish(&self, record: &RequestRecord) {
        (**self).finish(record);
    }
}
