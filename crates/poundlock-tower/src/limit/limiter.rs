//! What all requests of one configuration share: limits, budgets, bans and grants.
//!
//! Main type: [`Limiter`]. A changed configuration makes another one that goes on with the same budgets. It knows no
//! request beyond the facts that keys are made of.

mod operate;

pub use operate::{BanEntry, GrantEntry};

use super::facts::HeadFacts;
use super::rule::Rule;
use super::told::Refused;
use crate::Rejection;
use http::HeaderName;
use operate::Boxes;
use poundlock_limit::{
    Access, Adjustments, Charge, Denial, Facts, Key, LimitError, LimitId, LimitSet, Micros, Mode, Standing,
    Verdict,
};
use poundlock_store::limits::{Budgets, LimitDef, Outcome};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Limits and their state.
pub struct Limiter {
    rules: Box<[Rule]>,
    names: Box<[Arc<str>]>,
    all: Arc<LimitSet>,
    budgets: Arc<Budgets>,
    boxes: Arc<Boxes>,
    settles: bool,
    plan_headers: Box<[HeaderName]>,
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limiter").field("limits", &self.names).finish_non_exhaustive()
    }
}

/// Why there is no such limiter. Correct the configuration; a retry does not help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimiterError {
    /// See [`LimitError`]; of the limits of this service, or of all together.
    Limits(Option<String>, LimitError),
    /// Two limits have this name.
    Twice(String),
}

impl std::fmt::Display for LimiterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Limits(None, error) => write!(f, "{error}"),
            Self::Limits(Some(service), error) => write!(f, "service `{service}`: {error}"),
            Self::Twice(name) => write!(f, "two limits are called `{name}`"),
        }
    }
}

impl std::error::Error for LimiterError {}

impl Limiter {
    /// Limits whose budgets are kept in this process.
    ///
    /// # Errors
    /// See [`LimiterError`].
    pub fn in_memory(rules: impl IntoIterator<Item = Rule>) -> Result<Self, LimiterError> {
        let rules: Vec<Rule> = rules.into_iter().collect();
        let budgets = Budgets::in_memory(&defs(&rules), [fastrand::u64(..), fastrand::u64(..)]);
        Self::new(rules, Arc::new(budgets))
    }

    /// Limits whose budgets are kept in `budgets`, which was made for [`defs`] of the same rules.
    ///
    /// # Errors
    /// See [`LimiterError`].
    pub fn new(rules: Vec<Rule>, budgets: Arc<Budgets>) -> Result<Self, LimiterError> {
        Self::with(rules, budgets, Arc::default())
    }

    /// Other rules, which go on with the bans and grants of these under the limits' names.
    ///
    /// # Errors
    /// See [`LimiterError`].
    pub fn succeeded_by(&self, rules: Vec<Rule>, budgets: Arc<Budgets>) -> Result<Self, LimiterError> {
        let next = |id: LimitId| {
            let name = self.rules.get(usize::from(id.0))?.limit.name();
            position(&rules, name)
        };
        let boxes = Arc::new(self.boxes.renumbered(next, self.now()));
        Self::with(rules, budgets, boxes)
    }

    fn with(rules: Vec<Rule>, budgets: Arc<Budgets>, boxes: Arc<Boxes>) -> Result<Self, LimiterError> {
        for (at, rule) in rules.iter().enumerate() {
            if rules[..at].iter().any(|other| other.limit.name() == rule.limit.name()) {
                return Err(LimiterError::Twice(rule.limit.name().to_owned()));
            }
        }
        let unscoped = rules.iter().enumerate().filter(|(_, rule)| rule.services.is_empty());
        let all = LimitSet::new(unscoped.map(numbered)).map_err(|error| LimiterError::Limits(None, error))?;
        Ok(Self {
            names: rules.iter().map(|rule| rule.limit.name().into()).collect(),
            settles: rules.iter().any(|rule| rule.cost_header.is_some()),
            plan_headers: rules.iter().filter_map(|rule| rule.plan_header.clone()).collect(),
            rules: rules.into(),
            all: Arc::new(all),
            budgets,
            boxes,
        })
    }

    /// The limits that apply whatever the service.
    pub fn all(&self) -> &Arc<LimitSet> {
        &self.all
    }

    /// The limits that apply to a service.
    ///
    /// # Errors
    /// See [`LimiterError`].
    pub fn of_service(&self, service: &str) -> Result<Arc<LimitSet>, LimiterError> {
        let applies = |rule: &Rule| rule.services.is_empty() || rule.services.iter().any(|s| **s == *service);
        let rules = self.rules.iter().enumerate().filter(|(_, rule)| applies(rule));
        let set = LimitSet::new(rules.map(numbered));
        set.map(Arc::new).map_err(|error| LimiterError::Limits(Some(service.to_owned()), error))
    }

    /// Where budgets are kept.
    pub fn budgets(&self) -> &Arc<Budgets> {
        &self.budgets
    }

    /// The time of day: quotas follow it, and a clock that is set back locks nobody out (see `Gcra::decide`).
    pub(super) fn now(&self) -> Micros {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }

