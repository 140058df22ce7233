//! What an operator chooses about a deployment, and which choices make no sense.
//!
//! Main types: [`Options`] and [`Strategy`]. The defaults are meant to be left alone.

use super::{DrainBudget, Gate};
use crate::{judge::LowTraffic, name::Name, split::Weight};
use std::fmt;

/// The most instances of a pool.
pub(super) const MAX_INSTANCES: u32 = 1_000;
/// The most weights of a canary.
pub(super) const MAX_WEIGHTS: usize = 100;
/// The longest time of any kind, in milliseconds: 30 days.
pub(super) const MAX_MS: u64 = 30 * 24 * 3_600_000;

/// How a deployment is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How the candidate gets its traffic.
    pub strategy: Strategy,
    /// Instances of a whole pool: 1 to 1,000.
    pub instances: u32,
    /// Milliseconds until a pool that is not healthy, or any step without a time of its own, has failed.
    pub deadline_ms: u64,
    /// How long drained instances may go on.
    pub drain: DrainBudget,
    /// Milliseconds that the old pool is kept warm.
    pub keep_old_ms: u64,
    /// Milliseconds that all holds and gates together may take; then the deployment is aborted.
    pub hold_ms: u64,
    /// What is called when.
    pub hooks: Hooks,
}

/// How the candidate gets its traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strategy {
    /// All at once, to a whole new pool.
    BlueGreen {
        /// Milliseconds that it is watched before the old pool's time begins to run.
        observe_ms: u64,
    },
    /// Weight by weight, judged at each.
    Canary(Canary),
    /// Batch by batch, in place.
    Rolling(Rolling),
    /// All at once and without a way back: there is no stable release yet.
    First,
}

/// The choices of a canary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    /// Rising; the last is everybody.
    pub weights: Vec<Weight>,
    /// How each of them is watched.
    pub observe: Observation,
    /// Milliseconds that it is watched once everybody has it.
    pub soak_ms: u64,
    /// The share of safe requests that is copied to it before it has any traffic of its own.
    pub mirror: Option<Weight>,
    /// Milliseconds of copying.
    pub mirror_ms: u64,
    /// Who says yes before everybody gets it.
    pub confirm: Option<Gate>,
    /// Milliseconds without renewal after which gateways go back to the stable release.
    pub dead_man_ms: u64,
}

/// The choices of a rolling deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rolling {
    /// The share of instances that are exchanged at a time; at least one is.
    pub batch: Weight,
    /// Old instances that may be stopped before their replacements are healthy. 0 needs room for a batch more.
    pub unavailable: u32,
    /// How each batch is watched.
    pub observe: Observation,
}

/// How the candidate is watched beside the stable release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// Milliseconds at least.
    pub min_ms: u64,
    /// Milliseconds at most.
    pub max_ms: u64,
    /// What to do if there was too little traffic until then.
    pub otherwise: LowTraffic,
}

/// Hooks by name; what they are is up to the caller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hooks {
    /// Before anything is started.
    pub pre_deploy: Option<Name>,
    /// Against the healthy candidate, before it has traffic.
    pub smoke: Option<Name>,
    /// After everybody has it.
    pub post_deploy: Option<Name>,
    /// At the end of an abort. That it fails does not stop anything.
    pub rollback: Option<Name>,
}

impl Options {
    /// The defaults for a pool of so many instances.
    pub fn new(strategy: Strategy, instances: u32) -> Self {
        Self {
            strategy,
            instances,
            deadline_ms: 120_000,
            drain: DrainBudget { http_ms: 30_000, upgraded_ms: 60_000 },
            keep_old_ms: 3 * 3_600_000,
            hold_ms: 24 * 3_600_000,
            hooks: Hooks::default(),
        }
    }
}

impl Strategy {
    /// 0 → 100 %, watched for a minute.
    pub fn blue_green() -> Self {
        Self::BlueGreen { observe_ms: 60_000 }
    }

    /// 5, 10, 25, 50, 100 %.
    pub fn canary() -> Self {
        let weights = [500, 1_000, 2_500, 5_000, 10_000].into_iter().filter_map(Weight::new).collect();
        Self::Canary(Canary {
            weights,
            observe: Observation::default(),
            soak_ms: 600_000,
            mirror: None,
            mirror_ms: 60_000,
            confirm: None,
            dead_man_ms: 60_000,
        })
    }

    /// A quarter at a time, none unavailable.
    pub fn rolling() -> Self {
        let batch = Weight::new(2_500).expect("2,500 is below 10,000");
        let observe =
            Observation { min_ms: 30_000, max_ms: 120_000, otherwise: LowTraffic::PromoteWithWarning };
        Self::Rolling(Rolling { batch, unavailable: 0, observe })
    }
}

impl Default for Observation {
    fn default() -> Self {
        Self { min_ms: 60_000, max_ms: 600_000, otherwise: LowTraffic::Hold }
    }
}

/// Options that make no sense; every problem is there. Trying again does not help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidOptions(pub Vec<Problem>);

/// What is wrong with an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// None, or too many.
    #[error("instances: 1 to 1,000 are possible")]
    Instances,
    /// No time at all, or more than 30 days.
    #[error("{0}: between 1 ms and 30 days are possible")]
    Time(&'static str),
    /// None, too many, or not rising from above 0 to 100 %.
    #[error("weights: 1 to 100 of them, rising, from above 0 to 100 % at the end")]
    Weights,
    /// The least time is above the most.
    #[error("observe: the least time is longer than the most")]
    Observation,
    /// A batch of nothing.
    #[error("batch: a share above 0")]
    Batch,
    /// Nothing would be left.
    #[error("unavailable: fewer than there are instances")]
    Unavailable,
    /// Batches that are too small for so many instances.
    #[error("steps: the plan has more than 1,024; take larger batches")]
    TooLong,
}

impl std::error::Error for InvalidOptions {}

impl fmt::Display for InvalidOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if number == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}
