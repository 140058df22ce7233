//! The buckets that one request holds while its charges are decided together.
//!
//! Main types: [`Ask`], one key of the request, and [`Locks`], what is held for all of them. Locks are taken in one
//! order, by table and place, so requests wait for each other but never in a circle; while they are held nobody sees or
//! changes any of these keys. It does not know what is decided.

use super::bucket::{Bucket, Guard, SLOTS, Word};
use super::table::{PLACES, Rate, Table};
use poundlock_limit::{Gcra, Micros};
use smallvec::SmallVec;
use std::sync::atomic::{AtomicU64, Ordering};

/// Locks that are held without allocating: four keys that are all new.
const INLINE: usize = 4 * PLACES;
/// Slots that stay free in a key's first bucket before its second is considered: most keys are found at once.
const KEEP_FREE: usize = 2;

/// What a request asks about one key.
pub(super) struct Ask<'t, A = AtomicU64> {
    /// Where the key is kept.
    pub(super) table: &'t Table<A>,
    /// The configuration that the request knows.
    pub(super) epoch: u64,
    /// The key.
    pub(super) tag: u64,
    /// The rate by that configuration.
    pub(super) gcra: Gcra,
    /// The rate that counts; set with the locks.
    pub(super) rate: Rate,
    /// Whether all places of the key are held, because it was not where it seemed to be.
    wide: bool,
    /// The held bucket and the slot of the key, if it is there.
    found: Option<(usize, usize)>,
}

impl<'t, A: Word> Ask<'t, A> {
    /// About a key of a table.
    pub(super) fn new(table: &'t Table<A>, epoch: u64, tag: u64, gcra: Gcra) -> Self {
        Self { table, epoch, tag, gcra, rate: Rate { gcra, unit: 0 }, wide: false, found: None }
    }

    fn places(&self) -> SmallVec<[usize; PLACES]> {
        match self.table.find(self.tag).filter(|_| !self.wide) {
            Some((place, _)) => SmallVec::from_slice(&[place]),
            None => SmallVec::from(self.table.places(self.tag)),
        }
    }
}

/// Something of one bucket of many tables: the table's age and the place. Locks are taken in this order.
struct At<T>((u64, usize), T);

/// Locked buckets, in order.
pub(super) struct Locks<'t, A: Word = AtomicU64> {
    held: SmallVec<[At<Guard<'t, A>>; INLINE]>,
}

impl<'t, A: Word> Locks<'t, A> {
    /// Locks what the keys need, and finds them.
    pub(super) fn hold(asks: &mut [Ask<'t, A>], now: Micros) -> Self {
        loop {
            settle_rates(asks);
            let mut locks = Self::take(asks);
            // Each is asked, so that one more turn is enough for all that need more.
            let missing = asks.iter_mut().filter_map(|ask| (!locks.locate(ask, now)).then_some(())).count();
            if missing == 0 {
                return locks;
            }
        }
    }

    /// The arrival time of a key; 0 if it has none.
    pub(super) fn tat(&self, ask: &Ask<'t, A>) -> Micros {
        Micros(ask.found.map_or(0, |(at, slot)| self.held[at].1.time(slot)))
    }

    /// Changes the arrival times of keys. Those that were found come first: a new one may take a slot whose time has
    /// passed, and must not take one that is about to be charged.
    pub(super) fn write(&mut self, tats: &[(&Ask<'t, A>, Micros)], now: Micros) {
        for (ask, tat) in tats {
            if let Some((at, slot)) = ask.found {
                self.held[at].1.set_time(slot, tat.0);
            }
        }
        for (ask, tat) in tats.iter().filter(|(ask, tat)| ask.found.is_none() && *tat > now) {
            self.place(ask, *tat, now);
        }
    }

    fn take(asks: &[Ask<'t, A>]) -> Self {
        let mut wanted: SmallVec<[At<&'t Bucket<A>>; INLINE]> = SmallVec::new();
        for ask in asks {
            let buckets = &ask.table.buckets;
            wanted.extend(ask.places().into_iter().map(|place| At((ask.table.id, place), &buckets[place])));
        }
        wanted.sort_unstable_by_key(|At(order, _)| *order);
        wanted.dedup_by_key(|At(order, _)| *order);
        Self { held: wanted.into_iter().map(|At(order, bucket)| At(order, bucket.lock())).collect() }
    }

    /// Finds a key in what is held. False if more must be held, which the ask then says.
    fn locate(&mut self, ask: &mut Ask<'t, A>, now: Micros) -> bool {
        let (mut held, mut moved) = (0, false);
        ask.found = None;
        for place in ask.table.places(ask.tag) {
            let Some(at) = self.at(ask.table.id, place) else { continue };
            let guard = &mut self.held[at].1;
            ask.table.convert(guard, ask.rate.unit, now);
            (held, moved) = (held + 1, moved || guard.moved());
            ask.found = ask.found.or_else(|| Some((at, guard.find(ask.tag)?)));
        }
        match (ask.found, ask.table.next.get().filter(|_| moved)) {
            (Some(_), _) => true,
            (None, Some(next)) => {
                (ask.table, ask.wide) = (next, false);
                false
            }
            // All places are held and the key is in none.
            (None, None) if held == PLACES => true,
            (None, None) => {
                ask.wide = true;
                false
            }
        }
    }

    /// Puts a key that is in none of its places into a free slot, or over the one that is nearest to a full bucket.
    fn place(&mut self, ask: &Ask<'t, A>, tat: Micros, now: Micros) {
        let places = ask.table.places(ask.tag).map(|place| self.at(ask.table.id, place).unwrap_or(0));
        let free = places.map(|at| (0..SLOTS).filter(|slot| self.held[at].1.time(*slot) <= now.0).count());
        let roomiest =
            |from: usize, to: usize| (from..to).rev().max_by_key(|n| free[*n]).filter(|n| free[*n] > 0);
        let room = match free[0] > KEEP_FREE {
            true => Some(0),
            false => roomiest(0, 2).or_else(|| roomiest(2, PLACES)),
        };
        let at = room.map(|n| places[n]).unwrap_or_else(|| {
            ask.table.evictions.fetch_add(1, Ordering::Relaxed);
            places.into_iter().min_by_key(|at| earliest(&self.held[*at].1)).unwrap_or(0)
        });
        let (_, slot) = earliest(&self.held[at].1);
        self.held[at].1.set(slot, ask.tag, tat.0);
    }

    fn at(&self, table: u64, place: usize) -> Option<usize> {
        self.held.binary_search_by_key(&(table, place), |At(order, _)| *order).ok()
    }
}

/// By which rate each key is decided. In one table all of a request count in one unit: they may share a bucket.
fn settle_rates<A: Word>(asks: &mut [Ask<'_, A>]) {
    for n in 0..asks.len() {
        let (before, rest) = asks.split_at_mut(n);
        let ask = &mut rest[0];
        ask.rate = match before.iter().find(|other| other.table.id == ask.table.id) {
            Some(other) => ask.table.rate_in(ask.gcra, other.rate.unit),
            None => ask.table.rate(ask.gcra, ask.epoch),
        };
    }
}

/// Time and slot of the earliest time in a bucket.
fn earliest<A: Word>(guard: &Guard<'_, A>) -> (u64, usize) {
    (0..SLOTS).map(|slot| (guard.time(slot), slot)).min().unwrap_or_default()
}
