//! What the judge is told about a request.
//!
//! Main type: [`Event`]. It holds no HTTP types: a status is a number.

use crate::split::{Arm, Unit, Weight};
use serde::{Deserialize, Serialize};

/// A time in milliseconds since any fixed moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Millis(pub u64);

impl Millis {
    /// Milliseconds since `earlier`; 0 if that is later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A request that ended, or an attempt that was retried away: its release failed all the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event<'a> {
    /// When it ended.
    pub at: Millis,
    /// The release that had it.
    pub arm: Arm,
    /// Why that release had it.
    pub assignment: Assignment,
    /// What was assigned.
    pub unit: Unit,
    /// What became of it.
    pub outcome: Outcome,
    /// The instance that had it, when the request began.
    pub instance: Warmth,
    /// The request ID, for people.
    pub id: &'a str,
}

/// Why a request went to its release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    /// By the draw, with this chance of the candidate: the only kind that proves anything.
    Drawn(Weight),
    /// A tester asked for it.
    Forced,
    /// An older cookie or a missing instance decided.
    Carried,
    /// A copy, whose answer nobody sees.
    Mirrored,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// The release answered: status, and milliseconds to the head of the answer.
    Answered(u16, f64),
    /// The release gave no answer: connect failure, time-out, broken connection.
    Failed,
    /// The answer is our own, or the client left: rate limit, shed, open circuit, 499. It belongs to no release.
    Ours,
}

/// How long an instance had been serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warmth {
    /// Milliseconds since it took traffic.
    pub age_ms: u64,
    /// Requests it had before this one.
    pub served: u64,
}

impl Warmth {
    /// An instance that has been there for ever.
    pub const WARM: Self = Self { age_ms: u64::MAX, served: u64::MAX };
}

/// What is compared between the releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// Statuses from 500, and requests without an answer.
    Errors,
    /// Answers slower than the limit that comes from the stable release's own history.
    Slow,
    /// Where units went, whatever became of them.
    Routing,
}

impl Metric {
    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Slow => "slow",
            Self::Routing => "routing",
        }
    }
}
