//! Budgets wherever they are kept, and what a request is answered while they cannot be reached.
//!
//! Main types: [`Budgets`] and [`Outcome`]. It chooses between stores; what each does is its own.

use super::durable::DurableLimits;
use super::memory::MemoryStore;
use super::redis::{RedisLimits, SharedLimit};
use super::sqlite::SqliteQuotas;
use super::{LimitDef, LimitStore, Page, StoreError};
use poundlock_limit::{Adjustments, Budget, Charge, Decision, Gcra, Key, LimitId, Micros, Verdict};
use smallvec::SmallVec;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use tokio::runtime::Handle;

/// What became of the charges of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "lives for one match; a box would cost an allocation a request"
)]
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
    /// The rates, or what stands in for a store that does not answer.
    memory: Arc<MemoryStore>,
    place: Place,
    on_error: OnError,
    /// Where what nobody waits for is done.
    runtime: Option<Handle>,
}

enum Place {
    /// Rates and quotas are lost with the process.
    Memory,
    /// Quotas are not.
    Durable(Durable),
    /// Both are shared.
    Shared(Shared),
}

type Durable = DurableLimits<Arc<MemoryStore>>;

/// A store that nodes share.
#[derive(Clone)]
struct Shared {
    redis: RedisLimits,
    /// Nodes that share it at least; more are counted as they are seen.
    nodes: NonZeroU32,
}

impl Budgets {
    /// In this process. The seed must be random and kept secret.
    #[must_use]
    pub fn in_memory(defs: &[LimitDef], seed: [u64; 2]) -> Self {
        let memory = Arc::new(MemoryStore::new(defs, seed));
        Self { memory, place: Place::Memory, on_error: OnError::Local, runtime: None }
    }

    /// Quotas in a file, rates as they are. While the disk fails, both are counted in memory, or as `on_error` says.
    /// `runtime` is where settlements are written from.
    #[must_use]
    pub fn durable(self, quotas: SqliteQuotas, on_error: OnError, runtime: Handle) -> Self {
        let place = Place::Durable(DurableLimits { rates: self.memory.clone(), quotas });
        Self { place, on_error, runtime: Some(runtime), ..self }
    }

    /// Both in a Redis that `nodes` share at least. `runtime` is where settlements are sent from.
    #[must_use]
    pub fn shared(self, redis: RedisLimits, on_error: OnError, nodes: NonZeroU32, runtime: Handle) -> Self {
        Self { place: Place::Shared(Shared { redis, nodes }), on_error, runtime: Some(runtime), ..self }
    }

    /// The budgets of another list of limits, with what keys have spent under the same names. `rates` are the new rates, by
    /// place. These budgets go on with their own list: what has begun under it is charged to what it meant.
    #[must_use]
    pub fn reconfigured(&self, limits: &[SharedLimit], rates: &[Option<Gcra>], now: Micros) -> Self {
        let defs: Vec<LimitDef> = limits.iter().map(|limit| limit.def.clone()).collect();
        let memory = Arc::new(self.memory.reconfigure(&defs, rates, now));
        let place = match &self.place {
            Place::Memory => Place::Memory,
            Place::Durable(DurableLimits { quotas, .. }) => {
                Place::Durable(DurableLimits { rates: memory.clone(), quotas: quotas.reconfigured(&defs) })
            }
            Place::Shared(shared) => {
                Place::Shared(Shared { redis: shared.redis.reconfigured(limits), nodes: shared.nodes })
            }
        };
        Self { memory, place, on_error: self.on_error, runtime: self.runtime.clone() }
    }

    /// The shared store, if there is one.
    #[must_use]
    pub fn redis(&self) -> Option<&RedisLimits> {
        if let Place::Shared(shared) = &self.place { Some(&shared.redis) } else { None }
    }

    /// The file of quotas, if there is one.
    #[must_use]
    pub fn quotas(&self) -> Option<&SqliteQuotas> {
        if let Place::Durable(durable) = &self.place { Some(&durable.quotas) } else { None }
    }

    /// What is kept in this process.
    #[must_use]
    pub fn memory(&self) -> &MemoryStore {
        &self.memory
    }

