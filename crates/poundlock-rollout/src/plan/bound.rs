//! How long a step and a plan can take at most.
//!
//! Main items: [`Plan::step_ms`] and [`Plan::longest_ms`].

use super::{Plan, Step, Until};

impl Plan {
    /// Milliseconds after which a step has failed, or is over. Observations count only time in which somebody watches.
    pub fn step_ms(&self, step: &Step) -> u64 {
        match step {
            Step::AwaitHealthy { deadline_ms, .. }
            | Step::Smoke { deadline_ms, .. }
            | Step::Hook { deadline_ms, .. } => *deadline_ms,
            Step::Observe { min_ms, until: Until::Dwelt } => *min_ms,
            Step::Observe { min_ms, until: Until::Good { max_ms, .. } } => (*max_ms).max(*min_ms),
            Step::Drain { budget, .. } => self.deadline_ms.saturating_add(budget.longest_ms()),
            Step::Retire { not_before_ms, budget } => {
                self.deadline_ms.saturating_add(*not_before_ms).saturating_add(budget.longest_ms())
            }
            Step::Gate { .. } => self.hold_ms,
            Step::Validate
            | Step::Snapshot
            | Step::Provision { .. }
            | Step::Mirror { .. }
            | Step::SetWeight { .. }
            | Step::Stop { .. } => self.deadline_ms,
        }
    }

    /// Milliseconds from the start to the end of the way forward, at most: all steps and all holds.
    pub fn longest_ms(&self) -> u64 {
        let gate = |step: &&Step| !matches!(step, Step::Gate { .. });
        let steps = self.steps.iter().filter(gate).map(|step| self.step_ms(step));
        steps.fold(self.hold_ms, u64::saturating_add)
    }

    /// Milliseconds of the way back, at most.
    pub fn longest_back_ms(&self) -> u64 {
        let back = self.back(self.steps.len(), super::Haste::RestoreFirst);
        back.iter().map(|step| self.step_ms(step)).fold(0, u64::saturating_add)
    }
}
