//! Which units have been counted.
//!
//! Main type: [`Seen`], a bounded memory that forgets the longest unseen units first. It does not know what is counted.

use crate::split::Unit;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// Units of a generation; two generations are kept, so at most twice as many units are known.
///
/// A unit that comes again is remembered anew. So it is forgotten, and counts again, only after this many others have
/// come in between: a repetition is then one event among thousands.
pub(super) const GENERATION: usize = 8_192;

/// Marks of units, in two generations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Lists", into = "Lists")]
pub(super) struct Seen {
    young: Marks,
    old: Marks,
}

type Marks = HashMap<u64, u8, BuildHasherDefault<AsItIs>>;

impl Seen {
    /// Adds marks to a unit, and returns those that it had.
    pub(super) fn mark(&mut self, unit: Unit, marks: u8) -> u8 {
        if let Some(known) = self.young.get_mut(&unit.0) {
            let before = *known;
            *known |= marks;
            return before;
        }
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        let before = self.old.get(&unit.0).copied().unwrap_or_default();
        self.young.insert(unit.0, before | marks);
        before
    }
}

/// A unit is a keyed hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// How a memory is written down.
#[derive(Serialize, Deserialize)]
struct Lists {
    young: Vec<(u64, u8)>,
    old: Vec<(u64, u8)>,
}

impl From<Lists> for Seen {
    fn from(lists: Lists) -> Self {
        let take = |list: Vec<(u64, u8)>| list.into_iter().take(GENERATION).collect();
        Self { young: take(lists.young), old: take(lists.old) }
    }
}

impl From<Seen> for Lists {
    fn from(seen: Seen) -> Self {
        let sorted = |marks: Marks| {
            let mut list: Vec<_> = marks.into_iter().collect();
            list.sort_unstable();
            list
        };
        Self { young: sorted(seen.young), old: sorted(seen.old) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit(number: u64) -> Unit {
        Unit(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    #[test]
    fn a_unit_that_keeps_coming_is_never_forgotten() {
        let mut seen = Seen::default();
        assert_eq!(seen.mark(unit(0), 1), 0);
        for number in 1..100_000 {
            assert_eq!(seen.mark(unit(number), 1), 0);
            if number % 5_000 == 0 {
                assert_eq!(seen.mark(unit(0), 1), 1);
            }
        }
        assert!(seen.young.len() + seen.old.len() <= 2 * GENERATION);
    }

    #[test]
    fn a_unit_that_stays_away_is_forgotten_in_the_end() {
        let mut seen = Seen::default();
        seen.mark(unit(0), 1);
        (1..=2 * GENERATION as u64).for_each(|number| assert_eq!(seen.mark(unit(number), 1), 0));
        assert_eq!(seen.mark(unit(0), 1), 0);
    }

    #[test]
    fn a_list_that_is_too_long_is_cut() {
        let list: Vec<(u64, u8)> = (0..20_000).map(|unit| (unit, 1)).collect();
        let seen = Seen::from(Lists { young: list.clone(), old: list });
        assert_eq!((seen.young.len(), seen.old.len()), (GENERATION, GENERATION));
    }

    proptest! {
        #[test]
        fn below_the_bound_it_is_exact(marks in prop::collection::vec((0u64..50, 0u8..8), 0..500)) {
            let (mut seen, mut model) = (Seen::default(), HashMap::new());
            for (number, mark) in marks {
                let known = model.entry(number).or_insert(0u8);
                prop_assert_eq!(seen.mark(unit(number), mark), *known);
                *known |= mark;
            }
        }
    }
}
