//! The way back from any place of a plan.
//!
//! Main item: [`Plan::back`]. It does not know how a pool is doing; [`Haste`] tells it what follows from that.

use super::{Plan, Step};
use crate::split::{Arm, Weight};
use serde::{Deserialize, Serialize};

/// What comes first on the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Haste {
    /// The traffic: the stable pool can take it, or the candidate cannot.
    SwapFirst,
    /// The stable pool: part of it was stopped, and the candidate still serves.
    RestoreFirst,
}

impl Plan {
    /// The steps that undo the first `begun` steps; each can be done again, and when nothing is left to undo.
    pub fn back(&self, begun: usize, haste: Haste) -> Vec<Step> {
        let did = |test: &dyn Fn(&Step) -> bool| self.steps.iter().take(begun).any(test);
        let mirrored = did(&|step| matches!(step, Step::Mirror { .. }));
        let provisioned = did(&|step| matches!(step, Step::Provision { .. }));
        let weighted = did(&|step| matches!(step, Step::SetWeight { .. }));
        let mut back = Vec::new();
        if mirrored {
            back.push(Step::Mirror { share: Weight::NONE });
        }
        let swap = weighted.then_some(Step::SetWeight { weight: Weight::NONE });
        let restore = if self.fewer_stable(begun) { self.restore() } else { Vec::new() };
        match haste {
            Haste::SwapFirst => back.extend(swap.into_iter().chain(restore)),
            Haste::RestoreFirst => back.extend(restore.into_iter().chain(swap)),
        }
        if provisioned {
            let (pool, keep) = (Arm::Candidate, 0);
            back.extend([Step::Drain { pool, keep, budget: self.drain }, Step::Stop { pool, keep }]);
        }
        let hook = self.rollback_hook.clone();
        back.extend(hook.map(|hook| Step::Hook { hook, deadline_ms: self.deadline_ms }));
        back
    }

    /// Whether the first `begun` steps took instances from the stable pool.
    pub fn fewer_stable(&self, begun: usize) -> bool {
        self.steps.iter().take(begun).any(|step| match step {
            Step::Drain { pool, .. } | Step::Stop { pool, .. } => *pool == Arm::Stable,
            Step::Retire { .. } => true,
            _ => false,
        })
    }

    fn restore(&self) -> Vec<Step> {
        let (pool, count) = (Arm::Stable, self.instances);
        vec![
            Step::Provision { pool, count },
            Step::AwaitHealthy { pool, min_healthy: count, deadline_ms: self.deadline_ms },
        ]
    }
}
