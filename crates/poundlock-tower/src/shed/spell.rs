//! When shedding begins and ends, so that a log has two lines of it and not one a request.
//!
//! Main type: [`Spell`]. It knows counts and the time, nothing of limits.

use poundlock_limit::Micros;

/// A spell is over when nothing was shed for so long, in microseconds. Under a load near the limit there are gaps, which
/// would make a log of their own.
const CALM_US: u64 = 5_000_000;

/// What is worth a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The first request was shed.
    Began,
    /// Nothing was shed for a while.
    Ended {
        /// Requests shed since it began.
        shed: u64,
        /// From the first to the last of them, in microseconds.
        lasted_us: u64,
    },
}

/// Follows a count that only grows.
#[derive(Debug, Default)]
pub(super) struct Spell {
    total: u64,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    before: u64,
    began: Micros,
    last: Micros,
}

impl Spell {
    /// Takes in the count as it is now.
    pub(super) fn tick(&mut self, now: Micros, total: u64) -> Option<Turn> {
        let before = std::mem::replace(&mut self.total, total);
        let grew = total > before;
        match &mut self.open {
            None if grew => {
                self.open = Some(Open { before, began: now, last: now });
                Some(Turn::Began)
            }
            Some(open) if grew => {
                open.last = now;
                None
            }
            Some(open) if now.since(open.last) >= CALM_US => {
                let turn = Turn::Ended { shed: total - open.before, lasted_us: open.last.since(open.began) };
                self.open = None;
                Some(turn)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spell_has_one_beginning_and_one_end_whatever_the_gaps() {
        let mut spell = Spell::default();
        let counts = [(0, 0), (1, 3), (2, 4), (5, 4), (6, 9), (10, 9), (11, 9), (20, 9), (21, 10)];
        let turns = counts.map(|(second, total)| spell.tick(Micros(second * Micros::SECOND), total));
        let ended = Turn::Ended { shed: 9, lasted_us: 5_000_000 };
        assert_eq!(
            turns,
            [None, Some(Turn::Began), None, None, None, None, Some(ended), None, Some(Turn::Began)]
        );
    }
}
