//! [`Raw`]: the configuration as it is written, text values still text.
//!
//! The doc comments here are what an editor shows through the JSON Schema; the `Default`s here are the only
//! place where a default is written. Nothing is validated here except shapes and ranges.

mod limits;
mod service;
mod shield;
mod text;
mod throttle;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) use limits::{
    RawBan, RawLimit, RawLimitMode, RawMissing, RawOnError, RawPeriod, RawStore, RawWeekday,
};
pub(super) use service::{RawBalance, RawHealth, RawPool, RawRetry, RawService, RawTimeouts};
pub(super) use shield::{
    RawBatch, RawCharset, RawClass, RawEmailLevel, RawExcess, RawExclude, RawField, RawFieldType,
    RawFileKind, RawForm, RawHosts, RawPage, RawPageParameter, RawRange, RawShield, RawShieldMode,
    RawShieldRoute, RawUnknown, RawUploads,
};
pub(super) use text::{
    AddressText, DurationText, HostText, KeyText, NetworkText, PercentText, QuotaText, RateText, SizeText,
    UpstreamText,
};
pub(super) use throttle::{RawThrottle, RawThrottleMode};

/// The only version of the file format so far.
pub(super) const VERSION: u32 = 1;
/// Most worker threads.
pub(super) const MAX_WORKERS: u32 = 256;
/// What [`is_name`](super::values::is_name) accepts, for editors.
pub(super) const NAME_PATTERN: &str = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
/// The mark in the schema of keys for which an empty text is a value of its own.
pub(super) const TAKES_EMPTY: &str = "x-takes-empty";
/// Default address of a listener.
pub(super) const DEFAULT_LISTEN: &str = "0.0.0.0:8080";
/// Name of the listener that exists when none is configured.
pub(super) const DEFAULT_LISTENER: &str = "http";

/// Configuration of Poundlock.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Configuration")]
pub(super) struct Raw {
    /// Version of this file format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub(super) version: u32,
    /// Public addresses by name. Without any there is one, `http`, on 0.0.0.0:8080.
    #[schemars(extend("maxProperties" = 64, "propertyNames" = { "pattern": NAME_PATTERN }))]
    pub(super) listen: BTreeMap<String, RawListener>,
    /// Probes, metrics and the API.
    pub(super) admin: RawAdmin,
    /// Upstream applications by name.
    #[schemars(extend("maxProperties" = 1000, "propertyNames" = { "pattern": NAME_PATTERN }))]
    pub(super) service: BTreeMap<String, RawService>,
    /// Limits by name. A request is charged to all that apply to it, or refused and charged to none.
    #[schemars(extend("maxProperties" = 256, "propertyNames" = { "pattern": NAME_PATTERN }))]
    pub(super) limits: BTreeMap<String, RawLimit>,
    /// Where what limits count is kept.
    pub(super) store: RawStore,
    /// Attack detection and input validation.
    pub(super) shield: RawShield,
    /// Which metrics are exposed.
    pub(super) metrics: RawMetrics,
    /// The operator's log on stderr.
    pub(super) log: RawLog,
    /// Where one line a request is written: "-" for standard output, or the path of a file. Unset: nowhere.
    #[schemars(example = &"-")]
    pub(super) access_log: Option<String>,
    /// How a shutdown proceeds.
    pub(super) drain: RawDrain,
    /// Worker threads. Unset: the CPUs this process may use.
    #[schemars(range(min = 1, max = MAX_WORKERS))]
    pub(super) workers: Option<u32>,
    /// Folder for what must survive a restart. Unset: the first that is set of $STATE_DIRECTORY,
    /// $XDG_STATE_HOME/poundlock and $HOME/.local/state/poundlock, else /var/lib/poundlock.
    #[schemars(example = &"/srv/poundlock")]
    pub(super) state_dir: Option<String>,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            version: VERSION,
            listen: BTreeMap::new(),
            admin: RawAdmin::default(),
            service: BTreeMap::new(),
            limits: BTreeMap::new(),
            store: RawStore::default(),
            shield: RawShield::default(),
            metrics: RawMetrics::default(),
            log: RawLog::default(),
            access_log: None,
            drain: RawDrain::default(),
            workers: None,
            state_dir: None,
        }
    }
}

