//! The documents about limits. Their names and fields are a promise to whoever reads them.

use poundlock_limit::{Decision, Key, LimitId, Micros, Mode, Verdict};
use poundlock_store::limits::{Page, Spent};
use poundlock_tower::Limiter;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Limits, bans and grants.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Limits {
    /// In the order of the configuration.
    pub limits: Vec<LimitState>,
    /// In force, at most a thousand.
    pub bans: Vec<Entry>,
    /// In force, at most a thousand.
    pub grants: Vec<Entry>,
}

/// A limit.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LimitState {
    /// As in the configuration.
    pub name: String,
    /// `enforce`, `shadow` or `off`.
    pub mode: &'static str,
    /// Requests in a time; `null` if only a quota counts.
    pub rate: Option<String>,
    /// What may be spent at once.
    pub burst: Option<u64>,
    /// What may be spent in the present period.
    pub quota: Option<u64>,
    /// Decisions since the start of this gateway.
    pub decisions: Decisions,
}

/// How often a limit has decided what.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Decisions {
    pub allowed: u64,
    pub denied: u64,
    pub would_deny: u64,
    pub banned: u64,
    pub unavailable: u64,
}

/// A ban, or a grant with `extra`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Entry {
    /// Of which limit.
    pub limit: String,
    /// Who.
    pub key: String,
    /// Tokens beyond the burst, of a grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<u64>,
    /// Until when, in seconds since the Unix epoch.
    pub until: u64,
}

impl Limits {
    pub(crate) fn of(limiter: &Limiter, most: usize) -> Self {
        let bans = limiter.bans(most).into_iter();
        let grants = limiter.grants(most).into_iter();
        Self {
            limits: limiter.rules().iter().map(LimitState::of).collect(),
            bans: bans.map(|b| Entry { limit: b.limit, key: b.key, extra: None, until: b.until }).collect(),
            grants: grants
                .map(|g| Entry { limit: g.limit, key: g.key, extra: Some(g.extra), until: g.until })
                .collect(),
        }
    }
}

impl LimitState {
    fn of(rule: &poundlock_tower::Rule) -> Self {
        let limit = rule.limit();
        let terms = limit.plans.default_terms();
        Self {
            name: limit.name().to_owned(),
            mode: match limit.mode {
                Mode::Enforce => "enforce",
                Mode::Shadow => "shadow",
                Mode::Off => "off",
            },
            rate: terms.rate.map(|bucket| bucket.rate().to_string()),
            burst: terms.rate.map(|bucket| bucket.gcra().burst()),
            quota: terms.quota.as_ref().map(|quota| quota.total),
            decisions: {
                let [allowed, denied, would_deny, banned, unavailable] = rule.metrics.counts();
                Decisions { allowed, denied, would_deny, banned, unavailable }
            },
        }
    }
}

/// Some keys of a limit.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Keys {
    /// The keys; one may come twice while others are made.
    pub keys: Vec<KeySpent>,
    /// Where the next page begins; `null` after the last.
    pub next: Option<u64>,
}

/// A key and what it has spent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeySpent {
    /// As limits write it: values of headers, cookies and tokens are hashed.
    pub key: String,
    /// `rate` or `quota`.
    pub budget: &'static str,
    /// When everything can be spent again, in seconds since the Unix epoch; of a rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_at: Option<u64>,
    /// What was spent in the period, of a quota.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
}

impl Keys {
    pub(crate) fn of(page: Page) -> Self {
        let spent = |listed: poundlock_store::limits::Listed| match listed.spent {
            Spent::Rate { full_at, .. } => KeySpent {
                key: listed.key,
                budget: "rate",
                full_at: Some(full_at.0 / Micros::SECOND),
                used: None,
            },
            Spent::Quota(used) => {
                KeySpent { key: listed.key, budget: "quota", full_at: None, used: Some(used.amount) }
            }
        };
        Self { keys: page.keys.into_iter().map(spent).collect(), next: page.next }
    }
}

/// What a key has left.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyState {
    /// Of which limit.
    pub limit: String,
    /// As limits write it.
    pub key: String,
    /// Until when it is banned, in seconds since the Unix epoch.
    pub banned_until: Option<u64>,
    /// The rate, then the quota, as far as there are.
    pub budgets: Vec<KeyBudget>,
}

/// What is left of one budget.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct KeyBudget {
    /// All that can be spent at once.
    pub limit: u64,
    /// What can be spent now.
    pub remaining: u64,
    /// Seconds until everything can be spent again.
    pub reset_after: u64,
}

impl KeyBudget {
    fn of(decision: &Decision) -> Self {
        let Decision { limit, remaining, reset_after, .. } = *decision;
        Self { limit, remaining, reset_after: reset_after.div_ceil(Micros::SECOND) }
    }
}

impl KeyState {
    pub(crate) fn of(limiter: &Limiter, id: LimitId, key: &Key, decisions: &[Decision]) -> Self {
        Self {
            limit: limiter.rules().get(usize::from(id.0)).map_or("", |rule| rule.limit().name()).to_owned(),
            key: key.to_string(),
            banned_until: limiter.banned(id, key),
            budgets: decisions.iter().map(KeyBudget::of).collect(),
        }
    }
}

/// A question of an application.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Which limit.
    pub limit: String,
    /// Whose budget.
    pub key: String,
    /// What the work costs.
    #[serde(default = "one")]
    pub cost: u64,
}

fn one() -> u64 {
    1
}

/// The answer to an application.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Checked {
    /// Whether the work may be done; if so, it has been charged.
    pub allowed: bool,
    /// All that can be spent at once, of the budget that leaves the least.
    pub limit: Option<u64>,
    /// What can be spent now.
    pub remaining: Option<u64>,
    /// Seconds until everything can be spent again.
    pub reset_after: Option<u64>,
    /// Seconds until the same can be asked again with success; `null` if that is now, or never.
    pub retry_after: Option<u64>,
}

impl Checked {
    pub(crate) fn of(verdict: &Verdict) -> Self {
        let most = poundlock_limit::headers::most_restrictive(&verdict.decisions);
        let decision = most.map(|at| verdict.decisions[at]);
        Self {
            allowed: verdict.admitted(),
            limit: decision.map(|d| d.limit),
            remaining: decision.map(|d| d.remaining),
            reset_after: decision.map(|d| d.reset_after.div_ceil(Micros::SECOND)),
            retry_after: decision.and_then(|d| d.retry_after).map(|wait| wait.div_ceil(Micros::SECOND)),
        }
    }

    /// The store does not answer, and then nothing is limited.
    pub(crate) fn unlimited() -> Self {
        Self { allowed: true, limit: None, remaining: None, reset_after: None, retry_after: None }
    }
}

/// A larger burst.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantCall {
    /// To whom.
    pub key: String,
    /// Tokens beyond the burst.
    pub extra: u64,
    /// For how long.
    pub seconds: u64,
}

/// A ban.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BanCall {
    /// Who.
    pub key: String,
    /// For how long.
    pub seconds: u64,
}
