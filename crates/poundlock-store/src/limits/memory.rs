//! Limits and quotas in the memory of one process.
//!
//! Main type: [`MemoryStore`]. Rates live in a set-associative table of fixed size a limit, so that a flood of keys
//! cannot grow memory; quotas in a bounded map a limit. It has no clock, no randomness, and is lost with the process.
//!
//! Hand-written because the maps of other limiters grow with the keys (`benches/limiters` compares). Keys are found by a
//! hash under a secret seed, which says nothing of where keys meet to those who do not see it (`hash`). Two keys of which
//! the whole 64 bits agree share a budget: with a million live keys, one new key in 10¹³.

mod bucket;
mod carry;
mod hash;
mod known;
mod locks;
mod quotas;
mod request;
mod table;

use crate::limits::{LimitDef, LimitStore, StoreError};
use hash::Hasher;
use known::Known;
use poundlock_limit::{Budget, Charge, Decision, Gcra, Key, LimitId, Micros, Verdict};
use quotas::Quotas;
use request::Request;
use smallvec::smallvec;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use table::Table;

/// The state of all limits, for any number of threads.
///
/// A request's charges are decided under the locks of all its keys: a concurrent one sees all of them or none. Below
/// [`LimitDef::max_keys`] live keys, none is lost; above, the one nearest to a full bucket among the forty slots that
/// a new key can have is, which can only admit more for that key, and is counted by [`MemoryStore::evictions`].
/// A table takes 19.9 bytes a key (from 3,000 keys), at once.
///
/// ```
/// use poundlock_limit::{Budget, Charge, Gcra, Key, LimitId, Micros};
/// use poundlock_store::limits::{LimitDef, memory::MemoryStore};
/// use std::{num::NonZeroU64, time::Duration};
///
/// let store = MemoryStore::new(&[LimitDef { name: "per-ip".into(), max_keys: 10_000 }], [1, 2]);
/// let two = NonZeroU64::new(2).unwrap();
/// let charge = Charge {
///     limit: LimitId(0),
///     key: Key::new("192.0.2.1").unwrap(),
///     budget: Budget::Rate(Gcra::new(two, Duration::from_secs(1), two).unwrap()),
///     cost: 1,
/// };
/// let now = Micros(1_700_000_000_000_000);
/// let admitted = (0..5).filter(|_| store.decide_now(&[charge], now).admitted()).count();
/// assert_eq!((admitted, store.live_keys(LimitId(0), now)), (2, 1));
/// ```
pub struct MemoryStore {
    limits: Box<[Limit]>,
    hasher: Hasher,
    /// Held by a reconfiguration of this store or one that shares its tables.
    changing: Arc<Mutex<()>>,
}

/// What one limit keeps. Stores before and after a reconfiguration share it.
struct Limit {
    name: String,
    table: Arc<Table>,
    /// The configuration that this store's charges come from, as the table counts them.
    epoch: u64,
    quotas: Arc<Mutex<Quotas>>,
}

impl MemoryStore {
    /// The most keys that a limit's table is made for; a larger [`LimitDef::max_keys`] is taken as this. It is 1.3 GB.
    pub const MAX_KEYS: usize = table::MAX_KEYS;

    /// An empty store. The seed must be random and kept secret: who knows it can aim at a bucket.
    #[must_use]
    pub fn new(defs: &[LimitDef], seed: [u64; 2]) -> Self {
        Self {
            limits: defs.iter().map(Limit::new).collect(),
            hasher: Hasher::new(seed),
            changing: Arc::default(),
        }
    }

    /// The store of a new configuration, which goes on with the state of all limits whose names are in both.
    ///
    /// `rates` are the new rates by [`LimitId`]; where one is missing or `None`, it is learnt from the first charge
    /// that brings another. Consumption stays to the token, converted at `now`. This store may still be asked while
    /// this runs and later: it shares the state, and its charges are decided by the new rates. Takes some milliseconds
    /// for each million keys of a limit whose rate or size changes, in which nobody waits for more than a bucket.
    #[must_use]
    pub fn reconfigure(&self, defs: &[LimitDef], rates: &[Option<Gcra>], now: Micros) -> Self {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let now = bounded(now);
        let renew = |(n, def): (usize, &LimitDef)| match self.limits.iter().find(|old| old.name == def.name) {
            Some(old) => old.renew(def, rates.get(n).copied().flatten(), now),
            None => Limit::new(def),
        };
        Self {
            limits: defs.iter().enumerate().map(renew).collect(),
            hasher: self.hasher.clone(),
            changing: Arc::clone(&self.changing),
        }
    }

    /// Decides at once, as [`LimitStore::decide`] does. Allocates nothing for up to four charges, unless one is to a
    /// quota of a key that is new or begins a period. A request with a limit that the store does not have is denied.
    #[must_use]
    pub fn decide_now(&self, charges: &[Charge], now: Micros) -> Verdict {
        let now = bounded(now);
        if let [Charge { limit, key, budget: Budget::Rate(gcra), cost }] = charges
            && let Some(limit) = self.limit(*limit)
            && let Some(decision) = limit.table.decide_known(self.tag(key), *gcra, now, *cost)
        {
            return Verdict { decisions: smallvec![decision] };
        }
        self.decide_together(charges, now)
    }

    /// Not inlined: what it needs of the stack is more than the whole of the path that needs no other.
    #[inline(never)]
    fn decide_together(&self, charges: &[Charge], now: Micros) -> Verdict {
        if let Some(decisions) = self.all_known(charges).and_then(|all| known::decide(&all, now)) {
            return Verdict { decisions };
        }
        self.decide_all(charges, now)
    }

