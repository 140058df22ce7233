//! Who has been admitted how often lately.
//!
//! Main type: [`Shares`], a small table of counts that forgets. It does not know priorities.

const PLACES: usize = 256;

/// Counts by a hash of the key. Keys that meet in one place are taken as one until the seed changes.
#[derive(Debug, Clone)]
pub(super) struct Shares {
    counts: [u16; PLACES],
    total: u32,
    /// Places that are not 0.
    active: u32,
    seed: u64,
}

impl Shares {
    /// Whether a key has more than one and a half times the mean of those that are active. Alone, nobody has.
    pub(super) fn is_heavy(&self, key_hash: u64) -> bool {
        2 * u32::from(self.counts[self.place(key_hash)]) * self.active > 3 * self.total
    }

    /// Counts one that was admitted.
    pub(super) fn add(&mut self, key_hash: u64) {
        let place = self.place(key_hash);
        let count = &mut self.counts[place];
        if *count < u16::MAX {
            self.active += u32::from(*count == 0);
            *count += 1;
            self.total += 1;
        }
    }

    /// Forgets half, or all if the seed is another.
    pub(super) fn tick(&mut self, seed: u64) {
        if seed != self.seed {
            *self = Self { seed, ..Self::default() };
            return;
        }
        self.counts.iter_mut().for_each(|count| *count /= 2);
        self.total = self.counts.iter().map(|count| u32::from(*count)).sum();
        self.active = self.counts.iter().filter(|count| **count > 0).count() as u32;
    }

    fn place(&self, key_hash: u64) -> usize {
        // A multiplication spreads hashes that differ only in few bits (Fibonacci hashing, Knuth 6.4).
        ((key_hash ^ self.seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
    }
}

impl Default for Shares {
    fn default() -> Self {
        Self { counts: [0; PLACES], total: 0, active: 0, seed: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn more_than_one_and_a_half_shares_is_heavy_and_alone_is_not() {
        let mut shares = Shares::default();
        (0..60_000).for_each(|_| shares.add(1));
        assert!(!shares.is_heavy(1) && !shares.is_heavy(2));
        let mut shares = Shares::default();
        [1, 2, 3, 1].iter().for_each(|key| shares.add(*key));
        assert!(!shares.is_heavy(1));
        shares.add(1);
        assert!(shares.is_heavy(1) && !shares.is_heavy(2));
    }

    #[test]
    fn it_forgets_in_time() {
        let mut shares = Shares::default();
        (2..10).for_each(|key| (0..4).for_each(|_| shares.add(key)));
        (0..40).for_each(|_| shares.add(1));
        for _ in 0..5 {
            assert!(shares.is_heavy(1) || shares.active <= 1);
            shares.tick(0);
        }
        (2..10).for_each(|key| (0..4).for_each(|_| shares.add(key)));
        assert!(!shares.is_heavy(1));
        shares.tick(1);
        assert_eq!((shares.total, shares.active), (0, 0));
    }

    proptest! {
        #[test]
        fn sums_are_those_of_the_counts(steps in prop::collection::vec((any::<u64>(), 0..9u8), 0..2_000)) {
            let mut shares = Shares::default();
            for (key, step) in steps {
                if step == 0 { shares.tick(key % 2) } else { shares.add(key % 300) }
                prop_assert_eq!(shares.total, shares.counts.iter().map(|c| u32::from(*c)).sum::<u32>());
                prop_assert_eq!(shares.active as usize, shares.counts.iter().filter(|c| **c > 0).count());
            }
        }
    }
}
