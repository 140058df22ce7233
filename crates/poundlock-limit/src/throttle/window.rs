//! What is seen of an upstream in a while.
//!
//! Main type: [`Window`], plain numbers that each worker keeps for itself and that are added up for the controller.

/// How an admitted request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The upstream answered, with whatever status it takes its usual time for.
    Answered,
    /// The upstream failed: refused, reset, or answered with a status that says it did not do the work. It may have been
    /// quick about it, so that says nothing of its latency: it is not counted.
    Failed,
    /// Somebody's patience ended first: a time-out, or the client went away. The upstream may still be at it.
    Abandoned,
}

/// Sums over the requests that ended in a while. Adding and merging saturate and never panic.
///
/// One owner writes, without atomics. Whoever steps the controller takes the windows of all workers and merges them: the
/// order does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    answers: u64,
    rtt_sum_us: u64,
    /// Of the squares, for how far the mean can be trusted.
    square_sum: u128,
    abandoned: u64,
    abandoned_sum_us: u64,
    refused: u64,
}

impl Window {
    /// Counts a request that was admitted and has ended, `rtt_us` microseconds after it was sent to the upstream.
    /// Answers that Poundlock made itself are not to be counted.
    pub fn sample(&mut self, rtt_us: u64, outcome: Outcome) {
        match outcome {
            Outcome::Answered => {
                self.answers = self.answers.saturating_add(1);
                self.rtt_sum_us = self.rtt_sum_us.saturating_add(rtt_us);
                let square = u128::from(rtt_us) * u128::from(rtt_us);
                self.square_sum = self.square_sum.saturating_add(square);
            }
            Outcome::Failed => {}
            Outcome::Abandoned => {
                self.abandoned = self.abandoned.saturating_add(1);
                self.abandoned_sum_us = self.abandoned_sum_us.saturating_add(rtt_us);
            }
        }
    }

    /// Counts a request that was shed because of the limit.
    pub fn refuse(&mut self) {
        self.refused = self.refused.saturating_add(1);
    }

    /// Adds what another worker has seen.
    pub fn merge(&mut self, other: &Self) {
        let add = |a: &mut u64, b: u64| *a = a.saturating_add(b);
        add(&mut self.answers, other.answers);
        add(&mut self.rtt_sum_us, other.rtt_sum_us);
        self.square_sum = self.square_sum.saturating_add(other.square_sum);
        add(&mut self.abandoned, other.abandoned);
        add(&mut self.abandoned_sum_us, other.abandoned_sum_us);
        add(&mut self.refused, other.refused);
    }

    /// The window, leaving an empty one.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    pub(super) fn answers(&self) -> u64 {
        self.answers
    }

    /// Whether anything was shed.
    pub(super) fn refused(&self) -> bool {
        self.refused > 0
    }

    /// The mean time of an answer in microseconds; 0 without any.
    pub(super) fn rtt_us(&self) -> f64 {
        self.rtt_sum_us as f64 / self.answers.max(1) as f64
    }

    /// The variance of that mean in units of its square: how far it strays by chance. It is taken to be no less than if
    /// single answers strayed by a half, so that a few that happen to agree are not believed too much.
    pub(super) fn rtt_variance(&self) -> f64 {
        let (answers, mean) = (self.answers.max(1) as f64, self.rtt_us().max(1.0));
        let single = self.square_sum as f64 / answers / (mean * mean) - 1.0;
        single.max(0.25) / answers
    }

    /// Whether more were abandoned than answered, and not soon: clients that open and leave at once are no sign of an
    /// upstream's trouble, and must not be able to lower its limit.
    pub(super) fn given_up(&self, base_us: Option<f64>) -> bool {
        let mean = self.abandoned_sum_us as f64 / self.abandoned.max(1) as f64;
        self.abandoned > self.answers && mean > 2.0 * base_us.unwrap_or(0.0)
    }
}