    /// Where the keys are, if there are at most [`known::MOST`] and all are kept already.
    fn all_known(&self, charges: &[Charge]) -> Option<known::All<'_>> {
        let known = |Charge { limit, key, budget, cost }: &Charge| match budget {
            Budget::Rate(gcra) => Known::new(&self.limit(*limit)?.table, self.tag(key), *gcra, *cost),
            Budget::Quota(_) => None,
        };
        let few = (2..=known::MOST).contains(&charges.len());
        few.then(|| charges.iter().map(known).collect())?
    }

    #[inline(never)]
    fn decide_all(&self, charges: &[Charge], now: Micros) -> Verdict {
        match charges.iter().all(|charge| self.limit(charge.limit).is_some()) {
            true => self.request(charges, now).decide(),
            false => Verdict { decisions: charges.iter().map(unknown).collect() },
        }
    }

    /// How many keys of a limit's rate hold something. Looks at the whole table.
    #[must_use]
    pub fn live_keys(&self, limit: LimitId, now: Micros) -> usize {
        self.limit(limit).map_or(0, |limit| latest(&limit.table).live_keys(bounded(now)))
    }

    /// How many keys of a limit were lost although they held something, because there were more than
    /// [`LimitDef::max_keys`].
    #[must_use]
    pub fn evictions(&self, limit: LimitId) -> u64 {
        self.limit(limit).map_or(0, |limit| limit.table.evictions.load(Ordering::Relaxed))
    }

    /// Bytes that a limit's table takes.
    #[must_use]
    pub fn table_bytes(&self, limit: LimitId) -> usize {
        self.limit(limit).map_or(0, |limit| size_of_val(&*latest(&limit.table).buckets))
    }

    fn limit(&self, id: LimitId) -> Option<&Limit> {
        self.limits.get(usize::from(id.0))
    }

    /// Never 0: that is an empty slot.
    #[inline]
    fn tag(&self, key: &Key) -> u64 {
        self.hasher.hash(key).max(1)
    }

    fn request(&self, charges: &[Charge], now: Micros) -> Request<'_> {
        let known = charges.iter().filter_map(|charge| Some((*charge, self.limit(charge.limit)?)));
        Request::new(known.map(|(charge, limit)| (charge, limit, self.tag(&charge.key))), now)
    }

    fn one(&self, charge: Charge, now: Micros) -> Result<Request<'_>, StoreError> {
        self.known(&[charge])?;
        Ok(self.request(&[charge], bounded(now)))
    }

    fn known(&self, charges: &[Charge]) -> Result<(), StoreError> {
        match charges.iter().find(|charge| self.limit(charge.limit).is_none()) {
            Some(charge) => Err(StoreError::Failed(format!("there is no limit {}", charge.limit.0))),
            None => Ok(()),
        }
    }
}

impl LimitStore for MemoryStore {
    async fn decide(&self, charges: &[Charge], now: Micros) -> Result<Verdict, StoreError> {
        self.known(charges)?;
        Ok(self.decide_now(charges, now))
    }

    /// A rate's bucket is emptied or filled at most: it owes no more than what it holds.
    async fn adjust(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        amount: i64,
        now: Micros,
    ) -> Result<(), StoreError> {
        self.one(Charge { limit, key: *key, budget, cost: amount.unsigned_abs() }, now)?.adjust(amount);
        Ok(())
    }

    async fn peek(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        now: Micros,
    ) -> Result<Decision, StoreError> {
        let seen = self.one(Charge { limit, key: *key, budget, cost: 0 }, now)?.peek();
        seen.first().copied().ok_or_else(|| StoreError::Failed("no decision".to_owned()))
    }

    async fn reset(&self, limit: LimitId, key: &Key) -> Result<(), StoreError> {
        let found =
            self.limit(limit).ok_or_else(|| StoreError::Failed(format!("there is no limit {}", limit.0)))?;
        found.table.forget(self.tag(key));
        found.quotas.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        Ok(())
    }
}

impl Limit {
    fn new(def: &LimitDef) -> Self {
        Self {
            name: def.name.clone(),
            table: Arc::new(Table::new(def.max_keys)),
            epoch: 0,
            quotas: Arc::new(Mutex::new(Quotas::new(def.max_keys))),
        }
    }

    /// The same limit under another definition.
    fn renew(&self, def: &LimitDef, rate: Option<Gcra>, now: Micros) -> Self {
        let old = latest(&self.table);
        let adopted = |table: &Table| rate.is_none_or(|rate| table.adopt(rate, now));
        let table = match old.max_keys == Table::<AtomicU64>::size(def.max_keys) && adopted(old) {
            true => Arc::clone(old),
            false => {
                let new = Arc::new(old.successor(def.max_keys));
                carry::carry(old, &new, now);
                adopted(&new);
                new
            }
        };
        let mut quotas = self.quotas.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = quotas.resize(def.max_keys, now);
        table.evictions.fetch_add(lost, Ordering::Relaxed);
        let (epoch, quotas) = (table.epoch(), Arc::clone(&self.quotas));
        Self { name: def.name.clone(), table, epoch, quotas }
    }
}

/// The table that holds the keys now.
fn latest(table: &Arc<Table>) -> &Arc<Table> {
    std::iter::successors(Some(table), |table| table.next.get()).last().unwrap_or(table)
}

/// A clock that says a later time than a table can keep is taken to have stopped there, in the year 38495.
fn bounded(now: Micros) -> Micros {
    now.min(Micros(bucket::TIME - Gcra::MAX_SPAN.as_micros() as u64))
}

fn unknown(charge: &Charge) -> Decision {
    let limit = match charge.budget {
        Budget::Rate(gcra) => gcra.burst(),
        Budget::Quota(window) => window.total,
    };
    Decision { allowed: false, limit, remaining: 0, reset_after: 0, retry_after: None }
}

#[cfg(test)]
mod tests;
