//! What the machine wants to have done.
//!
//! Main types: [`Next`] and [`Command`].

use super::{
    lease::Fence,
    state::{DeploymentId, State},
};
use crate::{
    judge::Millis,
    name::Name,
    plan::DrainBudget,
    split::{Arm, Weight},
};
use serde::{Deserialize, Serialize};

/// The state that follows, and what to do before it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// Take it when all commands are carried out.
    pub state: State,
    /// In this order.
    pub commands: Vec<Command>,
}

/// Something to carry out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make this durable before anything that follows.
    Journal(Box<Record>),
    /// Begin this effect; an earlier one of the same deployment that still runs is given up. Its end is an
    /// [`super::Event::Outcome`].
    Perform(Effect),
    /// Tell the gateways that the weight stands until then.
    Renew {
        /// By whose right.
        fence: Fence,
        /// Until when.
        until: Millis,
    },
    /// Show the token to all who carry out effects, before a report is taken: from then on they refuse an earlier controller.
    Announce {
        /// By whose right.
        fence: Fence,
    },
    /// Forget the deployment: an other controller has it.
    StandDown,
}

/// A line of the journal: all of the state after something happened. The last one is enough to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Whose.
    pub deployment: DeploymentId,
    /// The state.
    pub state: State,
}

/// One try of an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Which.
    pub key: Key,
    /// By whose right. Whoever does it refuses a lower one than it has seen.
    pub fence: Fence,
    /// What.
    pub action: Action,
}

/// Which try of which step. Two tries of one step want the same to be; the later one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Of which deployment.
    pub deployment: DeploymentId,
    /// On which way.
    pub track: Track,
    /// Its place.
    pub step: u16,
    /// Unique in the deployment, and rising; the first is 1.
    pub attempt: u32,
}

/// On which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Track {
    /// The steps of the plan.
    Forward,
    /// The steps that undo it.
    Back,
}

/// What shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The preflight checks pass.
    Validate,
    /// A snapshot is saved.
    Snapshot,
    /// The pool has this many instances at least.
    Ensure {
        /// Whose.
        pool: Arm,
        /// How many.
        count: u32,
    },
    /// The hook has succeeded.
    Call {
        /// Which.
        hook: Name,
    },
    /// This share of safe requests is copied to the candidate.
    Mirror {
        /// The share.
        share: Weight,
    },
    /// The candidate has this share of units: one swap of the routing table.
    SetWeight {
        /// The share.
        weight: Weight,
        /// When gateways go back to the stable release, unless it is renewed.
        until: Option<Millis>,
    },
    /// All but `keep` instances of the pool have nothing left to do.
    Drain {
        /// Whose.
        pool: Arm,
        /// How many go on.
        keep: u32,
        /// For how long.
        budget: DrainBudget,
    },
    /// The pool has `keep` instances at most.
    Stop {
        /// Whose.
        pool: Arm,
        /// How many stay.
        keep: u32,
    },
    /// The stable pool is drained and stopped, and the candidate is the stable release from now on.
    Retire {
        /// For how long it is drained.
        budget: DrainBudget,
    },
}
