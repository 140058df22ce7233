//! What is tolerated, and how much evidence is wanted.
//!
//! Main type: [`Settings`].

/// What the judge goes by. The defaults are meant to be left alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The chance of a false alarm in all of a rollout, for each of errors, slow and routing. Above 0, below 1.
    pub alpha: f64,
    /// The chance that an interval does not hold the truth, in all of a rollout. Above 0, below 1.
    pub interval_alpha: f64,
    /// Errors that are borne, as a multiple of the stable release's. Above 0.
    pub errors_ratio: f64,
    /// Slow answers that are borne, as a multiple of the stable release's. Above 0.
    pub slow_ratio: f64,
    /// How far the share of units may be from the weight, as a factor. Above 1.
    pub routing_ratio: f64,
    /// What makes a candidate good.
    pub floor: Floor,
    /// What makes an instance warm.
    pub cold: Cold,
}

/// The evidence that "good" wants.
#[derive(Debug, Clone, PartialEq)]
pub struct Floor {
    /// Time in a step, in milliseconds.
    pub dwell_ms: u64,
    /// Units that the candidate had.
    pub units: u64,
    /// Good if the upper end of the ratio is below this, …
    pub ratio: f64,
    /// … or the share of units with errors is at most this much above the stable release's, from 0 to 1 …
    pub errors_points: f64,
    /// … and of units with slow answers.
    pub slow_points: f64,
}

/// Answers of an instance as young as this count for errors, not for latency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cold {
    /// Milliseconds since it took traffic.
    pub age_ms: u64,
    /// Requests that it had.
    pub requests: u64,
}

impl Settings {
    /// The E-value of errors or slow answers that is an alarm.
    pub(super) fn alarm(&self) -> f64 {
        1.0 / self.alpha
    }

    /// The E-value of routing that is one: two questions share the chance of a false alarm.
    pub(super) fn routing_alarm(&self) -> f64 {
        2.0 / self.alpha
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            alpha: 0.002,
            interval_alpha: 0.05,
            errors_ratio: 1.2,
            slow_ratio: 1.25,
            routing_ratio: 1.25,
            floor: Floor::default(),
            cold: Cold { age_ms: 10_000, requests: 50 },
        }
    }
}

impl Default for Floor {
    fn default() -> Self {
        Self { dwell_ms: 60_000, units: 300, ratio: 2.0, errors_points: 0.01, slow_points: 0.02 }
    }
}
