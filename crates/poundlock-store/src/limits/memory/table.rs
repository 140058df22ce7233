//! The rate table of one limit: a fixed number of buckets, and which of them a key may live in.
//!
//! Main type: [`Table`]. It does not know keys, only their tags, and how several are decided together is `request`'s.
//!
//! A key has five places: two in the main part and three in the spare one, which takes what finds both full. A slot
//! whose time has passed holds no information and may be taken. Greedy choice without moving anything fills 1.25
//! slots a key so evenly that in 1.2 billion insertions of a simulation, at the cap and with constant turnover, over
//! tables from 1 to a million keys, none was left without a free slot.

use super::bucket::{Bucket, Guard, SLOTS, TIME, Word};
use poundlock_limit::{Decision, Gcra, Micros};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The most keys a table is made for: 1.3 GB.
pub(super) const MAX_KEYS: usize = 1 << 26;
/// How many rates a table can have seen before it needs a successor.
pub(super) const UNITS: usize = 16;
/// Buckets that a key may live in.
pub(super) const PLACES: usize = 5;
/// A time further ahead than an empty bucket's by this many microseconds was written by a clock that has since been
/// set back. By less, it was read by a thread that was held up between reading its clock and asking; to cut that time
/// would give tokens back.
const PATIENCE: u64 = Micros::SECOND;

/// Keys of one limit and their arrival times.
pub(super) struct Table<A = AtomicU64> {
    /// Older tables have lower ones: the first part of the order in which locks are taken.
    pub(super) id: u64,
    /// What it was made for.
    pub(super) max_keys: usize,
    /// The main part, then the spare one.
    pub(super) buckets: Box<[Bucket<A>]>,
    main: usize,
    /// Emission intervals, each written once; 0 is none yet. Times in a bucket count in that of its unit.
    units: [A; UNITS],
    /// The unit of the present configuration.
    current: A,
    /// Counts changes of the rate by reconfiguration.
    epoch: A,
    /// Live keys that were lost, in this table and those before it.
    pub(super) evictions: Arc<AtomicU64>,
    /// Where the keys of moved buckets are.
    pub(super) next: OnceLock<Arc<Table<A>>>,
}

/// A rate as a table keeps it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    /// The arithmetic.
    pub(super) gcra: Gcra,
    /// The unit of its times.
    pub(super) unit: usize,
}

impl<A: Word> Table<A> {
    /// Room for `max_keys` live keys, up to [`MAX_KEYS`].
    pub(super) fn new(max_keys: usize) -> Self {
        let max_keys = Self::size(max_keys);
        // 7.24 keys a bucket, and an eighth of the buckets again: 19.9 bytes a key.
        let main = (max_keys * 25).div_ceil(181).max(2);
        let spare = main.div_ceil(8).max(16);
        Self::with_buckets(max_keys, main, spare)
    }

    /// As many keys as a table for `max_keys` is made for.
    pub(super) fn size(max_keys: usize) -> usize {
        max_keys.clamp(1, MAX_KEYS)
    }

