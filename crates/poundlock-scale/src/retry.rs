//! How many retries an outage may cost.
//!
//! Main type: [`RetryBudget`]. It does not know what is retried or why.

/// A share between 0 % and 100 %, in steps of 0.01 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u16);

impl Percent {
    /// The nearest share to a ratio between 0 and 1; what lies outside is taken as the nearer end.
    pub fn from_ratio(ratio: f64) -> Self {
        Self((ratio.clamp(0.0, 1.0) * 10_000.0).round() as u16)
    }
}

/// A balance that first attempts fill and retries spend, so that retries stay a fixed share of the
/// requests however bad things are (the retry budget of Finagle and linkerd2; a limit on attempts
/// alone multiplies the load of a failing upstream by that number).
///
/// The balance is capped at [`RetryBudget::RESERVE`] retries and starts full: that is what a
/// service with little traffic, or one that loses an instance with many requests in flight, can
/// spend at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryBudget {
    /// In ten-thousandths of a retry.
    balance: u32,
}

impl RetryBudget {
    /// Retries that may be saved up.
    pub const RESERVE: u32 = 100;
    const ONE: u32 = 10_000;
    const FULL: u32 = Self::RESERVE * Self::ONE;

    /// A full balance.
    pub fn new() -> Self {
        Self { balance: Self::FULL }
    }

    /// Counts a first attempt, which earns `share` of a retry.
    pub fn deposit(&mut self, share: Percent) {
        self.balance = (self.balance + u32::from(share.0)).min(Self::FULL);
    }

    /// The balance as one word, for an atomic.
    pub fn to_bits(self) -> u32 {
        self.balance
    }

    /// The inverse of [`RetryBudget::to_bits`].
    pub fn from_bits(bits: u32) -> Self {
        Self { balance: bits.min(Self::FULL) }
    }

    /// Spends one retry, or says that there is none to spend. A share of 0 % never retries.
    #[must_use]
    pub fn withdraw(&mut self, share: Percent) -> bool {
        if share.0 == 0 || self.balance < Self::ONE {
            return false;
        }
        self.balance -= Self::ONE;
        true
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn retries_never_exceed_the_share_plus_the_reserve(
            percent in 0u8..=100, events in prop::collection::vec(any::<bool>(), 0..5_000),
        ) {
            let share = Percent::from_ratio(f64::from(percent) / 100.0);
            let (mut budget, mut requests, mut retries) = (RetryBudget::new(), 0u32, 0u32);
            for is_retry in events {
                if is_retry {
                    retries += u32::from(budget.withdraw(share));
                } else {
                    budget.deposit(share);
                    requests += 1;
                }
            }
            prop_assert!(retries * 100 <= RetryBudget::RESERVE * 100 + requests * u32::from(percent));
            prop_assert!(percent > 0 || retries == 0);
        }
    }

    #[test]
    fn a_total_outage_is_amplified_by_the_share() {
        let share = Percent::from_ratio(0.2);
        let mut budget = RetryBudget::new();
        let retries: u32 = (0..10_000)
            .map(|_| {
                budget.deposit(share);
                u32::from(budget.withdraw(share))
            })
            .sum();
        assert!((2_000..=2_100).contains(&retries), "{retries}");
    }
}
