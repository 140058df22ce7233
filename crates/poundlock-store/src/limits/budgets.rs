//! Budgets wherever they are kept, and what a request is answered while they cannot be reached.
//!
//! Main types: [`Budgets`] and [`Outcome`]. It chooses between stores; what each does is its own.

use super::memory::MemoryStore;
use super::redis::{RedisLimits, SharedLimit};
use super::{LimitDef, LimitStore, StoreError};
use poundlock_limit::{Adjustments, Budget, Charge, Decision, Gcra, Key, LimitId, Micros, Verdict};
use smallvec::SmallVec;
use std::num::NonZeroU32;
use std::pin::pin;
use std::task::{Context, Waker};
use tokio::runtime::Handle;

/// What became of the charges of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// They were decided.
    Decided(Verdict),
    /// Nobody could decide, and then nothing is limited ([`OnError::Allow`]).
    Unlimited,
    /// Nobody could decide, and then everything is refused ([`OnError::Deny`]).
    Unavailable,
}

/// What happens while a shared store does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnError {
    /// Each node counts for itself, and grants its part: rate and burst divided by the number of nodes.
    Local,
    /// Nothing is limited.
    Allow,
    /// Everything that is limited is refused.
    Deny,
}

/// Where the budgets of a set of limits are kept.
pub struct Budgets {
    /// The only store, or the one that stands in for a shared one.
    memory: MemoryStore,
    shared: Option<Shared>,
}

/// A store that nodes share.
struct Shared {
    redis: RedisLimits,
    on_error: OnError,
    /// Nodes that share it at least.
    nodes: NonZeroU32,
    /// Where what nobody waits for is done.
    runtime: Handle,
}

impl Budgets {
    /// In this process. The seed must be random and kept secret.
    #[must_use]
    pub fn in_memory(defs: &[LimitDef], seed: [u64; 2]) -> Self {
        Self { memory: MemoryStore::new(defs, seed), shared: None }
    }

    /// In a Redis that `nodes` share at least; more are counted as they are seen. `runtime` is where settlements are sent
    /// from.
    #[must_use]
    pub fn shared(self, redis: RedisLimits, on_error: OnError, nodes: NonZeroU32, runtime: Handle) -> Self {
        Self { shared: Some(Shared { redis, on_error, nodes, runtime }), ..self }
    }

    /// The budgets of another list of limits, with what keys have spent under the same names. `rates` are the new rates, by
    /// place.
    #[must_use]
    pub fn reconfigured(&self, limits: &[SharedLimit], rates: &[Option<Gcra>], now: Micros) -> Self {
        let defs: Vec<LimitDef> = limits.iter().map(|limit| limit.def.clone()).collect();
        let shared = self.shared.as_ref().map(|shared| {
            shared.redis.reconfigure(limits);
            Shared { redis: shared.redis.clone(), runtime: shared.runtime.clone(), ..*shared }
        });
        Self { memory: self.memory.reconfigure(&defs, rates, now), shared }
    }

    /// The shared store, if there is one.
    #[must_use]
    pub fn redis(&self) -> Option<&RedisLimits> {
        self.shared.as_ref().map(|shared| &shared.redis)
    }

    /// What is kept in this process.
    #[must_use]
    pub fn memory(&self) -> &MemoryStore {
        &self.memory
    }

    /// Decides the charges of a request together, if that takes no waiting; see [`LimitStore::decide`].
    #[must_use]
    pub fn decide_now(&self, charges: &[Charge], now: Micros) -> Option<Outcome> {
        if charges.is_empty() {
            return Some(Outcome::Decided(Verdict::default()));
        }
        self.shared.is_none().then(|| Outcome::Decided(self.memory.decide_now(charges, now)))
    }

    /// Decides the charges of a request together; see [`LimitStore::decide`].
    pub async fn decide(&self, charges: &[Charge], now: Micros) -> Outcome {
        if let Some(outcome) = self.decide_now(charges, now) {
            return outcome;
        }
        let Some(shared) = &self.shared else { return Outcome::Unavailable };
        match shared.redis.decide(charges, now).await {
            Ok(verdict) => Outcome::Decided(verdict),
            Err(_) => match shared.on_error {
                OnError::Allow => Outcome::Unlimited,
                OnError::Deny => Outcome::Unavailable,
                OnError::Local => {
                    let nodes = shared.nodes.get().max(shared.redis.nodes());
                    let part = |charge: &Charge| Charge { budget: charge.budget.part_of(nodes), ..*charge };
                    let charges: SmallVec<[Charge; 4]> = charges.iter().map(part).collect();
                    Outcome::Decided(self.memory.decide_now(&charges, now))
                }
            },
        }
    }

    /// Settles reservations, without being waited for. A shared store that does not answer loses them.
    pub fn adjust_soon(&self, adjustments: Adjustments, now: Micros) {
        match &self.shared {
            None => {
                for a in adjustments {
                    // Memory answers at once, and cannot fail.
                    let adjust = pin!(self.memory.adjust(a.limit, &a.key, a.budget, a.amount, now));
                    let _ = Future::poll(adjust, &mut Context::from_waker(Waker::noop()));
                }
            }
            Some(Shared { redis, runtime, .. }) if !adjustments.is_empty() => {
                let redis = redis.clone();
                runtime.spawn(async move {
                    for a in adjustments {
                        let _ = redis.adjust(a.limit, &a.key, a.budget, a.amount, now).await;
                    }
                });
            }
            Some(_) => {}
        }
    }

    /// What a key could do now; charges nothing.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn peek(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        now: Micros,
    ) -> Result<Decision, StoreError> {
        match &self.shared {
            Some(shared) => shared.redis.peek(limit, key, budget, now).await,
            None => self.memory.peek(limit, key, budget, now).await,
        }
    }

    /// Forgets what a key has spent.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn reset(&self, limit: LimitId, key: &Key) -> Result<(), StoreError> {
        self.memory.reset(limit, key).await?;
        match &self.shared {
            Some(shared) => shared.redis.reset(limit, key).await,
            None => Ok(()),
        }
    }
}
