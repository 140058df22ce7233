//! Health of components and of the whole. Main types: [`HealthBoard`], [`Component`], [`HealthReport`].
//! It probes nothing and has no clock: checks run elsewhere and report an [`Outcome`] with a [`Moment`].

mod board;
mod component;
mod report;
#[cfg(test)]
mod tests;
mod timestamp;

pub use board::{COMPONENT_UP, ComponentId, DEFAULT_MAX_COMPONENTS, HealthBoard, HealthError, Readiness};
pub use component::{
    Change, Component, ComponentSpec, MAX_OUTPUT_BYTES, Observed, Outcome, OutcomeKind, Thresholds,
};
pub use report::{Check, HealthReport};

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Health of one component or of all, from good to bad (draft-inadarei-api-health-check, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Healthy.
    Pass,
    /// Healthy, with concerns; still serves.
    Warn,
    /// Does not work.
    Fail,
}

impl Status {
    /// As in the document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    /// The HTTP status to answer with: 200 for pass and warn, 503 for fail.
    #[must_use]
    pub fn http_status(self) -> u16 {
        match self {
            Self::Pass | Self::Warn => 200,
            Self::Fail => 503,
        }
    }
}

/// A point in time on two clocks: decisions use the steady one, documents show the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Steady time since some start, the same for every moment of a board.
    pub steady: Duration,
    /// Wall-clock time since the Unix epoch.
    pub unix: Duration,
}
