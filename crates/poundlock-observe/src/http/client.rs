//! Requests to upstreams, by address. Main types: [`HttpClientMetrics`], [`HttpClientShard`],
//! [`HttpClientRecorder`]. It does not know services or releases: an address is a label value.

use super::cell::ClientCell;
use super::collect::{self, Labels};
use super::labels::{ErrorType, Method};
use super::matrix::{Initial, Matrix, Snapshot};
use super::shard::{ExclusiveShard, Shard, SharedShard};
use super::status::StatusSlot;
use super::storage::Key;
use crate::exposition::{Collect, Family, Kind, Visitor};
use crate::limits::Limits;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Histogram of the time an upstream takes.
pub const CLIENT_REQUEST_DURATION: &str = "http_client_request_duration_seconds";

/// A registered peer starts with a success and the commonest first failure, a refused connection, at 0:
/// `rate()` would miss the first one otherwise.
const INITIAL: [Initial; 2] = [(Method::Get, 200, None), (Method::Get, 0, Some(ErrorType::UpstreamConnect))];

/// Metrics of an HTTP client. Rows are never removed; where addresses change without end, choose a high
/// limit or pass a stable name in their place.
#[derive(Clone)]
pub struct HttpClientMetrics {
    matrix: Arc<Matrix<ClientCell>>,
}

/// An upstream address, resolved once when it joins a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerId(u32);

/// One attempt at an upstream; a retry is a record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientRecord {
    /// Who was asked.
    pub peer: PeerId,
    /// With which method.
    pub method: Method,
    /// The status answered; `None` when no response head arrived, shown as an empty label.
    pub status: Option<u16>,
    /// Why the attempt failed. As for the server side, `None` with a 5xx shows the status as `error_type`;
    /// a 4xx is not counted as an error, for a proxy's upstream is seldom to blame for one (the semantic
    /// conventions would count it).
    pub error: Option<ErrorType>,
    /// Time from the attempt's start to the end of the response.
    pub duration: Duration,
}

/// Where attempts are counted.
pub trait HttpClientRecorder {
    /// Counts one finished attempt.
    fn record(&self, record: &ClientRecord);
}

/// A shard with a single writer; see [`HttpShard`](super::HttpShard).
pub struct HttpClientShard(ExclusiveShard<ClientCell>);

/// A shard with any number of writers; see [`SharedHttpShard`](super::SharedHttpShard).
#[derive(Clone)]
pub struct SharedHttpClientShard(SharedShard<ClientCell>);

impl HttpClientMetrics {
    /// Metrics with no peer yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { matrix: Arc::new(Matrix::new(limits, 1)) }
    }

    /// Finds or registers an address, such as `10.0.0.7:3000`. Returns [`PeerId::OVERFLOW`] when the family
    /// has no room for its two initial series.
    #[must_use]
    pub fn peer(&self, address: &str) -> PeerId {
        self.matrix.row(address, 0, &INITIAL).map_or(PeerId::OVERFLOW, PeerId)
    }

    /// A shard for one worker.
    #[must_use]
    pub fn shard(&self) -> HttpClientShard {
        HttpClientShard(ExclusiveShard::new(&self.matrix))
    }

    /// A shard for callers on any thread.
    #[must_use]
    pub fn shared(&self) -> SharedHttpClientShard {
        SharedHttpClientShard(SharedShard::new(&self.matrix))
    }
}

impl PeerId {
    /// A peer beyond the limit; counted in the series `overflow="true"`.
    pub const OVERFLOW: Self = Self(u32::MAX);
}

impl HttpClientRecorder for HttpClientShard {
    #[inline]
    fn record(&self, record: &ClientRecord) {
        add(&self.0, record);
    }
}

impl HttpClientRecorder for SharedHttpClientShard {
    #[inline]
    fn record(&self, record: &ClientRecord) {
        add(&self.0, record);
    }
}

impl<R: HttpClientRecorder + ?Sized> HttpClientRecorder for Rc<R> {
    #[inline]
    fn record(&self, record: &ClientRecord) {
        (**self).record(record);
    }
}

impl<R: HttpClientRecorder + ?Sized> HttpClientRecorder for Arc<R> {
    #[inline]
    fn record(&self, record: &ClientRecord) {
        (**self).record(record);
    }
}

#[inline]
fn add<S: Shard<ClientCell>>(shard: &S, record: &ClientRecord) {
    let key = Key {
        row: record.peer.0,
        method: record.method,
        status: StatusSlot::of(record.status.unwrap_or(0)),
        error: record.error,
    };
    shard.add(key, &record.duration);
}

impl Collect for HttpClientMetrics {
    fn names(&self) -> &[&'static str] {
        &[CLIENT_REQUEST_DURATION]
    }

    fn collect(&self, to: &mut dyn Visitor) {
        let help = "Time from the start of an attempt at an upstream to the end of its response.";
        to.family(&Family { name: CLIENT_REQUEST_DURATION, help, kind: Kind::Histogram });
        collect::durations(to, &self.matrix.snapshot(), labels, |total| total);
    }

    fn refused(&self) -> Vec<(&'static str, u64)> {
        vec![(CLIENT_REQUEST_DURATION, self.matrix.refused())]
    }
}

fn labels(all: &Snapshot<ClientCell>, key: Key) -> Labels<'_, 4> {
    [
        ("error_type", key.error_label()),
        ("http_request_method", key.method.as_str()),
        ("http_response_status_code", key.status.label()),
        ("server_address", all.name(key)),
    ]
}
