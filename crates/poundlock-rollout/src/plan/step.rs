//! One step of a plan.
//!
//! Main type: [`Step`].

use crate::{
    judge::LowTraffic,
    name::Name,
    split::{Arm, Weight},
};
use serde::{Deserialize, Serialize};

/// Something to do or to wait for. Each says what shall be, not what shall change, so doing it twice is doing it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, tag = "do")]
pub enum Step {
    /// Preflight checks pass.
    Validate,
    /// A snapshot of what runs now is saved.
    Snapshot,
    /// A pool has this many instances.
    Provision {
        /// Whose.
        pool: Arm,
        /// How many, those that were there before included.
        count: u32,
    },
    /// Instances of a pool answer their health checks.
    AwaitHealthy {
        /// Whose.
        pool: Arm,
        /// How many at least.
        min_healthy: u32,
        /// Milliseconds until it has failed.
        deadline_ms: u64,
    },
    /// A check of the candidate, before it has traffic, passes.
    Smoke {
        /// Which.
        hook: Name,
        /// Milliseconds until it has failed.
        deadline_ms: u64,
    },
    /// A command or webhook succeeds.
    Hook {
        /// Which.
        hook: Name,
        /// Milliseconds until it has failed.
        deadline_ms: u64,
    },
    /// This share of safe requests is copied to the candidate, whose answers nobody sees.
    Mirror {
        /// The share.
        share: Weight,
    },
    /// The candidate has this share of the units.
    SetWeight {
        /// The share.
        weight: Weight,
    },
    /// The candidate is watched.
    Observe {
        /// Milliseconds at least; time counts only while somebody watches.
        min_ms: u64,
        /// What ends it.
        until: Until,
    },
    /// Somebody says yes.
    Gate {
        /// Who.
        gate: Gate,
    },
    /// Instances of a pool get no new requests, and finish those that they have.
    Drain {
        /// Whose.
        pool: Arm,
        /// How many instances go on taking requests.
        keep: u32,
        /// For how long.
        budget: DrainBudget,
    },
    /// Instances of a pool are stopped.
    Stop {
        /// Whose.
        pool: Arm,
        /// How many stay.
        keep: u32,
    },
    /// The stable pool, kept warm until now, is drained and stopped: the way back is no longer one swap.
    Retire {
        /// Milliseconds that it is kept.
        not_before_ms: u64,
        /// For how long it is drained.
        budget: DrainBudget,
    },
}

/// What ends an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, tag = "until")]
pub enum Until {
    /// The judge finds the candidate good, or the time is over.
    Good {
        /// Milliseconds of watching at most.
        max_ms: u64,
        /// What then.
        otherwise: LowTraffic,
    },
    /// The time alone: all units are on the candidate, so there is nothing to compare with. Guards still count.
    Dwelt,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask")]
pub enum Gate {
    /// A person, who promotes or aborts.
    Manual,
    /// A webhook.
    Webhook {
        /// Which.
        hook: Name,
    },
}

/// How long an instance may go on with what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrainBudget {
    /// Milliseconds for requests.
    pub http_ms: u64,
    /// Milliseconds for upgraded connections, such as WebSockets.
    pub upgraded_ms: u64,
}

impl DrainBudget {
    /// Milliseconds until nothing is left.
    pub fn longest_ms(self) -> u64 {
        self.http_ms.max(self.upgraded_ms)
    }
}

impl Step {
    /// Its word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Snapshot => "snapshot",
            Self::Provision { .. } => "provision",
            Self::AwaitHealthy { .. } => "await-healthy",
            Self::Smoke { .. } => "smoke",
            Self::Hook { .. } => "hook",
            Self::Mirror { .. } => "mirror",
            Self::SetWeight { .. } => "set-weight",
            Self::Observe { .. } => "observe",
            Self::Gate { .. } => "gate",
            Self::Drain { .. } => "drain",
            Self::Stop { .. } => "stop",
            Self::Retire { .. } => "retire",
        }
    }
}
