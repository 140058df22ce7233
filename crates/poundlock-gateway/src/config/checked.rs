//! [`Config`] and its parts: the checked configuration, without `Option` where a default exists.
//!
//! These types hold meaning only. How they are written in a file and how they are validated is not known
//! here.

mod limits;
mod shield;
mod throttle;

pub use limits::{Ban, Limit, LimitBudget, LimitMode, Missing, OnError, Store};
pub use shield::{Audit, Document, Shield, ShieldMode, ShieldRoute, ShieldRules};
pub use throttle::{Throttle, ThrottleMode};

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::values::{HostPattern, Percent, Upstream};

/// A configuration in which every value has been checked and every default filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// At least one, with distinct addresses, in order of name.
    pub listeners: Vec<Listener>,
    /// Where probes, metrics and the API are served.
    pub admin: Admin,
    /// At least one, at most one of them without hosts, in order of name.
    pub services: Vec<Service>,
    /// In order of name.
    pub limits: Vec<Limit>,
    /// Where what limits count is kept.
    pub store: Store,
    /// Attack detection and input validation.
    pub shield: Shield,
    /// Worker threads, 1 to 256. Default: the CPUs this process may use.
    pub workers: usize,
    /// Which metrics are exposed.
    pub metrics: Metrics,
    /// The operator's log on stderr.
    pub log: Log,
    /// Where one line a request is written; `None` writes none.
    pub access_log: Option<AccessLog>,
    /// How a shutdown proceeds.
    pub drain: Drain,
    /// The folder for what must survive a restart; may not exist yet.
    pub state_dir: PathBuf,
}

/// A public address and what clients may do there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The key under `listen`: lower-case letters, digits and `-`.
    pub name: String,
    /// Where to accept connections; port 0 lets the kernel choose.
    pub address: SocketAddr,
    /// Networks whose `Forwarded` and `X-Forwarded-For` are believed; empty believes nobody.
    pub trusted_proxies: Vec<IpNet>,
    /// The header that is believed from them.
    pub forwarding: Forwarding,
    /// Also serve `/health`, `/health/detailed` and `/metrics` here.
    pub ops: bool,
    /// Open downstream connections on this listener, over all workers; more wait in the accept queue.
    pub max_connections: usize,
    /// Bounds on what a client sends before its request is looked at.
    pub limits: HeadLimits,
    /// Largest request body in bytes; `u64::MAX` when unlimited.
    pub max_body: u64,
    /// Methods accepted beyond the IANA registry, as valid tokens.
    pub extra_methods: Vec<String>,
}

/// The header by which proxies say whom a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forwarding {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded`, of RFC 7239.
    Forwarded,
}

/// Bounds on request heads and on silence between requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadLimits {
    /// From the first byte wanted to the end of the head.
    pub head_timeout: Duration,
    /// Silence between two requests on one connection.
    pub idle_timeout: Duration,
    /// Request line and headers together, in bytes.
    pub max_head_bytes: usize,
    /// Header fields in one request.
    pub max_headers: usize,
}

/// The admin listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admin {
    /// A loopback address; port 0 lets the kernel choose.
    pub address: SocketAddr,
}

/// A named upstream application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The key under `service`: lower-case letters, digits and `-`.
    pub name: String,
    /// The hosts it answers for; empty means every host that no other service names.
    pub hosts: Vec<HostPattern>,
    /// Its instances: at least one, distinct.
    pub to: Vec<Upstream>,
    /// How long to wait for it.
    pub timeout: Timeouts,
    /// When a request is tried again.
    pub retry: Retry,
    /// How many connections to keep to each instance.
    pub pool: PoolLimits,
    /// How an instance is found to be up or down.
    pub health: HealthCheck,
    /// How many requests it is given at once.
    pub throttle: Throttle,
    /// How an instance is chosen.
    pub balance: Balance,
}

/// Time limits on one upstream call; none of them is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a new upstream connection is established.
    pub connect: Duration,
    /// From the request until the head of the response.
    pub request: Duration,
    /// Without a byte in either direction while a body is under way.
    pub idle: Duration,
    /// Without a byte in either direction on an upgraded connection, such as a WebSocket.
    pub upgraded: Duration,
}

/// When a failed request is sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// How often a request is sent at most, the first time included; 1 never retries.
    pub attempts: u32,
    /// Retries allowed as a share of requests.
    pub budget: Percent,
    /// Methods that may be retried; only safe ones (RFC 9110 9.2.1), in upper case.
    pub methods: Vec<String>,
}

/// Bounds on the connections to one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Open connections to one instance, over all workers.
    pub max_connections: usize,
    /// Requests that may wait for a connection to one instance; the next one is refused.
    pub max_waiting: usize,
    /// How long an unused connection is kept; keep it below the upstream's own keep-alive time-out.
    pub idle: Duration,
}

/// How often and with what an instance is probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// The path of a GET that answers 2xx or 3xx when healthy; `None` only opens a TCP connection.
    pub path: Option<String>,
    /// From the start of one probe to the start of the next, unless that one takes longer.
    pub every: Duration,
    /// How long one probe may take.
    pub timeout: Duration,
    /// Failures in a row that take an instance out.
    pub down_after: u32,
    /// Successes in a row that bring it back.
    pub up_after: u32,
}

/// How an instance is chosen among the healthy ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balance {
    /// The less loaded of two picked at random (Mitzenmacher, "The Power of Two Choices", 2001).
    P2c,
}

/// Which metrics are exposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metrics {
    /// Serve `/metrics`.
    pub prometheus: bool,
}

/// The operator's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Levels in the syntax of `tracing_subscriber::EnvFilter`: `info` or `warn,poundlock_gateway=debug`.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where the access log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessLog {
    /// Standard output, written as `-`.
    Stdout,
    /// Appended to a file.
    File(PathBuf),
}

/// How a shutdown proceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drain {
    /// Readiness answers 503 for this long while requests are still served, so that balancers notice.
    pub delay: Duration,
    /// After that, how long requests in flight may take before they are cut.
    pub grace: Duration,
}
