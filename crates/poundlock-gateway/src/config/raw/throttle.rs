//! [`RawThrottle`]: adaptive throttling of a service as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Adaptive throttling: as many requests at once as the service keeps up with; what is more is refused at once.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Throttle")]
pub(in crate::config) struct RawThrottle {
    /// Whether it is done.
    pub(in crate::config) mode: RawThrottleMode,
    /// The least that the service is given at once, over all workers.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(in crate::config) min: u32,
    /// What it is given at once until its limit is found.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(in crate::config) initial: u32,
    /// The most that it is given at once.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(in crate::config) max: u32,
    /// Paths that are refused last; one that ends in * stands for all that begin so.
    #[schemars(length(max = 100), example = ["/checkout/*"])]
    pub(in crate::config) critical: Vec<String>,
    /// Paths that are refused first.
    #[schemars(length(max = 100), example = ["/export/*"])]
    pub(in crate::config) sheddable: Vec<String>,
    /// A header that says critical, default or sheddable, and goes before paths; believed from trusted proxies only.
    #[schemars(example = &"x-priority")]
    pub(in crate::config) priority_header: Option<String>,
}

impl Default for RawThrottle {
    fn default() -> Self {
        Self {
            mode: RawThrottleMode::Off,
            min: 2,
            initial: 20,
            max: 10_000,
            critical: Vec::new(),
            sheddable: Vec::new(),
            priority_header: None,
        }
    }
}

/// Whether a service is throttled.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ThrottleMode")]
pub(in crate::config) enum RawThrottleMode {
    /// It gets every request.
    Off,
    /// It gets what it keeps up with.
    On,
}
