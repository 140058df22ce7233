//! Limits as they are configured, and what they ask of a store for one request.
//!
//! Main types: [`Limit`], [`LimitSet`], those of one route, and [`Ask`], what a request is charged. They do not know stores.
//!
//! **Two calls.** [`Ask::enforced`] is decided in one call, all or nothing. Only if it is admitted, each of
//! [`Ask::shadows`] is decided in a call of its own: a shadow limit that would deny must keep nobody else from being
//! charged. It then counts as if it alone had been added to what is enforced.

use crate::headers::{Policy, most_restrictive};
use crate::{Budget, Charge, Decision, Facts, Key, KeyPart, KeySpec, LimitId, MAX_CHARGES, Micros};
use crate::{Plans, Terms, V6_PREFIX, Verdict};
use smallvec::SmallVec;
use std::sync::Arc;

/// How many limits can apply to one request: each has up to two budgets.
pub const LIMITS_MAX: usize = MAX_CHARGES / 2;
/// The longest name of a limit, in bytes.
pub const LIMIT_NAME_MAX: usize = 64;

/// Whether a limit denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// It does.
    #[default]
    Enforce,
    /// It counts, and says what it would have denied.
    Shadow,
    /// It is not asked.
    Off,
}

/// What becomes of a request that lacks a part of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Missing {
    /// It is counted by the client's address.
    #[default]
    ByIp,
    /// The limit does not apply.
    Skip,
}

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    name: String,
    quota_name: String,
    /// Whose budget.
    pub key: KeySpec,
    /// What becomes of a request without such a key.
    pub missing: Missing,
    /// How much.
    pub plans: Plans,
    /// What a request costs.
    pub cost: u64,
    /// Whether it denies.
    pub mode: Mode,
}

/// Why there is no such limit or set. Correct the configuration; a retry does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// The name stands in headers and metrics.
    #[error("expected a name of 1 to 64 visible ASCII characters")]
    Name,
    /// More than [`LIMITS_MAX`] that are not off.
    #[error("expected at most 32 limits for one request")]
    TooMany,
    /// A budget would be charged twice.
    #[error("a limit is listed twice")]
    Twice,
}

impl Limit {
    /// An enforced limit of one token a request, by address where the key is missing.
    ///
    /// # Errors
    /// [`LimitError::Name`].
    pub fn new(name: &str, key: KeySpec, plans: Plans) -> Result<Self, LimitError> {
        let fits = (1..=LIMIT_NAME_MAX).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic());
        if !fits {
            return Err(LimitError::Name);
        }
        let (name, quota_name) = (name.to_owned(), format!("{name}-quota"));
        let (missing, mode) = (Missing::default(), Mode::default());
        Ok(Self { name, quota_name, key, missing, plans, cost: 1, mode })
    }

    /// Its name in the configuration, in headers and metrics.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key of a request; `None` if the limit does not apply to it.
    #[must_use]
    pub fn key_of(&self, facts: &(impl Facts + ?Sized)) -> Option<Key> {
        self.key.make(facts).or_else(|| match self.missing {
            Missing::Skip => None,
            Missing::ByIp => KeySpec::new([KeyPart::Ip { v6_prefix: V6_PREFIX }]).ok()?.make(facts),
        })
    }
}

/// What terms ask of a key: a charge for the rate, with a burst that is larger by `extra`, and one for the quota.
pub fn charges(
    id: LimitId,
    key: Key,
    terms: &Terms,
    cost: u64,
    extra: u64,
    now: Micros,
) -> impl Iterator<Item = Charge> {
    let rate = terms.rate.map(|bucket| Budget::Rate(bucket.gcra().with_extra(extra)));
    let quota = terms.quota.as_ref().map(|quota| Budget::Quota(quota.window(now)));
    [rate, quota].into_iter().flatten().map(move |budget| Charge { limit: id, key, budget, cost })
}

/// The limits that apply to one route, in their order.
#[derive(Debug, Clone, Default)]
pub struct LimitSet {
    limits: Box<[(LimitId, Arc<Limit>)]>,
}

impl LimitSet {
    /// Those of `limits` that are not off.
    ///
    /// # Errors
    /// [`LimitError::TooMany`] and [`LimitError::Twice`].
    pub fn new(limits: impl IntoIterator<Item = (LimitId, Arc<Limit>)>) -> Result<Self, LimitError> {
        let mut limits: Box<[_]> = limits.into_iter().filter(|(_, limit)| limit.mode != Mode::Off).collect();
        let twice = |at: usize| limits[..at].iter().any(|(id, _)| *id == limits[at].0);
        if (0..limits.len()).any(twice) {
            return Err(LimitError::Twice);
        }
        limits.sort_by_key(|(_, limit)| limit.mode == Mode::Shadow);
        if limits.len() > LIMITS_MAX { Err(LimitError::TooMany) } else { Ok(Self { limits }) }
    }