    /// The facts, without what only a trusted peer may say.
    pub(super) fn guard<'a>(&'a self, facts: &'a HeadFacts<'a>) -> Guarded<'a> {
        Guarded { facts, forbidden: if facts.trusted() { &[] } else { &self.plan_headers } }
    }

    /// Whether a limit applies to a request, before any budget is looked at.
    pub(super) fn access(
        &self,
        id: LimitId,
        key: Option<&Key>,
        facts: &Guarded<'_>,
        now: Micros,
    ) -> Result<Access, Rejection> {
        let rule = &self.rules[usize::from(id.0)];
        if !rule.patterns.matches(facts.facts.head()) {
            return Ok(Access::Exempt);
        }
        let enforced = rule.limit.mode == Mode::Enforce;
        match rule.lists.standing(facts.ip(), key) {
            Standing::Allowed => return Ok(Access::Exempt),
            Standing::Denied if enforced => return Err(Rejection::Denied(self.name(id))),
            _ => {}
        }
        let Some(key) = key else {
            let refused = enforced && rule.refuse_missing;
            return if refused { Err(Rejection::Denied(self.name(id))) } else { Ok(Access::Exempt) };
        };
        if let Some(until) = self.boxes.banned(id, key, now).filter(|_| enforced) {
            rule.metrics.banned.inc();
            let refused = Refused::banned(self.name(id), until, now);
            return Err(Rejection::RateLimited(Arc::new(refused)));
        }
        Ok(Access::Charged { extra: self.boxes.extra(id, key, now) })
    }

    /// A refusal may be one too many.
    pub(super) fn denied(&self, denial: &Denial, now: Micros) {
        let Charge { limit, key, .. } = &denial.charge;
        if let Some(rule) = self.rules[usize::from(limit.0)].ban {
            self.boxes.denied(*limit, key, rule, now);
        }
    }

    /// Settles reservations, without waiting for it.
    pub(super) fn settle(&self, adjustments: Adjustments) {
        self.budgets.adjust_soon(adjustments, self.now());
    }

    pub(super) fn tells(&self, id: LimitId) -> bool {
        self.rules[usize::from(id.0)].headers
    }

    pub(super) fn settles(&self) -> bool {
        self.settles
    }

    pub(super) fn cost_header(&self, id: LimitId) -> Option<&HeaderName> {
        self.rules[usize::from(id.0)].cost_header.as_ref()
    }

    pub(super) fn name(&self, id: LimitId) -> Arc<str> {
        self.names[usize::from(id.0)].clone()
    }

    /// Counts a decision on limits that are enforced: each limit once, whatever its budgets.
    pub(super) fn count(&self, charges: &[Charge], verdict: &Verdict) {
        let mut rest = &verdict.decisions[..];
        for of_one in charges.chunk_by(|a, b| a.limit == b.limit) {
            let (own, others) = rest.split_at(of_one.len());
            rest = others;
            let metrics = &self.rules[usize::from(of_one[0].limit.0)].metrics;
            if own.iter().all(|decision| decision.allowed) { &metrics.allowed } else { &metrics.denied }
                .inc();
        }
    }

    pub(super) fn count_shadow(&self, charges: &[Charge], outcome: &Outcome) {
        let metrics = &self.rules[usize::from(charges[0].limit.0)].metrics;
        match outcome {
            Outcome::Decided(verdict) if verdict.admitted() => metrics.allowed.inc(),
            Outcome::Decided(_) => metrics.would_deny.inc(),
            Outcome::Unlimited | Outcome::Unavailable => metrics.unavailable.inc(),
        }
    }

    pub(super) fn count_unavailable(&self, charges: &[Charge]) {
        for of_one in charges.chunk_by(|a, b| a.limit == b.limit) {
            self.rules[usize::from(of_one[0].limit.0)].metrics.unavailable.inc();
        }
    }
}

/// What a store is told about the limits of these rules, in their order.
pub fn defs(rules: &[Rule]) -> Vec<LimitDef> {
    let def = |rule: &Rule| LimitDef { name: rule.limit.name().to_owned(), max_keys: rule.max_keys };
    rules.iter().map(def).collect()
}

fn numbered((at, rule): (usize, &Rule)) -> (LimitId, Arc<poundlock_limit::Limit>) {
    (id(at), rule.limit.clone())
}

/// The number of a limit by its place.
fn id(at: usize) -> LimitId {
    LimitId(u16::try_from(at).unwrap_or(u16::MAX))
}

fn position(rules: &[Rule], name: &str) -> Option<LimitId> {
    rules.iter().position(|rule| rule.limit.name() == name).map(id)
}

/// Facts without the headers that only a trusted peer may send.
pub(super) struct Guarded<'a> {
    facts: &'a HeadFacts<'a>,
    forbidden: &'a [HeaderName],
}

impl Facts for Guarded<'_> {
    fn ip(&self) -> Option<IpAddr> {
        self.facts.ip()
    }

    fn header(&self, name: &str) -> Option<&[u8]> {
        if self.forbidden.iter().any(|forbidden| forbidden == name) {
            return None;
        }
        self.facts.header(name)
    }

    fn cookie(&self, name: &str) -> Option<&[u8]> {
        self.facts.cookie(name)
    }

    fn route(&self) -> Option<&str> {
        self.facts.route()
    }

    fn service(&self) -> Option<&str> {
        self.facts.service()
    }

    fn method(&self) -> Option<&str> {
        self.facts.method()
    }
}
