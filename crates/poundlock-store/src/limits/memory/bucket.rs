//! Eight slots behind one lock: the unit of atomicity of the rate table.
//!
//! Main types: [`Bucket`], and [`Guard`], the right to change one. It is generic over its words so that `loom` runs
//! the very code that ships. It does not know which keys may live in it.
//!
//! A slot is a tag (the keyed hash of a key) and its theoretical arrival time. All tags share one cache line, all times
//! the next: a look into the wrong bucket costs one line. There is no word for the lock: times need 60 bits, and the
//! four above hold the bucket's flags in the first slot and its unit in the second.

use std::sync::atomic::{AtomicU64, Ordering};

/// Slots of one bucket.
pub(super) const SLOTS: usize = 8;
/// The bits of a time: microseconds up to the year 38500. Later ones are taken as that.
pub(super) const TIME: u64 = (1 << UNIT_SHIFT) - 1;
const UNIT_SHIFT: u32 = 60;
const LOCKED: u64 = 1 << 63;
const MOVED: u64 = 1 << 62;
/// Turns of a spinning wait before the processor is given away: the holder may have been preempted.
const SPINS: u32 = 64;

/// An atomic 64-bit word: the standard one, or `loom`'s.
pub(super) trait Word: Send + Sync {
    /// A word.
    fn new(value: u64) -> Self;
    /// See [`AtomicU64::load`].
    fn load(&self, order: Ordering) -> u64;
    /// See [`AtomicU64::store`].
    fn store(&self, value: u64, order: Ordering);
    /// See [`AtomicU64::compare_exchange`].
    fn swap_if(&self, current: u64, new: u64, order: Ordering) -> Result<u64, u64>;
    /// Waits a little; `turn` counts up.
    fn wait(turn: u32);
}

impl Word for AtomicU64 {
    fn new(value: u64) -> Self {
        Self::new(value)
    }
    #[inline]
    fn load(&self, order: Ordering) -> u64 {
        self.load(order)
    }
    #[inline]
    fn store(&self, value: u64, order: Ordering) {
        self.store(value, order);
    }
    #[inline]
    fn swap_if(&self, current: u64, new: u64, order: Ordering) -> Result<u64, u64> {
        self.compare_exchange(current, new, order, Ordering::Relaxed)
    }
    fn wait(turn: u32) {
        if turn < SPINS { std::hint::spin_loop() } else { std::thread::yield_now() }
    }
}

/// Eight slots: 128 bytes, two cache lines.
#[repr(C, align(128))]
pub(super) struct Bucket<A> {
    tags: [A; SLOTS],
    times: [A; SLOTS],
}

impl<A: Word> Bucket<A> {
    /// Empty.
    pub(super) fn new() -> Self {
        Self { tags: std::array::from_fn(|_| A::new(0)), times: std::array::from_fn(|_| A::new(0)) }
    }

    /// Where a tag seems to be. Without the lock this is a hint, to be checked under it.
    #[inline]
    pub(super) fn find(&self, tag: u64) -> Option<usize> {
        // No branch for each slot: which one it is cannot be predicted, and a wrong guess would hold up the load of the
        // other line until this one has come.
        let bit = |n: usize| u32::from(self.tags[n].load(Ordering::Relaxed) == tag) << n;
        let hits = (0..SLOTS).fold(0, |hits, n| hits | bit(n));
        // The remainder says to the compiler that no slot needs a check.
        (hits != 0).then_some(hits.trailing_zeros() as usize % SLOTS)
    }

    /// How many slots seem to hold something at `now`.
    pub(super) fn live(&self, now: u64) -> usize {
        self.times.iter().filter(|time| time.load(Ordering::Relaxed) & TIME > now).count()
    }

    /// Waits for the lock.
    #[inline]
    pub(super) fn lock(&self) -> Guard<'_, A> {
        Guard { bucket: self, first: self.try_lock().unwrap_or_else(|| self.wait_for_lock()) }
    }

    /// The first time and its flags, if nobody had the lock.
    #[inline]
    fn try_lock(&self) -> Option<u64> {
        let first = self.times[0].load(Ordering::Relaxed) & !LOCKED;
        self.times[0].swap_if(first, first | LOCKED, Ordering::Acquire).ok()
    }

    /// Not inlined: the usual path keeps its values in registers if it calls nothing.
    #[cold]
    #[inline(never)]
    fn wait_for_lock(&self) -> u64 {
        let tries = (0..).map(|turn| {
            A::wait(turn);
            self.try_lock()
        });
        tries.flatten().next().expect("the range has no end")
    }
}

