//! A bounded map whose entries expire.
//!
//! Main type: [`Expiring`]. It does not know what it holds; bans and grants are kept in it.

use crate::{Key, LimitId, Micros};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

/// Whom an entry is about: a key of a limit.
pub(crate) type Subject = (LimitId, Key);

/// Entries by subject. When there are too many, the one that expires soonest goes; what has expired is not there.
#[derive(Debug, Clone)]
pub(crate) struct Expiring<V> {
    capacity: NonZeroUsize,
    entries: BTreeMap<Subject, (Micros, V)>,
    by_expiry: BTreeSet<(Micros, Subject)>,
}

impl<V: Copy> Expiring<V> {
    pub(crate) fn new(capacity: NonZeroUsize) -> Self {
        Self { capacity, entries: BTreeMap::new(), by_expiry: BTreeSet::new() }
    }

    pub(crate) fn get(&self, subject: &Subject, now: Micros) -> Option<V> {
        self.entries.get(subject).filter(|(until, _)| *until > now).map(|(_, value)| *value)
    }

    /// Keeps a value until an instant, in place of the one before. In a full map, one entry that has expired or does so
    /// soonest makes room: perhaps this one.
    pub(crate) fn put(&mut self, subject: Subject, value: V, until: Micros) {
        self.remove(&subject);
        self.entries.insert(subject, (until, value));
        self.by_expiry.insert((until, subject));
        if self.entries.len() > self.capacity.get()
            && let Some((_, soonest)) = self.by_expiry.pop_first()
        {
            self.entries.remove(&soonest);
        }
    }

    pub(crate) fn remove(&mut self, subject: &Subject) -> Option<V> {
        let (until, value) = self.entries.remove(subject)?;
        self.by_expiry.remove(&(until, *subject));
        Some(value)
    }

    /// Forgets what has expired.
    pub(crate) fn sweep(&mut self, now: Micros) {
        while let Some((until, subject)) = self.by_expiry.first().copied().filter(|(until, _)| *until <= now)
        {
            self.by_expiry.remove(&(until, subject));
            self.entries.remove(&subject);
        }
    }

    pub(crate) fn iter(&self, now: Micros) -> impl Iterator<Item = (&Subject, V)> {
        self.entries
            .iter()
            .filter(move |(_, (until, _))| *until > now)
            .map(|(subject, (_, value))| (subject, *value))
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// As a plain list would: never over capacity, the soonest to expire goes first, and both indexes agree.
        #[test]
        fn the_soonest_to_expire_makes_room(
            steps in prop::collection::vec((0u16..12, prop::option::of(1u64..50), 0u64..8), 1..120), capacity in 1usize..8,
        ) {
            let mut map = Expiring::new(NonZeroUsize::new(capacity).unwrap());
            let mut model: Vec<(Micros, Subject, u64)> = Vec::new();
            let mut now = Micros(0);
            for (at, (id, lasts, wait)) in steps.into_iter().enumerate() {
                now = now.after(wait);
                let subject = (LimitId(id), Key::EMPTY);
                model.retain(|(_, known, _)| *known != subject);
                match lasts {
                    Some(lasts) => {
                        map.put(subject, at as u64, now.after(lasts));
                        model.push((now.after(lasts), subject, at as u64));
                        model.sort();
                        if model.len() > capacity {
                            model.remove(0);
                        }
                    }
                    None => _ = map.remove(&subject),
                }
                if wait == 0 {
                    map.sweep(now);
                    model.retain(|(until, ..)| *until > now);
                }
                prop_assert_eq!(map.len(), model.len());
                prop_assert_eq!(map.len(), map.by_expiry.len());
                for id in 0..12 {
                    let subject = (LimitId(id), Key::EMPTY);
                    let known = model.iter().find(|(until, known, _)| *known == subject && *until > now);
                    prop_assert_eq!(map.get(&subject, now), known.map(|(.., value)| *value));
                }
                prop_assert_eq!(map.iter(now).count(), model.iter().filter(|(until, ..)| *until > now).count());
            }
        }
    }
}