    /// What a request is charged. `access` says of each limit and the request's key, `None` if it lacks one, whether the
    /// limit applies.
    ///
    /// # Errors
    /// What `access` refuses the request for.
    pub fn ask<E>(
        &self,
        facts: &(impl Facts + ?Sized),
        now: Micros,
        mut access: impl FnMut(LimitId, Option<&Key>) -> Result<Access, E>,
    ) -> Result<Ask, E> {
        let mut ask = Ask::default();
        for (id, limit) in &self.limits {
            let key = limit.key_of(facts);
            let (Access::Charged { extra }, Some(key)) = (access(*id, key.as_ref())?, key) else { continue };
            let terms = limit.plans.terms(facts, &key);
            for charge in charges(*id, key, terms, limit.cost, extra, now) {
                ask.charges.push(charge);
                ask.promises.push(promise(charge.budget, terms));
            }
            if limit.mode == Mode::Enforce {
                ask.enforced = ask.charges.len();
            }
        }
        Ok(ask)
    }

    /// A limit of the set.
    #[must_use]
    pub fn limit(&self, id: LimitId) -> Option<&Limit> {
        self.limits.iter().find(|(known, _)| *known == id).map(|(_, limit)| &**limit)
    }

    /// The name of the budget of a charge: the two of one limit must not have the same in a header.
    fn name(&self, charge: &Charge) -> &str {
        self.limit(charge.limit).map_or("", |limit| match charge.budget {
            Budget::Rate(_) => &limit.name,
            Budget::Quota(_) => &limit.quota_name,
        })
    }

    /// Whether there is no limit to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.limits.is_empty()
    }
}

/// What stands before the budgets of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The limit does not apply: another route, or an exempt client.
    Exempt,
    /// The request is charged; a burst grant gives it `extra` tokens beyond the burst.
    Charged {
        /// Mostly 0.
        extra: u64,
    },
}

/// What one request is charged. It belongs to the set that made it, whose limits it names by number.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Those that are enforced, then the shadows, limit by limit.
    charges: SmallVec<[Charge; 4]>,
    /// What each budget promises: tokens, and in how many seconds.
    promises: SmallVec<[(u64, u64); 4]>,
    enforced: usize,
}

/// Why a request is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denial {
    /// Of the limit that denies longest.
    pub charge: Charge,
    /// Its decision.
    pub decision: Decision,
}

impl Ask {
    /// The charges to be decided together. Empty: the request is admitted.
    #[must_use]
    pub fn enforced(&self) -> &[Charge] {
        &self.charges[..self.enforced]
    }

    /// The charges of each shadow limit, to be decided one limit at a time, once the request is admitted: if they are denied,
    /// the limit would have denied the request.
    pub fn shadows(&self) -> impl Iterator<Item = &[Charge]> {
        self.charges[self.enforced..].chunk_by(|a, b| a.limit == b.limit)
    }

    /// Whether nothing is charged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.charges.is_empty()
    }

    /// Why the request is denied, by the verdict on [`Ask::enforced`]; `None` if it is admitted.
    #[must_use]
    pub fn denial(&self, verdict: &Verdict) -> Option<Denial> {
        let at = most_restrictive(&verdict.decisions)?;
        let (charge, decision) = (*self.enforced().get(at)?, verdict.decisions[at]);
        (!decision.allowed).then_some(Denial { charge, decision })
    }

    /// What the enforced limits promise, for [`rate_limit_policy`](crate::headers::rate_limit_policy).
    pub fn policies<'s>(&'s self, set: &'s LimitSet) -> impl Iterator<Item = (LimitId, Policy<'s>)> {
        self.enforced().iter().zip(&self.promises).map(|(charge, (quota, window))| {
            (charge.limit, Policy { name: set.name(charge), quota: *quota, window: *window })
        })
    }

    /// What is left of each, for [`rate_limit`](crate::headers::rate_limit).
    pub fn left<'s>(
        &'s self,
        set: &'s LimitSet,
        verdict: &'s Verdict,
    ) -> impl Iterator<Item = (LimitId, (&'s str, Decision))> {
        let budgets = self.enforced().iter().zip(&verdict.decisions);
        budgets.map(|(charge, decision)| (charge.limit, (set.name(charge), *decision)))
    }
}

fn promise(budget: Budget, terms: &Terms) -> (u64, u64) {
    match (budget, terms.rate) {
        (Budget::Quota(window), _) => (window.total, window.end.since(window.start) / Micros::SECOND),
        (Budget::Rate(_), Some(bucket)) => (bucket.rate().count().get(), bucket.rate().period().as_secs()),
        (Budget::Rate(gcra), None) => (gcra.burst(), gcra.span() / Micros::SECOND),
    }
}

#[cfg(test)]
mod tests;
