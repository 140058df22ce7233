//! One limit with what stands around it in HTTP.
//!
//! Main type: [`Rule`]. The limit itself is `poundlock-limit`'s.

use super::Patterns;
use http::HeaderName;
use poundlock_limit::{BanRule, Limit, Lists};
use poundlock_observe::Registry;
use poundlock_observe::registry::{Counter, RegistryError};
use std::sync::Arc;

/// What is counted of decisions, by limit.
pub const DECISIONS: &str = "poundlock_ratelimit_decisions_total";

/// A limit, where it applies, and what it tells.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(super) limit: Arc<Limit>,
    /// What of the requests it applies to.
    pub patterns: Patterns,
    /// Services it applies to; empty is all.
    pub services: Box<[Box<str>]>,
    /// Who is exempt, and who is refused.
    pub lists: Lists,
    /// When a key is shut out.
    pub ban: Option<BanRule>,
    /// Whether a request without the key is refused.
    pub refuse_missing: bool,
    /// Whether clients are told what they have left.
    pub headers: bool,
    /// The header of an answer that says what the request has cost.
    pub cost_header: Option<HeaderName>,
    /// A header that only a trusted peer may send: it chooses a plan.
    pub plan_header: Option<HeaderName>,
    /// Keys of the rate that are kept in memory at once.
    pub max_keys: usize,
    /// Where decisions are counted.
    pub metrics: RuleMetrics,
}

/// Keys of one limit that are kept in memory at once, when nothing else is said.
const MAX_KEYS: usize = 100_000;

impl Rule {
    /// A limit for every request, told to clients and counted nowhere.
    pub fn new(limit: Limit) -> Self {
        Self {
            limit: Arc::new(limit),
            patterns: Patterns::default(),
            services: Box::default(),
            lists: Lists::default(),
            ban: None,
            refuse_missing: false,
            headers: true,
            cost_header: None,
            plan_header: None,
            max_keys: MAX_KEYS,
            metrics: RuleMetrics::default(),
        }
    }

    /// The limit.
    pub fn limit(&self) -> &Limit {
        &self.limit
    }
}

/// Counts the decisions of one limit.
#[derive(Debug, Clone, Default)]
pub struct RuleMetrics {
    pub(super) allowed: Counter,
    pub(super) denied: Counter,
    pub(super) would_deny: Counter,
    pub(super) banned: Counter,
    pub(super) unavailable: Counter,
}

impl RuleMetrics {
    /// Allowed, denied, would have been denied, banned, decided without the store.
    pub fn counts(&self) -> [u64; 5] {
        let Self { allowed, denied, would_deny, banned, unavailable } = self;
        [allowed, denied, would_deny, banned, unavailable].map(Counter::get)
    }

    /// Counts in a registry: `poundlock_ratelimit_decisions_total{limit,decision}`.
    ///
    /// # Errors
    /// The name belongs to something else.
    pub fn new(registry: &Registry, limit: &str) -> Result<Self, RegistryError> {
        let counter = |decision| {
            let help = "Decisions of limits: allowed, denied, would_deny (in shadow), banned, \
                        unavailable (decided without the store).";
            registry.counter(DECISIONS, help, &[("limit", limit), ("decision", decision)])
        };
        Ok(Self {
            allowed: counter("allowed")?,
            denied: counter("denied")?,
            would_deny: counter("would_deny")?,
            banned: counter("banned")?,
            unavailable: counter("unavailable")?,
        })
    }
}
