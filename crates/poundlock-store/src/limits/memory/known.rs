//! Several charges at once whose keys are all where they seem to be: the path of all but new keys.
//!
//! Main item: [`decide`]. It takes the same locks in the same order as [`Locks`](super::locks::Locks) does, but one a key
//! and without looking for room. Where more is needed it holds nothing and leaves the request to those who find it.

use super::bucket::{Guard, Word};
use super::table::{Table, set_back};
use poundlock_limit::{Decision, Gcra, Micros};
use smallvec::SmallVec;
use std::cmp::Ordering;
use std::sync::atomic::AtomicU64;

/// The most charges that are decided so.
pub(super) const MOST: usize = 4;

/// A charge to a rate, and where its key seems to be.
pub(super) struct Known<'t, A = AtomicU64> {
    table: &'t Table<A>,
    tag: u64,
    gcra: Gcra,
    cost: u64,
    place: usize,
    slot: usize,
}

/// The charges of a request.
pub(super) type All<'t, A = AtomicU64> = SmallVec<[Known<'t, A>; MOST]>;

impl<'t, A: Word> Known<'t, A> {
    /// `None` if the key seems to be nowhere.
    #[inline]
    pub(super) fn new(table: &'t Table<A>, tag: u64, gcra: Gcra, cost: u64) -> Option<Self> {
        let (place, slot) = table.find(tag)?;
        Some(Self { table, tag, gcra, cost, place, slot })
    }

    fn order(&self, other: &Self) -> Ordering {
        (self.table.id, self.place).cmp(&(other.table.id, other.place))
    }

    /// Locks the bucket, if the key is there and it counts in the unit of the charge.
    #[inline]
    fn lock(&self) -> Option<Guard<'t, A>> {
        let guard = self.table.buckets[self.place].lock();
        let same =
            guard.tag(self.slot) == self.tag && self.table.interval(guard.unit()) == self.gcra.interval();
        same.then_some(guard)
    }
}

/// Decides all of them together, and charges them if all are allowed. `None`, and nothing has changed, if one is not where
/// it seemed to be or two share a bucket.
pub(super) fn decide<A: Word>(all: &All<'_, A>, now: Micros) -> Option<SmallVec<[Decision; MOST]>> {
    let mut order: SmallVec<[usize; MOST]> = (0..all.len()).collect();
    order.sort_unstable_by(|a, b| all[*a].order(&all[*b]));
    if order.windows(2).any(|pair| all[pair[0]].order(&all[pair[1]]).is_eq()) {
        return None;
    }
    let mut held = SmallVec::<[(usize, Guard<'_, A>); MOST]>::new();
    for at in order {
        held.push((at, all[at].lock()?));
    }
    let decided = |(at, guard): &(usize, Guard<'_, A>)| {
        let Known { gcra, cost, slot, .. } = &all[*at];
        gcra.decide(Micros(guard.time(*slot)), now, *cost)
    };
    let decided: SmallVec<[(Decision, Micros); MOST]> = held.iter().map(decided).collect();
    let admitted = decided.iter().all(|(decision, _)| decision.allowed);
    let mut decisions: SmallVec<[Decision; MOST]> = all.iter().map(|_| decided[0].0).collect();
    for ((at, guard), (decision, after)) in held.iter_mut().zip(decided) {
        let known = &all[*at];
        decisions[*at] = match admitted {
            true => charged(guard, known, decision, after),
            false => denied(guard, known, decision, now),
        };
    }
    Some(decisions)
}

#[inline]
fn charged<A: Word>(
    guard: &mut Guard<'_, A>,
    known: &Known<'_, A>,
    decision: Decision,
    after: Micros,
) -> Decision {
    if known.cost > 0 {
        guard.set_time(known.slot, after.0);
    }
    decision
}

/// As [`Request`](super::request::Request) denies: what was not denied itself has spent nothing either.
fn denied<A: Word>(
    guard: &mut Guard<'_, A>,
    known: &Known<'_, A>,
    decision: Decision,
    now: Micros,
) -> Decision {
    let tat = guard.time(known.slot);
    if let Some(time) = set_back(known.gcra, tat, now) {
        guard.set_time(known.slot, time);
    }
    if decision.allowed { known.gcra.decide(Micros(tat), now, 0).0 } else { decision }
}
