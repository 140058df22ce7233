//! What the keys of one limit have used of their quotas.
//!
//! Main type: [`Quotas`], an ordered map behind the limit's lock: quotas have few keys and the lock is held for a
//! look-up. It does not know what a quota allows.

use poundlock_limit::{Key, Micros, Used, Window};
use std::collections::{BTreeMap, BTreeSet};

/// Used amounts, for at most `max` keys.
#[derive(Debug)]
pub(super) struct Quotas {
    /// More keys make room by losing the one whose period ends first: one that is over, if there is any.
    max: usize,
    used: BTreeMap<Key, (Used, Micros)>,
    /// The same keys by the end of their period.
    ends: BTreeSet<(Micros, Key)>,
}

impl Quotas {
    /// Room for `max` keys.
    pub(super) fn new(max: usize) -> Self {
        Self { max: max.max(1), used: BTreeMap::new(), ends: BTreeSet::new() }
    }

    /// What a key has used.
    pub(super) fn get(&self, key: &Key) -> Used {
        self.used.get(key).map(|(used, _)| *used).unwrap_or_default()
    }

    /// Keeps what a key has used of `window`, or of the later period that it is in. Returns how many keys whose period
    /// is not over were lost.
    pub(super) fn put(&mut self, key: Key, used: Used, window: Window, now: Micros) -> u64 {
        let end = match self.used.get(&key) {
            Some((_, end)) if used.start > window.start => *end,
            _ => window.end,
        };
        if let Some((_, before)) = self.used.insert(key, (used, end)) {
            if before == end {
                return 0;
            }
            self.ends.remove(&(before, key));
        }
        self.ends.insert((end, key));
        self.shrink(now)
    }

    /// Forgets a key.
    pub(super) fn remove(&mut self, key: &Key) {
        if let Some((_, end)) = self.used.remove(key) {
            self.ends.remove(&(end, *key));
        }
    }

    /// Changes how many keys there is room for; returns as [`Quotas::put`] does.
    pub(super) fn resize(&mut self, max: usize, now: Micros) -> u64 {
        self.max = max.max(1);
        self.shrink(now)
    }

    /// How many keys are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.used.len()
    }

    fn shrink(&mut self, now: Micros) -> u64 {
        let mut lost = 0;
        while self.used.len() > self.max {
            let Some((end, key)) = self.ends.pop_first() else { break };
            self.used.remove(&key);
            lost += u64::from(end > now);
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start: u64, end: u64) -> Window {
        Window { start: Micros(start), end: Micros(end), total: 10 }
    }

    fn used(start: u64, amount: u64) -> Used {
        Used { start: Micros(start), amount }
    }

    #[test]
    fn periods_that_are_over_make_room_first() {
        let mut quotas = Quotas::new(2);
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|text| Key::new(text).unwrap());
        assert_eq!(quotas.put(a, used(0, 1), window(0, 900), Micros(1)), 0);
        assert_eq!(quotas.put(b, used(0, 2), window(0, 100), Micros(1)), 0);
        assert_eq!(quotas.put(c, used(0, 3), window(0, 950), Micros(200)), 0, "b's period is over");
        assert_eq!([a, b, c].map(|key| quotas.get(&key).amount), [1, 0, 3]);
        assert_eq!(quotas.put(d, used(0, 4), window(0, 990), Micros(200)), 1, "a's is not");
        assert_eq!([a, c, d].map(|key| quotas.get(&key).amount), [0, 3, 4]);
        assert_eq!((quotas.used.len(), quotas.ends.len()), (2, 2));
    }

    #[test]
    fn a_key_has_one_end_whatever_happens_to_it() {
        let mut quotas = Quotas::new(9);
        let key = Key::new("a").unwrap();
        quotas.put(key, used(0, 1), window(0, 100), Micros(1));
        quotas.put(key, used(100, 2), window(100, 200), Micros(101));
        quotas.put(key, used(100, 3), window(0, 100), Micros(99));
        assert_eq!(quotas.ends.iter().copied().collect::<Vec<_>>(), [(Micros(200), key)]);
        quotas.remove(&key);
        assert_eq!((quotas.get(&key), quotas.ends.len()), (Used::default(), 0));
    }
}