/// A locked bucket; dropping it unlocks.
pub(super) struct Guard<'b, A: Word> {
    bucket: &'b Bucket<A>,
    /// The first time and its flags, as they will be when the lock is gone.
    first: u64,
}

impl<A: Word> Guard<'_, A> {
    /// Where a tag is.
    #[inline]
    pub(super) fn find(&self, tag: u64) -> Option<usize> {
        self.bucket.find(tag)
    }

    /// The tag of a slot.
    #[inline]
    pub(super) fn tag(&self, slot: usize) -> u64 {
        self.bucket.tags[slot].load(Ordering::Relaxed)
    }

    /// The time of a slot, in microseconds.
    #[inline]
    pub(super) fn time(&self, slot: usize) -> u64 {
        self.word(slot) & TIME
    }

    /// Changes the time of a slot.
    #[inline]
    pub(super) fn set_time(&mut self, slot: usize, time: u64) {
        self.set_word(slot, (self.word(slot) & !TIME) | time.min(TIME));
    }

    /// Gives a slot to another key.
    pub(super) fn set(&mut self, slot: usize, tag: u64, time: u64) {
        self.bucket.tags[slot].store(tag, Ordering::Relaxed);
        self.set_time(slot, time);
    }

    /// In which of the table's units the times count.
    #[inline]
    pub(super) fn unit(&self) -> usize {
        (self.word(1) >> UNIT_SHIFT) as usize
    }

    /// Says in which unit the times count from now on; below 16.
    pub(super) fn set_unit(&mut self, unit: usize) {
        self.set_word(1, (self.word(1) & TIME) | ((unit as u64) << UNIT_SHIFT));
    }

    /// Whether everything that was here has gone to the table's successor.
    pub(super) fn moved(&self) -> bool {
        self.first & MOVED != 0
    }

    /// Empties the bucket for good.
    pub(super) fn set_moved(&mut self) {
        for slot in 0..SLOTS {
            if self.tag(slot) != 0 {
                self.set(slot, 0, 0);
            }
        }
        self.first |= MOVED;
    }

    #[inline]
    fn word(&self, slot: usize) -> u64 {
        if slot == 0 { self.first } else { self.bucket.times[slot].load(Ordering::Relaxed) }
    }

    #[inline]
    fn set_word(&mut self, slot: usize, word: u64) {
        match slot {
            0 => self.first = word,
            _ => self.bucket.times[slot].store(word, Ordering::Relaxed),
        }
    }
}

impl<A: Word> Drop for Guard<'_, A> {
    #[inline]
    fn drop(&mut self) {
        self.bucket.times[0].store(self.first, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_unit_share_words_with_times_and_never_meet() {
        let bucket = Bucket::<AtomicU64>::new();
        let mut guard = bucket.lock();
        (0..SLOTS).for_each(|slot| guard.set(slot, slot as u64 + 1, u64::MAX));
        guard.set_unit(15);
        assert!((0..SLOTS).all(|slot| guard.time(slot) == TIME));
        (0..SLOTS).for_each(|slot| guard.set_time(slot, slot as u64));
        assert!((0..SLOTS).all(|slot| guard.time(slot) == slot as u64));
        assert_eq!((guard.unit(), guard.moved(), guard.find(8)), (15, false, Some(7)));
        drop(guard);
        let mut guard = bucket.lock();
        assert_eq!((guard.unit(), guard.find(8), guard.time(7), bucket.live(5)), (15, Some(7), 7, 2));
        guard.set_moved();
        assert_eq!((guard.moved(), guard.find(8), guard.time(7)), (true, None, 0));
    }

    #[test]
    fn two_cache_lines() {
        assert_eq!((size_of::<Bucket<AtomicU64>>(), align_of::<Bucket<AtomicU64>>()), (128, 128));
    }
}
