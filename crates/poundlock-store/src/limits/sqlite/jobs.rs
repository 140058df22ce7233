//! What callers hand to the writer, and what they share with it.
//!
//! Main types: [`Job`] and [`Shared`]. Nothing here is done.

use super::ledger::Ledger;
use super::names::Names;
use crate::limits::{Page, StoreError};
use poundlock_limit::{Charge, Key, LimitId, Micros, Verdict};
use smallvec::SmallVec;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// What a caller wants. Limits are [`Names`]' here, not places in a caller's list.
pub(super) enum Op {
    /// To charge these together.
    Decide(SmallVec<[Charge; 2]>),
    /// To know what charging them would come to.
    Weigh(SmallVec<[Charge; 2]>),
    /// To change what was used.
    Adjust(Charge, i64),
    /// To forget what a key has used.
    Reset(LimitId, Key),
    /// To see the keys of a limit after a row.
    List { limit: LimitId, after: u64, count: usize },
    /// To write everything and let go of the file.
    Close,
}

impl Op {
    /// What is to be charged, weighed or adjusted.
    pub(super) fn charges(&self) -> &[Charge] {
        match self {
            Op::Decide(charges) | Op::Weigh(charges) => charges,
            Op::Adjust(charge, _) => std::slice::from_ref(charge),
            _ => &[],
        }
    }
}

/// What it came to.
pub(super) enum Answer {
    Verdict(Verdict),
    Page(Page),
    Done,
}

/// An operation and who waits for it.
pub(super) struct Job {
    pub(super) op: Op,
    pub(super) now: Micros,
    pub(super) reply: oneshot::Sender<Result<Answer, StoreError>>,
}

/// What callers and the writer share.
#[derive(Default)]
pub(super) struct Shared {
    ledger: Mutex<Ledger>,
    pub(super) names: Names,
}

impl Shared {
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Nothing panics while it is held, and each entry is changed as a whole.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
