//! The cells of one shard, found by index: row × (method, error) × status, each level allocated when
//! first used. Main type: [`Storage`]. It does not know names, limits, or other shards.

use super::cell::Cell;
use super::labels::{ErrorType, Method};
use super::status::{SLOTS, StatusSlot};
use std::sync::OnceLock;

/// No error, or one of the error types.
const ERRORS: usize = ErrorType::ALL.len() + 1;

/// Which cell: the label set of a series, as indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) row: u32,
    pub(super) method: Method,
    pub(super) status: StatusSlot,
    pub(super) error: Option<ErrorType>,
}

impl Key {
    #[inline]
    fn table(self) -> usize {
        self.method as usize * ERRORS + self.error.map_or(0, |error| error as usize + 1)
    }

    /// The value of `error_type`: the cause if Poundlock knows one, else the status of a server error.
    pub(super) fn error_label(self) -> &'static str {
        match self.error {
            Some(error) => error.as_str(),
            None if self.status.is_server_error() => self.status.label(),
            None => "",
        }
    }
}

/// A slot is empty, refused (`None`: the family is full) or holds the cell.
type Slot<C> = OnceLock<Option<Box<C>>>;
type StatusTable<C> = [Slot<C>; SLOTS];
type Row<C> = [OnceLock<Box<StatusTable<C>>>; Method::ALL.len() * ERRORS];

/// Every cell of one shard.
pub(super) struct Storage<C: Cell> {
    rows: Box<[OnceLock<Box<Row<C>>>]>,
    overflow: C,
    per_shard: C::PerShard,
}

impl<C: Cell> Storage<C> {
    /// Room for this many rows; about 16 B each until used.
    pub(super) fn new(rows: usize) -> Self {
        let rows = (0..rows).map(|_| OnceLock::new()).collect();
        Self { rows, overflow: C::default(), per_shard: C::PerShard::default() }
    }

    /// The cell to count in, opened with `admit`'s consent when it is new, else the overflow cell.
    #[inline]
    pub(super) fn cell(&self, key: Key, admit: impl FnOnce() -> bool) -> &C {
        match self.slot(key).and_then(OnceLock::get) {
            Some(Some(cell)) => cell,
            Some(None) => &self.overflow,
            None => self.open(key, admit),
        }
    }

    /// The cell of this label set, if this shard has counted it.
    pub(super) fn get(&self, key: Key) -> Option<&C> {
        self.slot(key)?.get()?.as_deref()
    }

    /// Where label sets beyond the limit are counted.
    pub(super) fn overflow(&self) -> &C {
        &self.overflow
    }

    /// What is counted once for the whole shard.
    #[inline]
    pub(super) fn per_shard(&self) -> &C::PerShard {
        &self.per_shard
    }

    #[inline]
    fn slot(&self, key: Key) -> Option<&Slot<C>> {
        let row = self.rows.get(key.row as usize)?.get()?;
        Some(&row[key.table()].get()?[key.status.index()])
    }

    #[cold]
    fn open(&self, key: Key, admit: impl FnOnce() -> bool) -> &C {
        let Some(row) = self.rows.get(key.row as usize) else { return &self.overflow };
        let row = row.get_or_init(|| Box::new([const { OnceLock::new() }; _]));
        let table = row[key.table()].get_or_init(|| Box::new([const { OnceLock::new() }; _]));
        let slot = table[key.status.index()].get_or_init(|| admit().then(Box::default));
        slot.as_deref().unwrap_or(&self.overflow)
    }
}
