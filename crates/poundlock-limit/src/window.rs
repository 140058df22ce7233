//! A quota's period as a store sees it: from, to, and how much may be used in between.
//!
//! Main types: [`Window`] and [`Used`]. They do not know calendars: whoever makes the window does.

use crate::{Decision, Micros};

/// A period with a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// When the period began.
    pub start: Micros,
    /// When the next begins; later than `start`.
    pub end: Micros,
    /// What may be used in between.
    pub total: u64,
}

/// What a key has used, and in which period: the whole state of a quota for one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// When that period began.
    pub start: Micros,
    /// How much.
    pub amount: u64,
}

impl Window {
    /// Asks for `cost`: the decision, and the state to keep if the request is admitted. A cost of 0 is always admitted.
    ///
    /// A state of a later period stands: a node whose clock is behind charges that one instead of starting it anew.
    #[must_use]
    pub fn decide(self, used: Used, now: Micros, cost: u64) -> (Decision, Used) {
        let used = self.current(used);
        let left = self.total.saturating_sub(used.amount);
        let allowed = cost == 0 || cost <= left;
        let spent = if allowed { cost } else { 0 };
        let reset_after = self.end.since(now);
        let decision = Decision {
            allowed,
            limit: self.total,
            remaining: left.saturating_sub(spent),
            reset_after,
            retry_after: (!allowed && cost <= self.total).then_some(reset_after),
        };
        (decision, Used { amount: used.amount.saturating_add(spent), ..used })
    }

    /// Gives back what an admitted request has used, unless its period is over.
    #[must_use]
    pub fn refund(self, used: Used, cost: u64) -> Used {
        match used.start == self.start {
            true => Used { amount: used.amount.saturating_sub(cost), ..used },
            false => used,
        }
    }

    /// Adds to what was used, whether or not there is enough.
    #[must_use]
    pub fn add(self, used: Used, cost: u64) -> Used {
        let used = self.current(used);
        Used { amount: used.amount.saturating_add(cost), ..used }
    }

    fn current(self, used: Used) -> Used {
        if used.start >= self.start { used } else { Used { start: self.start, amount: 0 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Window = Window { start: Micros(100), end: Micros(200), total: 10 };

    #[test]
    fn a_new_period_starts_from_nothing_and_an_older_clock_does_not_restart_it() {
        let (first, used) = DAY.decide(Used { start: Micros(0), amount: 10 }, Micros(150), 4);
        assert_eq!((first.allowed, first.remaining, first.reset_after), (true, 6, 50));
        let behind = Window { start: Micros(0), end: Micros(100), total: 10 };
        let (late, still) = behind.decide(used, Micros(99), 7);
        assert_eq!((late.allowed, late.remaining, still), (false, 6, used));
    }

    #[test]
    fn what_is_denied_is_not_used_and_what_can_never_be_has_no_retry() {
        let used = Used { start: Micros(100), amount: 8 };
        let (denied, after) = DAY.decide(used, Micros(150), 3);
        assert_eq!((denied.allowed, denied.retry_after, after), (false, Some(50), used));
        let (never, _) = DAY.decide(used, Micros(150), 11);
        assert_eq!((never.allowed, never.retry_after), (false, None));
    }

    #[test]
    fn a_smaller_total_keeps_what_was_used() {
        let used = Used { start: Micros(100), amount: 8 };
        let (denied, _) = Window { total: 5, ..DAY }.decide(used, Micros(150), 1);
        assert_eq!((denied.allowed, denied.remaining), (false, 0));
        let (raised, _) = Window { total: 20, ..DAY }.decide(used, Micros(150), 1);
        assert_eq!((raised.allowed, raised.remaining), (true, 11));
    }

    #[test]
    fn a_refund_of_another_period_changes_nothing() {
        let used = Used { start: Micros(100), amount: 8 };
        assert_eq!(DAY.refund(used, 3).amount, 5);
        assert_eq!(DAY.refund(Used { start: Micros(200), amount: 8 }, 3).amount, 8);
    }

    #[test]
    fn what_is_added_may_exceed_the_total_and_begins_a_new_period() {
        let used = Used { start: Micros(100), amount: 8 };
        assert_eq!(DAY.add(used, 5), Used { start: Micros(100), amount: 13 });
        assert_eq!(DAY.add(Used { start: Micros(0), amount: 8 }, 5), Used { start: Micros(100), amount: 5 });
        assert_eq!(DAY.add(used, u64::MAX).amount, u64::MAX);
    }
}
