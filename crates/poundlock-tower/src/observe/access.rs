//! What the access log learns about a request.
//!
//! Main type: [`AccessEntry`]. It has the path without its query: queries carry secrets, and a log
//! is read by many. Where entries go is up to an [`AccessSink`].

use crate::{Correlation, Peer, Rejection};
use http::{Request, Response, Uri, header};
use poundlock_observe::http::RequestRecord;
use serde::Serialize;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Takes access log entries. Must not block: it is called on the request path.
pub trait AccessSink: Send + Sync {
    /// One request is over.
    fn write(&self, entry: &AccessEntry<'_>);

    /// Returns when everything written so far is where it goes. May block.
    fn flush(&self);
}

/// Who answered a request: a response extension left by whatever talked to the upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The instance's address.
    pub address: Arc<str>,
    /// From choosing the instance to the head of its answer.
    pub duration: Duration,
}

/// One request, as JSON on one line. Durations are in milliseconds, sizes in bytes.
#[derive(Debug, Serialize)]
pub struct AccessEntry<'a> {
    /// When the request came in; the sink knows how to write it.
    #[serde(skip)]
    pub time: SystemTime,
    /// See [`Correlation`].
    pub request_id: &'a str,
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// The address of the downstream connection.
    pub peer: Option<SocketAddr>,
    /// As the client wrote it.
    pub method: &'a str,
    /// The `Host` header.
    pub host: &'a str,
    /// Without the query.
    pub path: &'a str,
    /// The route it was counted under.
    pub route: &'a str,
    /// The status sent, or 499 when the client had gone.
    pub status: u16,
    /// As in the metrics; absent when all went well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<&'static str>,
    /// The kind of problem, when Poundlock answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<&'static str>,
    /// From the head of the request to the last byte of the answer.
    pub duration_ms: f64,
    /// The request body.
    pub request_bytes: u64,
    /// The response body.
    pub response_bytes: u64,
    /// The instance that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<&'a str>,
    /// From choosing the instance to the head of its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_ms: Option<f64>,
}

/// What has to be remembered of a request until its entry is written.
pub(crate) struct AccessHead {
    time: SystemTime,
    correlation: Option<Correlation>,
    peer: Option<Peer>,
    method: http::Method,
    host: Option<http::HeaderValue>,
    uri: Uri,
    route: Arc<str>,
    problem: Option<&'static str>,
    upstream: Option<Upstream>,
}

impl AccessHead {
    pub(crate) fn of<B>(request: &Request<B>, route: Arc<str>) -> Self {
        Self {
            time: SystemTime::now(),
            correlation: request.extensions().get().cloned(),
            peer: request.extensions().get().copied(),
            method: request.method().clone(),
            host: request.headers().get(header::HOST).cloned(),
            uri: request.uri().clone(),
            route,
            problem: None,
            upstream: None,
        }
    }

    pub(crate) fn answered<B>(&mut self, response: &Response<B>) {
        self.problem = response.extensions().get().map(Rejection::slug);
        self.upstream = response.extensions().get().cloned();
    }

    pub(crate) fn entry(&self, record: &RequestRecord) -> AccessEntry<'_> {
        AccessEntry {
            time: self.time,
            request_id: self.correlation.as_ref().map_or("", Correlation::request_id),
            trace_id: self
                .correlation
                .as_ref()
                .map(|c| format!("{:032x}", c.trace().trace_id()))
                .unwrap_or_default(),
            peer: self.peer.map(|p| p.address),
            method: self.method.as_str(),
            host: self.host.as_ref().and_then(|h| h.to_str().ok()).unwrap_or_default(),
            path: self.uri.path(),
            route: &self.route,
            status: record.status,
            error_type: record.error.map(|e| e.as_str()),
            problem: self.problem,
            duration_ms: millis(record.duration),
            request_bytes: record.request_bytes,
            response_bytes: record.response_bytes,
            upstream: self.upstream.as_ref().map(|u| &*u.address),
            upstream_ms: self.upstream.as_ref().map(|u| millis(u.duration)),
        }
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
