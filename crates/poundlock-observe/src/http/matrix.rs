//! Named rows of cells, their limit, and the shards they are added up from. Main type: [`Matrix`].
//! Used by the server and the client side; it does not know how a row is shown.

use super::cell::{Cell, Writer};
use super::labels::{ErrorType, Method};
use super::status::StatusSlot;
use super::storage::{Key, Storage};
use crate::limits::{Limits, MAX_LABEL_VALUE_BYTES};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A series that exists at 0 from registration on.
pub(super) type Initial = (Method, u16, Option<ErrorType>);

/// Rows of cells over all shards. Row `r` belongs to name `r / variants` and variant `r % variants`.
pub(super) struct Matrix<C: Cell> {
    limits: Limits,
    variants: u32,
    state: Mutex<State<C>>,
}

struct State<C: Cell> {
    names: Vec<Box<str>>,
    index: HashMap<Box<str>, u32>,
    admitted: BTreeSet<Key>,
    registered: BTreeSet<u32>,
    refused: u64,
    shards: Vec<Arc<Storage<C>>>,
    idle: Vec<Arc<Storage<C>>>,
    shared: Option<Arc<Storage<C>>>,
}

impl<C: Cell> Matrix<C> {
    pub(super) fn new(limits: Limits, variants: u32) -> Self {
        let state = State {
            names: Vec::new(),
            index: HashMap::new(),
            admitted: BTreeSet::new(),
            registered: BTreeSet::new(),
            refused: 0,
            shards: Vec::new(),
            idle: Vec::new(),
            shared: None,
        };
        Self { limits, variants, state: Mutex::new(state) }
    }

    /// Finds or registers a row with its initial series. `None` when the family has no room for them.
    pub(super) fn row(&self, name: &str, variant: u32, initial: &[Initial]) -> Option<u32> {
        let mut state = self.state();
        let index = state.index.get(name).copied();
        if let Some(row) = index.map(|index| index * self.variants + variant)
            && state.registered.contains(&row)
        {
            return Some(row);
        }
        let full = state.admitted.len() + initial.len() > self.limits.label_sets()
            || (index.is_none() && state.names.len() >= self.limits.label_sets())
            || name.len() > MAX_LABEL_VALUE_BYTES;
        if full {
            state.refused += 1;
            return None;
        }
        let row = index.unwrap_or_else(|| state.add_name(name)) * self.variants + variant;
        state.registered.insert(row);
        let keys = initial.iter().map(|&(method, status, error)| Key {
            row,
            method,
            status: StatusSlot::of(status),
            error,
        });
        state.admitted.extend(keys);
        Some(row)
    }

    /// A shard for one writer. It continues where a dropped shard stopped, so that nothing counted is lost
    /// and memory follows the number of shards alive, not the number ever made.
    pub(super) fn exclusive(&self) -> Arc<Storage<C>> {
        let mut state = self.state();
        state.idle.pop().unwrap_or_else(|| self.add_storage(&mut state))
    }

    /// Takes an exclusive shard's storage back. The lock hands its counters on to the next writer.
    pub(super) fn release(&self, storage: Arc<Storage<C>>) {
        self.state().idle.push(storage);
    }

    /// The one storage that all shared shards write to.
    pub(super) fn shared(&self) -> Arc<Storage<C>> {
        let mut state = self.state();
        if let Some(shared) = &state.shared {
            return Arc::clone(shared);
        }
        let shared = self.add_storage(&mut state);
        state.shared = Some(Arc::clone(&shared));
        shared
    }

    /// Counts one observation in a shard of this matrix.
    #[inline]
    pub(super) fn add<W: Writer>(&self, storage: &Storage<C>, key: Key, sample: &C::Sample) {
        storage.cell(key, || self.admit(key)).add::<W>(sample);
    }

    /// Everything counted so far. The lock is not held while cells are read.
    pub(super) fn snapshot(&self) -> Snapshot<C> {
        let (keys, names, shards, refused) = {
            let state = self.state();
            let keys: Vec<Key> = state.admitted.iter().copied().collect();
            (keys, state.names.clone(), state.shards.clone(), state.refused)
        };
        let series = keys.into_iter().map(|key| {
            let mut total = C::Total::default();
            shards.iter().filter_map(|shard| shard.get(key)).for_each(|cell| cell.add_to(&mut total));
            (key, total)
        });
        let series = series.collect();
        let overflow = (refused > 0).then(|| {
            let mut total = C::Total::default();
            shards.iter().for_each(|shard| shard.overflow().add_to(&mut total));
            total
        });
        Snapshot { names, variants: self.variants, series, overflow, shards }
    }

    /// Label sets refused so far; one is counted again by each shard that meets it.
    pub(super) fn refused(&self) -> u64 {
        self.state().refused
    }

    #[cold]
    fn admit(&self, key: Key) -> bool {
        let mut state = self.state();
        let known = state.admitted.contains(&key);
        let named = ((key.row / self.variants) as usize) < state.names.len();
        if known || (named && state.admitted.len() < self.limits.label_sets()) {
            state.admitted.insert(key);
            return true;
        }
        state.refused += 1;
        false
    }

    fn add_storage(&self, state: &mut State<C>) -> Arc<Storage<C>> {
        let rows = self.limits.label_sets().saturating_mul(self.variants as usize);
        let storage = Arc::new(Storage::new(rows));
        state.shards.push(Arc::clone(&storage));
        storage
    }

    fn state(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Cell> State<C> {
    fn add_name(&mut self, name: &str) -> u32 {
        let index = u32::try_from(self.names.len()).expect("the limit on label sets is a u32");
        self.names.push(name.into());
        self.index.insert(name.into(), index);
        index
    }
}

/// A matrix at one moment, in the order of its keys.
pub(super) struct Snapshot<C: Cell> {
    names: Vec<Box<str>>,
    variants: u32,
    pub(super) series: Vec<(Key, C::Total)>,
    /// What was counted beyond the limit; `None` while everything fitted.
    pub(super) overflow: Option<C::Total>,
    /// Every shard there is.
    pub(super) shards: Vec<Arc<Storage<C>>>,
}

impl<C: Cell> Snapshot<C> {
    /// The name of a key's row.
    pub(super) fn name(&self, key: Key) -> &str {
        self.names.get((key.row / self.variants) as usize).map_or("", |name| name)
    }

    /// The variant of a key's row.
    pub(super) fn variant(&self, key: Key) -> u32 {
        key.row % self.variants
    }
}
