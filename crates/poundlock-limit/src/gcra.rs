//! The generic cell rate algorithm: a token bucket whose whole state is one instant.
//!
//! Main type: [`Gcra`]. The state of a key is its theoretical arrival time (TAT): the instant at which its bucket will
//! be full again. A TAT that has passed holds no information, so forgetting it loses nothing. (ITU-T I.371, annex A;
//! the "virtual scheduling" form.) It does not know whose state it is or where it is kept.

use crate::{Decision, Micros};
use std::num::NonZeroU64;
use std::time::Duration;

/// A rate and a burst, as one emission interval and a bucket size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Gcra {
    /// Microseconds in which one token grows, rounded up: a rate is never exceeded.
    interval: NonZeroU64,
    burst: NonZeroU64,
}

/// Why a rate cannot be kept. Correct the configuration; a retry does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// No period, or one over [`Gcra::MAX_PERIOD`].
    #[error("expected a period of at most 366 days")]
    Period,
    /// More than one token a microsecond, or a rate that whole microseconds would miss by more than 1 %. These are
    /// the nearest tokens a period that can be kept, below and above.
    #[error("too fast to be kept to 1 %: the nearest rates are {below} and {above} in a period")]
    Precision {
        /// Below.
        below: u64,
        /// Above, or the fastest there is.
        above: u64,
    },
    /// It would take longer than [`Gcra::MAX_SPAN`] to fill the bucket.
    #[error("the burst would take more than ten years to grow back")]
    Burst,
}

impl Gcra {
    /// The longest period of a rate.
    pub const MAX_PERIOD: Duration = Duration::from_secs(366 * 24 * 3600);
    /// The longest time from empty to full, so that no sum overflows: ten years.
    pub const MAX_SPAN: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

    /// `count` tokens per `period`, of which up to `burst` may be spent at once.
    ///
    /// # Errors
    /// See [`RateError`].
    pub fn new(count: NonZeroU64, period: Duration, burst: NonZeroU64) -> Result<Self, RateError> {
        let micros = u64::try_from(period.as_micros()).unwrap_or(u64::MAX);
        if micros == 0 || period > Self::MAX_PERIOD {
            return Err(RateError::Period);
        }
        let interval = micros.div_ceil(count.get());
        // Rounding up makes the rate lower: interval × count ≥ period.
        let off = u128::from(interval) * u128::from(count.get()) - u128::from(micros);
        if off * 100 > u128::from(micros) {
            let above = micros / (interval - 1).max(1);
            return Err(RateError::Precision { below: micros / interval, above });
        }
        let interval = NonZeroU64::new(interval).ok_or(RateError::Period)?;
        let span = interval.get().checked_mul(burst.get());
        match span.is_some_and(|span| u128::from(span) <= Self::MAX_SPAN.as_micros()) {
            true => Ok(Self { interval, burst }),
            false => Err(RateError::Burst),
        }
    }

    /// Microseconds in which one token grows.
    #[must_use]
    pub fn interval(self) -> u64 {
        self.interval.get()
    }

    /// What may be spent at once.
    #[must_use]
    pub fn burst(self) -> u64 {
        self.burst.get()
    }

    /// Microseconds in which an empty bucket fills.
    #[must_use]
    pub fn span(self) -> u64 {
        self.interval.get() * self.burst.get()
    }

    /// The same rate with a bucket that is larger by `extra` tokens, for as long as a burst grant lasts.
    #[must_use]
    pub fn with_extra(self, extra: u64) -> Self {
        let most = NonZeroU64::new(Self::MAX_SPAN.as_micros() as u64 / self.interval).unwrap_or(self.burst);
        let burst = self.burst.saturating_add(extra).min(most.max(self.burst));
        Self { burst, ..self }
    }

    /// The rate and burst of one of `nodes` that share them and cannot count together. A burst of less than one token a
    /// node is one token.
    #[must_use]
    pub fn part_of(self, nodes: u32) -> Self {
        let nodes = u64::from(nodes.max(1));
        let burst = NonZeroU64::new(self.burst.get() / nodes).unwrap_or(NonZeroU64::MIN);
        // A longer interval than the longest span would let sums overflow.
        let most = Self::MAX_SPAN.as_micros() as u64 / burst;
        let interval = self.interval.get().saturating_mul(nodes).min(most);
        Self { interval: NonZeroU64::new(interval).unwrap_or(self.interval), burst }
    }

    /// Asks for `cost` tokens: the decision, and the TAT to keep if the request is admitted. The caller keeps the old
    /// one if this or another budget denies. A cost of 0 is always admitted and spends nothing.
    ///
    /// A TAT further away than an empty bucket's is taken as that: it was written under a larger burst or by a clock
    /// that has since been set back, and must not lock a key out.
    #[must_use]
    pub fn decide(self, tat: Micros, now: Micros, cost: u64) -> (Decision, Micros) {
        let debt = tat.since(now).min(self.span());
        let price = cost.checked_mul(self.interval());
        let after = price.and_then(|price| debt.checked_add(price));
        match after.filter(|after| *after <= self.span() || cost == 0) {
            Some(after) => (self.decision(true, after, None), now.after(after)),
            None => {
                // Denied for ever, or until the debt has fallen to span − price.
                let retry =
                    price.filter(|price| *price <= self.span()).map(|price| debt + price - self.span());
                (self.decision(false, debt, retry), now.after(debt))
            }
        }
    }

    /// Gives back what an admitted request of this cost has spent.
    #[must_use]
    pub fn refund(self, tat: Micros, cost: u64) -> Micros {
        Micros(tat.0.saturating_sub(cost.saturating_mul(self.interval())))
    }

    /// The TAT that means the same consumption under this rate as `tat` did under `before`: a change of the rate forgets
    /// nothing that was spent and takes nothing that was not. What exceeds the new bucket is an empty bucket.
    #[must_use]
    pub fn rescale(self, before: Self, tat: Micros, now: Micros) -> Micros {
        let debt = u128::from(tat.since(now).min(before.span()));
        let scaled = debt * u128::from(self.interval()) / u128::from(before.interval());
        now.after(u64::try_from(scaled).unwrap_or(u64::MAX).min(self.span()))
    }

    fn decision(self, allowed: bool, debt: u64, retry_after: Option<u64>) -> Decision {
        let remaining = (self.span() - debt.min(self.span())) / self.interval();
        Decision { allowed, limit: self.burst(), remaining, reset_after: debt, retry_after }
    }
}

#[cfg(test)]
mod tests;
