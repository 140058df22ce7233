//! The budgets of limits and quotas.
//!
//! Main items: [`LimitStore`], what every store does, and [`LimitDef`], what it is told about a limit. A store decides
//! nothing itself: the arithmetic is [`poundlock_limit::Budget`]'s.

mod bounds;
mod budgets;
pub mod durable;
mod listing;
pub mod memory;
pub mod redis;
pub mod sqlite;

pub use budgets::{Budgets, OnError, Outcome};
pub use listing::{Listed, Page, Spent};

use poundlock_limit::{Budget, Charge, Decision, Key, LimitId, Micros, Verdict};
use std::sync::Arc;

/// What a store has to know about one limit; its place in the list is its [`LimitId`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitDef {
    /// The name in the configuration: under it, state is found again after a change or a restart.
    pub name: String,
    /// Keys of the rate that are kept in memory. More live ones at once make room by losing the one that is nearest to
    /// a full bucket.
    pub max_keys: usize,
}

/// Why a store cannot answer now. The caller answers by its `on_error` policy; a retry may help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It did not answer within the deadline.
    #[error("no answer within the deadline")]
    Timeout,
    /// It is known to be down; it was not asked.
    #[error("known to be down")]
    Open,
    /// It answered with an error, or the connection broke.
    #[error("{0}")]
    Failed(String),
}

/// Keeps budgets. Every implementation passes the same conformance suite, with `poundlock-limit` as oracle.
pub trait LimitStore: Send + Sync {
    /// Decides the charges of one request together: all are admitted and charged, or none is. At most
    /// [`MAX_CHARGES`](poundlock_limit::MAX_CHARGES) of them; no two with the same limit, kind of budget and key.
    ///
    /// A store that many machines share uses its own clock and ignores `now`.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is known to be charged.
    fn decide(
        &self,
        charges: &[Charge],
        now: Micros,
    ) -> impl Future<Output = Result<Verdict, StoreError>> + Send;

    /// Changes what a key has spent by `amount` tokens, whatever the budget says: the settling of a reservation, whose
    /// true cost is known only now. Negative gives back.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn adjust(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        amount: i64,
        now: Micros,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What a key could do now; charges nothing.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn peek(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        now: Micros,
    ) -> impl Future<Output = Result<Decision, StoreError>> + Send;

    /// Forgets what a key has spent, in both kinds of budget.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn reset(&self, limit: LimitId, key: &Key) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl<S: LimitStore> LimitStore for Arc<S> {
    fn decide(&self, charges: &[Charge], now: Micros) -> impl Future<Output = Result<Verdict, StoreError>> {
        S::decide(self, charges, now)
    }

    fn adjust(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        amount: i64,
        now: Micros,
    ) -> impl Future<Output = Result<(), StoreError>> {
        S::adjust(self, limit, key, budget, amount, now)
    }

    fn peek(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        now: Micros,
    ) -> impl Future<Output = Result<Decision, StoreError>> {
        S::peek(self, limit, key, budget, now)
    }

    fn reset(&self, limit: LimitId, key: &Key) -> impl Future<Output = Result<(), StoreError>> {
        S::reset(self, limit, key)
    }
}