    /// A table of this many buckets.
    pub(super) fn with_buckets(max_keys: usize, main: usize, spare: usize) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            max_keys,
            buckets: (0..main + spare).map(|_| Bucket::new()).collect(),
            main,
            units: std::array::from_fn(|_| A::new(0)),
            current: A::new(0),
            epoch: A::new(0),
            evictions: Arc::default(),
            next: OnceLock::new(),
        }
    }

    /// An empty table that goes on where `self` stands, with another size and room for other rates.
    pub(super) fn successor(&self, max_keys: usize) -> Self {
        let next = Self { evictions: Arc::clone(&self.evictions), ..Self::new(max_keys) };
        next.units[0].store(self.interval(self.current_unit()), Ordering::Release);
        next.epoch.store(self.epoch(), Ordering::Release);
        next
    }

    /// Where a key may live, by preference.
    pub(super) fn places(&self, tag: u64) -> [usize; PLACES] {
        let ([first, second], [third, fourth, fifth]) = (self.main_places(tag), self.spare_places(tag));
        [first, second, third, fourth, fifth]
    }

    fn main_places(&self, tag: u64) -> [usize; 2] {
        [self.first_place(tag), scale(mix(mix(tag)) >> 32, self.main)]
    }

    #[inline]
    fn first_place(&self, tag: u64) -> usize {
        scale(mix(tag) >> 32, self.main)
    }

    fn spare_places(&self, tag: u64) -> [usize; PLACES - 2] {
        let spare = self.buckets.len() - self.main;
        let bits = mix(mix(tag));
        [bits, mix(bits) >> 32, mix(bits)].map(|bits| self.main + scale(bits, spare))
    }

    /// The place and the slot where a key seems to be.
    #[inline]
    pub(super) fn find(&self, tag: u64) -> Option<(usize, usize)> {
        let first = self.first_place(tag);
        match self.buckets[first].find(tag) {
            Some(slot) => Some((first, slot)),
            None => self.find_further(tag),
        }
    }

    /// Not inlined: a key that is much asked for is seldom here, and the usual path keeps its values in registers.
    #[inline(never)]
    fn find_further(&self, tag: u64) -> Option<(usize, usize)> {
        let [_, second, third, fourth, fifth] = self.places(tag);
        let at = |place: usize| Some((place, self.buckets[place].find(tag)?));
        at(second).or_else(|| [third, fourth, fifth].into_iter().find_map(at))
    }

    /// Decides at once, if the key is here and its bucket counts in the unit of `gcra`: the path of all but new keys.
    #[inline]
    pub(super) fn decide_known(&self, tag: u64, gcra: Gcra, now: Micros, cost: u64) -> Option<Decision> {
        let (place, slot) = self.find(tag)?;
        let mut guard = self.buckets[place].lock();
        if guard.tag(slot) != tag || self.interval(guard.unit()) != gcra.interval() {
            return None;
        }
        let tat = guard.time(slot);
        let (decision, after) = gcra.decide(Micros(tat), now, cost);
        if decision.allowed && cost > 0 {
            guard.set_time(slot, after.0);
        } else if let Some(time) = set_back(gcra, tat, now) {
            guard.set_time(slot, time);
        }
        Some(decision)
    }

    /// The rate that a charge is decided by: its own, unless it comes from a configuration that the table has left
    /// behind; then the present interval, with the burst it asked for.
    pub(super) fn rate(&self, gcra: Gcra, epoch: u64) -> Rate {
        let own = if epoch < self.epoch() { None } else { self.unit_of(gcra.interval()) };
        let unit = own.unwrap_or_else(|| self.current_unit());
        self.rate_in(gcra, unit)
    }

    /// `gcra` with the interval of a unit.
    pub(super) fn rate_in(&self, gcra: Gcra, unit: usize) -> Rate {
        match self.interval(unit) {
            interval if interval == gcra.interval() => Rate { gcra, unit },
            interval => Rate { gcra: at_interval(interval, gcra.burst()).unwrap_or(gcra), unit },
        }
    }

    /// Makes `gcra` the present rate and converts all times to it; false if the table has seen too many rates.
    pub(super) fn adopt(&self, gcra: Gcra, now: Micros) -> bool {
        let Some(unit) = self.unit_of(gcra.interval()) else { return false };
        if unit != self.current_unit() {
            self.current.store(unit as u64, Ordering::Release);
            self.epoch.store(self.epoch() + 1, Ordering::Release);
            self.buckets.iter().for_each(|bucket| self.convert(&mut bucket.lock(), unit, now));
        }
        true
    }

    /// Makes the times of a bucket count in another unit. What was spent stays spent, to the token.
    pub(super) fn convert(&self, guard: &mut Guard<'_, A>, unit: usize, now: Micros) {
        if guard.unit() == unit {
            return;
        }
        for slot in 0..SLOTS {
            let time = guard.time(slot);
            if time > now.0 {
                guard.set_time(slot, self.converted(time, guard.unit(), self.interval(unit), now));
            }
        }
        guard.set_unit(unit);
    }

    /// A time of one of this table's units in another interval. Bursts do not limit it: a key may hold a grant.
    pub(super) fn converted(&self, time: u64, unit: usize, interval: u64, now: Micros) -> u64 {
        match (self.widest(unit), at_interval(interval, u64::MAX)) {
            (Some(before), Some(after)) if time > now.0 => after.rescale(before, Micros(time), now).0,
            _ => time,
        }
    }

    /// The rate of a unit with the largest burst there can be; `None` before the first charge.
    pub(super) fn widest(&self, unit: usize) -> Option<Gcra> {
        at_interval(self.interval(unit), u64::MAX)
    }

    /// Forgets a key, here and in the tables that follow.
    pub(super) fn forget(&self, tag: u64) {
        for place in self.places(tag) {
            let mut guard = self.buckets[place].lock();
            if let Some(slot) = guard.find(tag) {
                guard.set(slot, 0, 0);
            }
        }
        if let Some(next) = self.next.get() {
            next.forget(tag);
        }
    }

    /// The interval of a unit; 0 before the first charge.
    #[inline]
    pub(super) fn interval(&self, unit: usize) -> u64 {
        self.units[unit].load(Ordering::Acquire)
    }

    /// The unit of the present configuration.
    pub(super) fn current_unit(&self) -> usize {
        self.current.load(Ordering::Acquire) as usize
    }

    /// How often a reconfiguration has changed the rate.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// How many keys hold something at `now`. Looks at every slot.
    pub(super) fn live_keys(&self, now: Micros) -> usize {
        let now = now.0.min(TIME);
        self.buckets.iter().map(|bucket| bucket.live(now)).sum()
    }

    fn unit_of(&self, interval: u64) -> Option<usize> {
        (0..UNITS).find(|unit| match self.interval(*unit) {
            0 => self.units[*unit]
                .swap_if(0, interval, Ordering::AcqRel)
                .map_or_else(|is| is == interval, |_| true),
            is => is == interval,
        })
    }
}

/// The time to write if one is further ahead than an empty bucket's because the clock was set back.
#[inline]
pub(super) fn set_back(gcra: Gcra, tat: u64, now: Micros) -> Option<u64> {
    let empty = now.after(gcra.span());
    (tat > empty.after(PATIENCE).0).then_some(empty.0)
}

/// One token each `interval` microseconds, with this burst or the largest there can be; `None` for an interval of 0.
fn at_interval(interval: u64, burst: u64) -> Option<Gcra> {
    let one = Gcra::new(NonZeroU64::MIN, Duration::from_micros(interval), NonZeroU64::MIN).ok()?;
    Some(one.with_extra(burst.saturating_sub(1)))
}

/// Maps the lower 32 bits, which are uniform, to `0..n` without a division (Lemire, ACM TOMACS 29(1), 2019; the bias is
/// below n / 2³²).
#[inline]
fn scale(bits: u64, n: usize) -> usize {
    ((u64::from(bits as u32) * n as u64) >> 32) as usize
}

/// A bijection after which each half depends on all bits: Fibonacci hashing, by the golden ratio.
#[inline]
fn mix(bits: u64) -> u64 {
    (bits ^ (bits >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
