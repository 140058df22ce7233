//! Where a deployment stands, and why.
//!
//! Main type: [`Phase`].

use super::state::DeploymentId;
use crate::judge::Millis;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a deployment stands. Which step it is at is in [`super::State::cursor`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "phase", deny_unknown_fields)]
pub enum Phase {
    /// Admitted; nothing is done yet.
    Pending,
    /// At a step of the plan.
    Running,
    /// At a step, and not going on.
    Holding {
        /// Why.
        why: HoldReason,
        /// When it is aborted.
        until: Millis,
    },
    /// The candidate has all the traffic; the old pool is kept warm.
    Soaking {
        /// When the old pool is retired.
        until: Millis,
    },
    /// On the way back.
    Aborting {
        /// Why.
        cause: Cause,
    },
    /// The candidate is the stable release now.
    Done,
    /// Everything is as it was.
    RolledBack {
        /// Why.
        cause: Cause,
    },
    /// The way back did not succeed.
    NeedsHuman {
        /// Why it was taken.
        cause: Cause,
        /// What went wrong on it.
        trouble: Trouble,
    },
    /// An other deployment took its place; everything is as it was.
    Superseded {
        /// Which.
        by: DeploymentId,
    },
}

impl Phase {
    /// Whether nothing follows.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Pending
            | Self::Running
            | Self::Holding { .. }
            | Self::Soaking { .. }
            | Self::Aborting { .. } => false,
            Self::Done | Self::RolledBack { .. } | Self::NeedsHuman { .. } | Self::Superseded { .. } => true,
        }
    }

    /// Its word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Holding { .. } => "holding",
            Self::Soaking { .. } => "soaking",
            Self::Aborting { .. } => "aborting",
            Self::Done => "done",
            Self::RolledBack { .. } => "rolled back",
            Self::NeedsHuman { .. } => "needs a human",
            Self::Superseded { .. } => "superseded",
        }
    }
}

/// Why a deployment does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldReason {
    /// A person said so.
    Operator,
    /// The plan asks a person.
    Gate,
    /// There was too little traffic to judge by.
    LowTraffic,
}

/// Why a deployment goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why", deny_unknown_fields)]
pub enum Cause {
    /// A person said so.
    Operator,
    /// The judge, or a guard, found the candidate worse.
    Judged {
        /// Its words.
        detail: String,
    },
    /// No instance of the candidate is healthy any more, or yet, though it has traffic or should get some.
    CandidateLost,
    /// Too few of its instances were healthy in time.
    NotHealthy {
        /// How many were.
        healthy: u32,
        /// How many had to be.
        wanted: u32,
    },
    /// A step failed as often as it was tried.
    Failed {
        /// Which.
        step: String,
        /// What it said.
        detail: String,
    },
    /// A step took too long.
    Deadline {
        /// Which.
        step: String,
    },
    /// Nobody decided while it was held.
    HeldTooLong,
    /// There was too little traffic to judge by, and the policy is to go back.
    LowTraffic,
    /// Gateways kept losing the weight.
    WeightLost,
    /// All of it took too long.
    TooLong,
    /// An other deployment takes its place.
    Superseded {
        /// Which.
        by: DeploymentId,
    },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("aborted by an operator"),
            Self::Judged { detail } => write!(f, "the candidate is worse: {detail}"),
            Self::CandidateLost => f.write_str("the candidate has no healthy instance"),
            Self::NotHealthy { healthy, wanted } => {
                write!(f, "{healthy} of {wanted} instances were healthy in time")
            }
            Self::Failed { step, detail } => write!(f, "{step} failed: {detail}"),
            Self::Deadline { step } => write!(f, "{step} took too long"),
            Self::HeldTooLong => f.write_str("nobody decided while it was held"),
            Self::LowTraffic => f.write_str("too little traffic to judge by"),
            Self::WeightLost => f.write_str("the gateways kept losing the weight"),
            Self::TooLong => f.write_str("the deployment took too long"),
            Self::Superseded { by } => write!(f, "deployment {by} takes its place"),
        }
    }
}

/// What went wrong on the way back. What runs and who has the traffic is not sure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "trouble", deny_unknown_fields)]
pub enum Trouble {
    /// No instance of the stable pool was healthy in time; the traffic stays where it is.
    StableNotHealthy {
        /// How many were.
        healthy: u32,
        /// How many had to be.
        wanted: u32,
    },
    /// A step failed as often as it was tried, or took too long.
    Failed {
        /// Which.
        step: String,
        /// What it said.
        detail: String,
    },
}
