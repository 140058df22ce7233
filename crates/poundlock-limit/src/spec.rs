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
    pub fn ask<'a, E>(
        &'a self,
        facts: &(impl Facts + ?Sized),
        now: Micros,
        mut access: impl FnMut(LimitId, Option<&Key>) -> Result<Access, E>,
    ) -> Result<Ask<'a>, E> {
        let mut ask = Ask::default();
        for (id, limit) in &self.limits {
            let key = limit.key_of(facts);
            let (Access::Charged { extra }, Some(key)) = (access(*id, key.as_ref())?, key) else { continue };
            let terms = limit.plans.terms(facts, &key);
            for charge in charges(*id, key, terms, limit.cost, extra, now) {
                ask.charges.push(charge);
                ask.sources.push((limit, terms));
            }
            if limit.mode == Mode::Enforce {
                ask.enforced = ask.charges.len();
            }
        }
        Ok(ask)
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

/// What one request is charged, and under which limits.
#[derive(Debug, Clone, Default)]
pub struct Ask<'a> {
    /// Those that are enforced, then the shadows, limit by limit.
    charges: SmallVec<[Charge; 4]>,
    sources: SmallVec<[(&'a Limit, &'a Terms); 4]>,
    enforced: usize,
}

/// What a limit that is not enforced would be charged.
#[derive(Debug, Clone, Copy)]
pub struct Shadow<'s> {
    /// The limit. If its charges are denied, it would have denied the request.
    pub limit: &'s Limit,
    /// Its charges.
    pub charges: &'s [Charge],
}

/// Why a request is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denial<'a> {
    /// The limit that denies longest.
    pub limit: &'a Limit,
    /// Its charge.
    pub charge: Charge,
    /// Its decision.
    pub decision: Decision,
}

impl<'a> Ask<'a> {
    /// The charges to be decided together. Empty: the request is admitted.
    #[must_use]
    pub fn enforced(&self) -> &[Charge] {
        &self.charges[..self.enforced]
    }

    /// The charges to be decided one shadow limit at a time, once the request is admitted.
    pub fn shadows(&self) -> impl Iterator<Item = Shadow<'_>> {
        let mut sources = &self.sources[self.enforced..];
        self.charges[self.enforced..].chunk_by(|a, b| a.limit == b.limit).map(move |charges| {
            let (own, rest) = sources.split_at(charges.len());
            sources = rest;
            Shadow { limit: own[0].0, charges }
        })
    }

    /// Why the request is denied, by the verdict on [`Ask::enforced`]; `None` if it is admitted.
    #[must_use]
    pub fn denial(&self, verdict: &Verdict) -> Option<Denial<'a>> {
        let at = most_restrictive(&verdict.decisions)?;
        let decision = verdict.decisions[at];
        let (charge, (limit, _)) = self.enforced().get(at).zip(self.sources.get(at))?;
        (!decision.allowed).then_some(Denial { limit, charge: *charge, decision })
    }

    /// What the enforced limits promise, for [`rate_limit_policy`](crate::headers::rate_limit_policy).
    pub fn policies(&self) -> impl Iterator<Item = Policy<'a>> {
        self.enforced().iter().zip(&self.sources).map(|(charge, (limit, terms))| {
            let (quota, window) = match (charge.budget, terms.rate) {
                (Budget::Quota(window), _) => (window.total, window.end.since(window.start) / Micros::SECOND),
                (Budget::Rate(_), Some(bucket)) => {
                    (bucket.rate().count().get(), bucket.rate().period().as_secs())
                }
                (Budget::Rate(gcra), None) => (gcra.burst(), gcra.span() / Micros::SECOND),
            };
            Policy { name: named(limit, charge.budget), quota, window }
        })
    }

    /// What is left, for [`rate_limit`](crate::headers::rate_limit).
    pub fn left(&self, verdict: &Verdict) -> impl Iterator<Item = (&'a str, Decision)> {
        let budgets = self.enforced().iter().zip(&self.sources);
        budgets
            .zip(&verdict.decisions)
            .map(|((charge, (limit, _)), decision)| (named(limit, charge.budget), *decision))
    }
}

/// The name of a budget: the two of one limit must not have the same in a header.
fn named(limit: &Limit, budget: Budget) -> &str {
    match budget {
        Budget::Rate(_) => &limit.name,
        Budget::Quota(_) => &limit.quota_name,
    }
}

#[cfg(test)]
mod tests;
