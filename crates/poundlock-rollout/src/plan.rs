//! What a deployment will do, in which order: a frozen list of steps.
//!
//! Main types: [`Plan`], which [`Options::compile`] makes, and [`Step`]. It does not know how a step is done, nor when.
//!
//! ```
//! use poundlock_rollout::plan::{Options, Step, Strategy};
//! use poundlock_rollout::split::Weight;
//!
//! let plan = Options::new(Strategy::canary(), 4).compile()?;
//! assert_eq!(plan.steps().first(), Some(&Step::Validate));
//! assert!(plan.steps().contains(&Step::SetWeight { weight: Weight::ALL }));
//! assert_eq!(plan.digest(), Options::new(Strategy::canary(), 4).compile()?.digest());
//! # Ok::<(), poundlock_rollout::plan::InvalidOptions>(())
//! ```

mod bound;
mod compile;
mod inverse;
mod options;
mod step;
#[cfg(test)]
mod tests;

pub use inverse::Haste;
pub use options::{Canary, Hooks, InvalidOptions, Observation, Options, Problem, Rolling, Strategy};
pub use step::{DrainBudget, Gate, Step, Until};

use crate::digest::{Digest, canonical};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// The most steps of a plan; a rolling deployment of 10 batches has 70.
pub const MAX_STEPS: usize = 1_024;

/// A frozen list of steps and what the way back needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The form of this list; an other one is not read.
    #[serde(deserialize_with = "this_version")]
    version: u16,
    /// Instances of a whole pool.
    instances: u32,
    /// Milliseconds that a step which has no time of its own may take, on the way back as well.
    deadline_ms: u64,
    drain: DrainBudget,
    /// Milliseconds that all holds and gates together may take.
    hold_ms: u64,
    /// Gateways go back to the stable release when a partial weight was not renewed for so many milliseconds.
    dead_man_ms: Option<u64>,
    rollback_hook: Option<crate::name::Name>,
    #[serde(deserialize_with = "some_steps")]
    steps: Vec<Step>,
}

const VERSION: u16 = 1;

impl Plan {
    /// The steps, in order. There is at least one, and at most [`MAX_STEPS`].
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Instances of a whole pool.
    pub fn instances(&self) -> u32 {
        self.instances
    }

    /// After how many milliseconds without renewal gateways go back to the stable release; only where the stable pool stays
    /// whole until the end.
    pub fn dead_man_ms(&self) -> Option<u64> {
        self.dead_man_ms
    }

    /// How long all holds and gates together may take, in milliseconds.
    pub fn hold_ms(&self) -> u64 {
        self.hold_ms
    }

    /// SHA-256 of the canonical JSON: the same for the same options, whenever and wherever they are compiled.
    pub fn digest(&self) -> Digest {
        Digest::of(&canonical(self))
    }
}

fn this_version<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
    let version = u16::deserialize(from)?;
    if version == VERSION { Ok(version) } else { Err(D::Error::custom("this plan has an other version")) }
}

fn some_steps<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Step>, D::Error> {
    let steps = Vec::deserialize(from)?;
    let fits = (1..=MAX_STEPS).contains(&steps.len());
    if fits { Ok(steps) } else { Err(D::Error::custom("a plan has 1 to 1,024 steps")) }
}