/// A public address and what clients may do there.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Listener")]
pub(super) struct RawListener {
    /// IP address and port to accept connections on; port 0 takes any free port.
    pub(super) address: AddressText,
    /// Networks whose `Forwarded` and `X-Forwarded-For` headers are believed. Empty: nobody is.
    #[schemars(length(max = 1000))]
    pub(super) trusted_proxies: Vec<NetworkText>,
    /// The header that is believed from them; the other one is not, or a client could write it through such a proxy.
    pub(super) forwarding: RawForwarding,
    /// Also serve /health, /health/detailed and /metrics here.
    pub(super) ops: bool,
    /// Connections open at once; more wait in the kernel's queue.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(super) max_connections: u32,
    /// How long a client may take to send a request head.
    pub(super) head_timeout: DurationText,
    /// How long a connection may be silent between two requests.
    pub(super) idle_timeout: DurationText,
    /// Largest request head: request line and headers. 8KiB to 1MiB.
    pub(super) max_head: SizeText,
    /// Header fields in one request.
    #[schemars(range(min = 1, max = 1000))]
    pub(super) max_headers: u32,
    /// Largest request body, or "unlimited". Bodies are streamed, so this bounds how long one request may
    /// occupy the service, not memory: 16MiB lets photos and documents pass, which 1MiB as elsewhere does not.
    #[schemars(example = &"unlimited")]
    pub(super) max_body: SizeText,
    /// Methods to accept beyond the registered ones.
    #[schemars(length(max = 16), example = ["BREW"])]
    pub(super) extra_methods: Vec<String>,
}

impl Default for RawListener {
    fn default() -> Self {
        Self {
            address: DEFAULT_LISTEN.into(),
            trusted_proxies: Vec::new(),
            forwarding: RawForwarding::XForwardedFor,
            ops: false,
            max_connections: 16_384,
            head_timeout: "10s".into(),
            idle_timeout: "75s".into(),
            max_head: "32KiB".into(),
            max_headers: 100,
            max_body: "16MiB".into(),
            extra_methods: Vec::new(),
        }
    }
}

/// The header by which proxies say whom a request comes from.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Forwarding")]
pub(super) enum RawForwarding {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded`, of RFC 7239.
    Forwarded,
}

/// The admin listener.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Admin")]
pub(super) struct RawAdmin {
    /// A loopback address and port; port 0 takes any free port.
    #[schemars(example = &"127.0.0.1:9901")]
    pub(super) address: AddressText,
}

impl Default for RawAdmin {
    fn default() -> Self {
        Self { address: "127.0.0.1:9900".into() }
    }
}

/// Which metrics are exposed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Metrics")]
pub(super) struct RawMetrics {
    /// Serve /metrics.
    pub(super) prometheus: bool,
}

impl Default for RawMetrics {
    fn default() -> Self {
        Self { prometheus: true }
    }
}

/// The operator's log on stderr.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Log")]
pub(super) struct RawLog {
    /// A level (off, error, warn, info, debug, trace), or levels by module: "warn,poundlock_gateway=debug".
    #[schemars(example = &"warn,poundlock_gateway=debug")]
    pub(super) level: String,
    /// How a line looks.
    pub(super) format: RawLogFormat,
}

impl Default for RawLog {
    fn default() -> Self {
        Self { level: "info".into(), format: RawLogFormat::Text }
    }
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "LogFormat")]
pub(super) enum RawLogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How a shutdown proceeds.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Drain")]
pub(super) struct RawDrain {
    /// How long /health/ready answers 503 while requests are still served, so that balancers notice.
    pub(super) delay: DurationText,
    /// After that, how long requests in flight may take.
    pub(super) grace: DurationText,
}

impl Default for RawDrain {
    fn default() -> Self {
        Self { delay: "5s".into(), grace: "30s".into() }
    }
}
