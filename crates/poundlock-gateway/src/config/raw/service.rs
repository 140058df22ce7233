//! [`RawService`]: a service as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DurationText, HostText, PercentText, RawThrottle, UpstreamText};

/// An upstream application.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Service")]
pub(in crate::config) struct RawService {
    /// Hosts it answers for: "api.example.com" or "*.example.com". Empty: every host no other service names.
    #[schemars(length(max = 1000))]
    pub(in crate::config) hosts: Vec<HostText>,
    /// Addresses of its instances, each host:port.
    #[schemars(length(max = 256))]
    pub(in crate::config) to: Vec<UpstreamText>,
    /// How long to wait for it.
    pub(in crate::config) timeout: RawTimeouts,
    /// When a request is tried again.
    pub(in crate::config) retry: RawRetry,
    /// Connections kept to each instance.
    pub(in crate::config) pool: RawPool,
    /// How an instance is found to be up or down.
    pub(in crate::config) health: RawHealth,
    /// How many requests it is given at once.
    pub(in crate::config) throttle: RawThrottle,
    /// How an instance is chosen.
    pub(in crate::config) balance: RawBalance,
}

/// Time limits on one call to an instance.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Timeouts")]
pub(in crate::config) struct RawTimeouts {
    /// Until a new connection is established.
    pub(in crate::config) connect: DurationText,
    /// From the request until the head of the response.
    pub(in crate::config) request: DurationText,
    /// Without a byte either way while a body is under way.
    pub(in crate::config) idle: DurationText,
    /// Without a byte either way on an upgraded connection, such as a WebSocket.
    pub(in crate::config) upgraded: DurationText,
}

impl Default for RawTimeouts {
    fn default() -> Self {
        Self { connect: "2s".into(), request: "30s".into(), idle: "5m".into(), upgraded: "3h".into() }
    }
}

/// When a failed request is sent again.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Retry")]
pub(in crate::config) struct RawRetry {
    /// How often a request is sent at most, the first time included; 1 never retries.
    #[schemars(range(min = 1, max = 10))]
    pub(in crate::config) attempts: u32,
    /// Retries allowed as a share of requests.
    pub(in crate::config) budget: PercentText,
    /// Methods that may be retried, of GET, HEAD, OPTIONS and TRACE.
    #[schemars(length(max = 4), example = ["GET", "OPTIONS"])]
    pub(in crate::config) methods: Vec<String>,
}

impl Default for RawRetry {
    fn default() -> Self {
        Self { attempts: 2, budget: "20%".into(), methods: vec!["GET".into(), "HEAD".into()] }
    }
}

/// Connections kept to each instance.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Pool")]
pub(in crate::config) struct RawPool {
    /// Open connections to one instance.
    #[schemars(range(min = 1, max = 65_535))]
    pub(in crate::config) max_connections: u32,
    /// Requests that may wait for a connection to one instance; the next is refused.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(in crate::config) max_waiting: u32,
    /// How long an unused connection is kept. Keep it below the instance's own keep-alive time-out.
    pub(in crate::config) idle: DurationText,
}

impl Default for RawPool {
    fn default() -> Self {
        Self { max_connections: 1024, max_waiting: 1024, idle: "4s".into() }
    }
}

/// How an instance is found to be up or down.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Health")]
pub(in crate::config) struct RawHealth {
    /// Path to GET; an answer of 200 to 399 is healthy. Unset: opening a TCP connection is enough.
    #[schemars(example = &"/healthz")]
    pub(in crate::config) path: Option<String>,
    /// From the start of one probe to the next, unless that one takes longer.
    pub(in crate::config) every: DurationText,
    /// How long one probe may take.
    pub(in crate::config) timeout: DurationText,
    /// Failures in a row that take an instance out.
    #[schemars(range(min = 1, max = 100))]
    pub(in crate::config) down_after: u32,
    /// Successes in a row that bring it back.
    #[schemars(range(min = 1, max = 100))]
    pub(in crate::config) up_after: u32,
}

impl Default for RawHealth {
    fn default() -> Self {
        Self { path: None, every: "5s".into(), timeout: "2s".into(), down_after: 3, up_after: 2 }
    }
}

/// How an instance is chosen among the healthy ones.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Balance")]
pub(in crate::config) enum RawBalance {
    /// The less loaded of two picked at random.
    #[default]
    P2c,
}
