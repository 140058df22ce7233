//! HTTP metrics of the hot path: one request is a handful of plain stores into a shard that one worker
//! owns; shards are added up when somebody scrapes. Main types: [`HttpMetrics`] (requests from downstream)
//! and [`HttpClientMetrics`] (requests to upstreams).
//!
//! It does not know `http` crate types, sockets, or when a request ends: callers report that.
//!
//! ```
//! use poundlock_observe::http::{HttpMetrics, HttpRecorder, Method, RequestRecord, Scheme};
//! use std::time::Duration;
//!
//! let metrics = HttpMetrics::new(Default::default());
//! let route = metrics.route("/orders/{id}", Scheme::Http);
//! let shard = metrics.shard(); // one per worker
//! shard.begin(route, Method::Get);
//! shard.finish(&RequestRecord {
//!     route,
//!     method: Method::Get,
//!     status: 200,
//!     error: None,
//!     duration: Duration::from_millis(3),
//!     request_bytes: 0,
//!     response_bytes: 512,
//! });
//! ```

mod active;
mod cell;
mod client;
mod collect;
mod labels;
mod matrix;
mod record;
mod server;
mod shard;
mod status;
mod storage;

pub use client::{
    CLIENT_REQUEST_DURATION, ClientRecord, HttpClientMetrics, HttpClientRecorder, HttpClientShard, PeerId,
    SharedHttpClientShard,
};
pub use labels::{ErrorType, Method, Scheme};
pub use record::{HttpRecorder, RequestRecord, RouteId};
pub use server::{
    ACTIVE_REQUESTS, HttpMetrics, HttpShard, REQUEST_BODY_SIZE, REQUEST_DURATION, RESPONSE_BODY_SIZE,
    SharedHttpShard,
};

#[cfg(test)]
mod tests;