    /// Whether these charges can be decided without waiting.
    #[must_use]
    pub fn at_hand(&self, charges: &[Charge]) -> bool {
        match &self.place {
            Place::Memory => true,
            Place::Durable(_) => charges.iter().all(|charge| matches!(charge.budget, Budget::Rate(_))),
            Place::Shared(_) => charges.is_empty(),
        }
    }

    /// Decides the charges of a request together, if they are [at hand](Self::at_hand); see [`LimitStore::decide`].
    #[must_use]
    pub fn decide_now(&self, charges: &[Charge], now: Micros) -> Option<Outcome> {
        self.at_hand(charges).then(|| Outcome::Decided(self.memory.decide_now(charges, now)))
    }

    /// Decides the charges of a request together; see [`LimitStore::decide`].
    pub async fn decide(&self, charges: &[Charge], now: Micros) -> Outcome {
        if let Some(outcome) = self.decide_now(charges, now) {
            return outcome;
        }
        let answer = match &self.place {
            Place::Memory => self.memory.decide(charges, now).await,
            Place::Durable(durable) => durable.decide(charges, now).await,
            Place::Shared(shared) => shared.redis.decide(charges, now).await,
        };
        match (answer, self.on_error) {
            (Ok(verdict), _) => Outcome::Decided(verdict),
            (Err(_), OnError::Allow) => Outcome::Unlimited,
            (Err(_), OnError::Deny) => Outcome::Unavailable,
            (Err(_), OnError::Local) => Outcome::Decided(self.decide_alone(charges, now)),
        }
    }

    /// Decides without the store that does not answer, by this node's part of each budget.
    fn decide_alone(&self, charges: &[Charge], now: Micros) -> Verdict {
        let nodes = match &self.place {
            Place::Shared(shared) => shared.nodes.get().max(shared.redis.nodes()),
            Place::Memory | Place::Durable(_) => 1,
        };
        let part = |charge: &Charge| Charge { budget: charge.budget.part_of(nodes), ..*charge };
        let charges: SmallVec<[Charge; 4]> = charges.iter().map(part).collect();
        self.memory.decide_now(&charges, now)
    }

    /// Settles reservations, without being waited for. A store that does not answer loses them.
    pub fn adjust_soon(&self, adjustments: Adjustments, now: Micros) {
        let memory = self.memory.clone();
        match (&self.place, &self.runtime) {
            (Place::Durable(durable), Some(runtime)) if !adjustments.is_empty() => {
                let durable = durable.clone();
                runtime.spawn(async move { settle(&durable, adjustments, now).await });
            }
            (Place::Shared(Shared { redis, .. }), Some(runtime)) if !adjustments.is_empty() => {
                let redis = redis.clone();
                runtime.spawn(async move { settle(&redis, adjustments, now).await });
            }
            _ => {
                // Memory answers at once, and cannot fail.
                let settled = pin!(settle(&memory, adjustments, now));
                let _ = Future::poll(settled, &mut Context::from_waker(Waker::noop()));
            }
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
        match &self.place {
            Place::Memory => self.memory.peek(limit, key, budget, now).await,
            Place::Durable(durable) => durable.peek(limit, key, budget, now).await,
            Place::Shared(shared) => shared.redis.peek(limit, key, budget, now).await,
        }
    }

    /// Forgets what a key has spent.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn reset(&self, limit: LimitId, key: &Key) -> Result<(), StoreError> {
        self.memory.reset(limit, key).await?;
        match &self.place {
            Place::Memory => Ok(()),
            Place::Durable(durable) => durable.quotas.reset(limit, key).await,
            Place::Shared(shared) => shared.redis.reset(limit, key).await,
        }
    }

    /// Keys of a limit that a store can list: those in Redis, and those with quotas in the file. Rates in memory are kept
    /// under hashes, and cannot be.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn scan(&self, limit: LimitId, cursor: u64, count: usize) -> Result<Page, StoreError> {
        match &self.place {
            Place::Memory => Ok(Page::default()),
            Place::Durable(durable) => durable.quotas.scan(limit, cursor, count).await,
            Place::Shared(shared) => shared.redis.scan(limit, cursor, count).await,
        }
    }
}

async fn settle(store: &impl LimitStore, adjustments: Adjustments, now: Micros) {
    for a in adjustments {
        // What cannot be settled stays as it was estimated.
        let _ = store.adjust(a.limit, &a.key, a.budget, a.amount, now).await;
    }
}
