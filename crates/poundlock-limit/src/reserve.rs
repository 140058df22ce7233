//! Costs that are known only after the answer: charged by estimate, settled by what it was.
//!
//! Main type: [`Reservation`]. It does not give anything back by itself: whoever holds it performs the [`Adjustment`]s it
//! returns, and releases it when the request is dropped.

use crate::{Budget, Charge, Key, LimitId};
use smallvec::SmallVec;

/// What a request was charged by estimate. Settle it in one of two ways, or the estimate stands.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an unsettled reservation keeps the estimate charged: commit or release it"]
pub struct Reservation {
    charges: SmallVec<[Charge; 2]>,
}

/// A change to what a key has spent, in the terms of a store's `adjust`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjustment {
    /// Which limit.
    pub limit: LimitId,
    /// Whose budget.
    pub key: Key,
    /// The budget that was charged: a quota is settled in the period of the request, not of the answer.
    pub budget: Budget,
    /// Tokens to add to what was spent; negative gives back. Never 0.
    pub amount: i64,
}

/// Adjustments, one a charge at most.
pub type Adjustments = SmallVec<[Adjustment; 2]>;

impl Reservation {
    /// Of charges that were admitted and whose cost was an estimate.
    pub fn new(charges: impl IntoIterator<Item = Charge>) -> Self {
        Self { charges: charges.into_iter().collect() }
    }

    /// The request cost `actual`: what is to be charged beyond the estimate or given back of it.
    #[must_use]
    pub fn commit(self, actual: u64) -> Adjustments {
        self.settle(actual)
    }

    /// The request came to nothing: what gives everything back.
    #[must_use]
    pub fn release(self) -> Adjustments {
        self.settle(0)
    }

    fn settle(self, actual: u64) -> Adjustments {
        let adjust = |charge: Charge| {
            let amount = difference(actual, charge.cost);
            let Charge { limit, key, budget, .. } = charge;
            (amount != 0).then_some(Adjustment { limit, key, budget, amount })
        };
        self.charges.into_iter().filter_map(adjust).collect()
    }
}

/// `actual − estimate`, or the nearest there is.
fn difference(actual: u64, estimate: u64) -> i64 {
    let amount = i128::from(actual) - i128::from(estimate);
    i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ledger, Micros, Window};
    use proptest::prelude::*;

    fn charge(cost: u64) -> Charge {
        let budget = Budget::Quota(Window { start: Micros(0), end: Micros(1_000), total: 1_000 });
        Charge { limit: LimitId(0), key: Key::EMPTY, budget, cost }
    }

    #[test]
    fn what_was_estimated_right_needs_no_adjustment() {
        assert!(Reservation::new([charge(7)]).commit(7).is_empty());
        assert!(Reservation::new([charge(0)]).release().is_empty());
    }

    #[test]
    fn differences_beyond_all_numbers_are_the_nearest() {
        let amount = |cost, actual| Reservation::new([charge(cost)]).commit(actual)[0].amount;
        assert_eq!((amount(0, u64::MAX), amount(u64::MAX, 0)), (i64::MAX, i64::MIN));
        assert_eq!((amount(u64::MAX, u64::MAX - 1), amount(u64::MAX - 1, u64::MAX)), (-1, 1));
    }

    proptest! {
        /// After a commit the ledger is as if the actual cost had been charged; after a release, as if nothing had.
        #[test]
        fn a_settled_ledger_knows_no_estimate(estimate in 0u64..=1_000, actual in 0u64..=2_000, commits: bool) {
            let (mut ledger, now) = (Ledger::default(), Micros(5));
            prop_assert!(ledger.decide(&[charge(estimate)], now).admitted());
            let reservation = Reservation::new([charge(estimate)]);
            let settled = if commits { reservation.commit(actual) } else { reservation.release() };
            for Adjustment { limit, key, budget, amount } in settled {
                ledger.adjust(limit, &key, budget, amount, now);
            }
            let spent = if commits { actual } else { 0 };
            let left = ledger.peek(LimitId(0), &Key::EMPTY, charge(0).budget, now).remaining;
            prop_assert_eq!(left, 1_000u64.saturating_sub(spent));
        }
    }
}
