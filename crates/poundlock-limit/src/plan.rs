//! What a limit allows, by plan: `free`, `pro`.
//!
//! Main types: [`Terms`] and [`Plans`]. State is what was consumed, not what is left, so whoever changes to a larger plan
//! has it in the present period, less what was consumed.

use crate::{Facts, Gcra, Key, Quota, Rate, RateError, jwt};
use std::collections::BTreeMap;
use std::num::NonZeroU64;

/// How many plans a limit may have beside its default.
pub const PLANS_MAX: usize = 64;
/// How many keys a limit may have in its list of plans.
pub const PLAN_KEYS_MAX: usize = 10_000;

/// A rate and what may be spent at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bucket {
    rate: Rate,
    gcra: Gcra,
}

impl Bucket {
    /// A rate with a burst; without one, a period's tokens can be spent at once.
    ///
    /// # Errors
    /// See [`RateError`].
    pub fn new(rate: Rate, burst: Option<NonZeroU64>) -> Result<Self, RateError> {
        Ok(Self { rate, gcra: rate.gcra(burst.unwrap_or(rate.count()))? })
    }

    /// The rate as it was written.
    #[must_use]
    pub fn rate(self) -> Rate {
        self.rate
    }

    /// The arithmetic.
    #[must_use]
    pub fn gcra(self) -> Gcra {
        self.gcra
    }
}

/// What a limit allows: a rate, a quota, both, or anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// The rate.
    pub rate: Option<Bucket>,
    /// The quota.
    pub quota: Option<Quota>,
}

/// What says which plan a request is on. A header or a claim must be set or verified by somebody in front: a client that
/// can write it chooses its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanSource {
    /// A header, by its lower-case name.
    Header(String),
    /// A claim of a JSON Web Token that **somebody else has verified**.
    Claim(String),
    /// A list of keys.
    Keys(BTreeMap<Key, String>),
}

/// Terms by plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plans {
    default: Terms,
    by_plan: Option<(PlanSource, BTreeMap<String, Terms>)>,
}

/// Why there are no such plans. Correct the configuration; a retry does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// More than [`PLANS_MAX`].
    #[error("expected at most 64 plans")]
    TooMany,
    /// More than [`PLAN_KEYS_MAX`].
    #[error("expected at most 10000 keys with plans")]
    TooManyKeys,
    /// A key's plan that is not defined.
    #[error("no plan is called `{0}`")]
    Unknown(String),
}

impl Plans {
    /// The same terms for everybody.
    #[must_use]
    pub fn only(terms: Terms) -> Self {
        Self { default: terms, by_plan: None }
    }

    /// Terms by plan, and those of requests without one or with an unknown one.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn new(
        default: Terms,
        source: PlanSource,
        plans: BTreeMap<String, Terms>,
    ) -> Result<Self, PlanError> {
        if plans.len() > PLANS_MAX {
            return Err(PlanError::TooMany);
        }
        if let PlanSource::Keys(keys) = &source {
            if keys.len() > PLAN_KEYS_MAX {
                return Err(PlanError::TooManyKeys);
            }
            if let Some(unknown) = keys.values().find(|plan| !plans.contains_key(*plan)) {
                return Err(PlanError::Unknown(unknown.clone()));
            }
        }
        Ok(Self { default, by_plan: Some((source, plans)) })
    }

    /// The terms of requests without a plan.
    #[must_use]
    pub fn default_terms(&self) -> &Terms {
        &self.default
    }

    /// The terms of a request whose key under this limit is `key`.
    #[must_use]
    pub fn terms(&self, facts: &(impl Facts + ?Sized), key: &Key) -> &Terms {
        let Some((source, plans)) = &self.by_plan else { return &self.default };
        let terms = match source {
            PlanSource::Header(name) => facts
                .header(name)
                .and_then(|value| std::str::from_utf8(value).ok())
                .and_then(|plan| plans.get(plan)),
            PlanSource::Claim(name) => {
                facts.token().and_then(|token| jwt::claim(token, name, |plan| plans.get(plan))).flatten()
            }
            PlanSource::Keys(keys) => keys.get(key).and_then(|plan| plans.get(plan)),
        };
        terms.unwrap_or(&self.default)
    }
}

#[cfg(test)]
mod tests;
