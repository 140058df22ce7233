//! What happens to a deployment, and which wishes are refused.
//!
//! Main types: [`Event`] and [`Refusal`].

use super::{command::Key, state::DeploymentId};
use crate::{
    plan::MAX_STEPS,
    split::{Arm, Weight},
};

/// The most bytes of a detail that are kept.
pub(super) const MAX_DETAIL: usize = 512;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Time went by. At least every [`super::MAX_TICK_MS`], or the time does not count as watched.
    Tick,
    /// How the pools and gateways are.
    Report(Report),
    /// An effect ended.
    Outcome {
        /// Which.
        key: Key,
        /// How.
        result: Result<(), Failure>,
    },
    /// The judge was asked, or a guard saw something.
    Judged(Judged),
    /// A person wants something.
    Operator(Operator),
}

/// What a person may want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Begin.
    Start,
    /// Pass this observation, hold or gate; while soaking, retire the old pool now.
    Promote,
    /// Pass all of them.
    PromoteFull,
    /// Stay.
    Hold,
    /// Go on.
    Resume,
    /// Go back.
    Abort,
    /// Go back because an other deployment shall begin; while soaking, retire the old pool now.
    Supersede {
        /// Which.
        by: DeploymentId,
    },
}

/// How things are, as seen by health checks and told by the gateways. It is looked up after the last outcome was handed
/// over, or it may tell of a weight that is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The pool of the stable release.
    pub stable: Pool,
    /// The pool of the candidate.
    pub candidate: Pool,
    /// The share of units that the gateways give to the candidate.
    pub weight: Weight,
}

/// How a pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pool {
    /// Instances that exist.
    pub running: u32,
    /// Instances that take traffic.
    pub healthy: u32,
}

impl Report {
    pub(super) const fn pool(&self, arm: Arm) -> Pool {
        match arm {
            Arm::Stable => self.stable,
            Arm::Candidate => self.candidate,
        }
    }

    /// Whether the stable pool is all that can serve.
    pub(super) const fn only_stable_serves(&self) -> bool {
        self.candidate.healthy == 0 && self.stable.healthy > 0
    }
}

/// What the judge makes of the present step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// There is not enough evidence.
    Unsure,
    /// Good enough to go on.
    Good,
    /// Worse: go back.
    Worse(String),
}

/// Why an effect failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whether an other try may help.
    pub retry: Retry,
    /// For people; cut after 512 bytes.
    pub detail: String,
}

/// Whether an other try may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The network, a port that was taken, a machine that was busy.
    MayHelp,
    /// A check that says no, a command that does not exist.
    IsUseless,
    /// Somebody else controls the deployment: this controller must stop.
    IsForbidden,
}

pub(super) fn cut(detail: &str) -> String {
    detail[..detail.floor_char_boundary(MAX_DETAIL)].to_owned()
}

/// Why a wish is refused. Trying again does not help until something changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It was begun before.
    #[error("deployment {0} was started already")]
    Started(DeploymentId),
    /// It was not begun.
    #[error("deployment {0} was not started yet")]
    NotStarted(DeploymentId),
    /// It is on the way back, and that wins.
    #[error("deployment {0} is being aborted; start a new one when it has ended")]
    Aborting(DeploymentId),
    /// It is over.
    #[error("deployment {id} is over: {phase}")]
    Ended {
        /// Which.
        id: DeploymentId,
        /// How it ended.
        phase: &'static str,
    },
    /// Nothing waits for a yes.
    #[error(
        "there is nothing to promote: deployment {id} is at `{step}`; use a full promotion to pass what comes"
    )]
    NothingToPromote {
        /// Which.
        id: DeploymentId,
        /// Where it is.
        step: &'static str,
    },
    /// It goes on already.
    #[error("deployment {0} is not held")]
    NotHeld(DeploymentId),
    /// A person has to say yes or no.
    #[error("deployment {0} waits at a gate: promote it or abort it")]
    Gate(DeploymentId),
    /// All the traffic is on the candidate, and what is left cannot wait.
    #[error("deployment {0} has moved all traffic; it can be aborted, not held")]
    NothingToHold(DeploymentId),
}

// A step's place is written as 16 bits.
const _: () = assert!(MAX_STEPS <= u16::MAX as usize);
