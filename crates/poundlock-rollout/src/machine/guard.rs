//! What turns a deployment back, whatever step it is at.
//!
//! Main items: [`Turn::watch`] and [`Turn::abort`].

use super::{
    Cause, MAX_REWINDS, Phase, Trouble,
    command::Track,
    event::{Judged, cut},
    state::Warning,
    turn::Turn,
};
use crate::{
    plan::{Haste, Step},
    split::{Arm, Weight},
};

impl Turn<'_> {
    /// Looks for reasons to go back, then goes on.
    pub(super) fn watch(&mut self) {
        if self.state.seen.settle_until.is_some() {
            return;
        }
        if let Some(cause) = self.reason_to_go_back() {
            self.abort(cause);
        }
        self.swap_at_once();
        self.proceed();
        if self.state.cursor.deadline <= self.now {
            self.out_of_time();
            self.proceed();
        }
    }

    fn reason_to_go_back(&self) -> Option<Cause> {
        let state = &self.state;
        let until = match state.phase {
            Phase::Running => Some(state.latest),
            Phase::Holding { until, .. } => Some(until),
            Phase::Pending => return (state.cursor.deadline <= self.now).then_some(Cause::TooLong),
            Phase::Soaking { .. } => None,
            _ => return None,
        };
        if let Some(Judged::Worse(detail)) = &state.seen.judged {
            return Some(Cause::Judged { detail: cut(detail) });
        }
        let lost = state.seen.report.is_some_and(|report| report.candidate.healthy == 0);
        if lost && state.weight > Weight::NONE {
            return Some(Cause::CandidateLost);
        }
        let held = matches!(state.phase, Phase::Holding { .. });
        let cause = if held { Cause::HeldTooLong } else { Cause::TooLong };
        until.filter(|until| *until <= self.now).map(|_| cause)
    }

    /// Goes back. What has to be undone is decided here once, so that a crash on the way does not change it.
    pub(super) fn abort(&mut self, cause: Cause) {
        let dead = self.candidate_is_dead();
        let begun = usize::from(self.state.begun);
        let haste = if dead || !self.deployment.plan.fewer_stable(begun) {
            Haste::SwapFirst
        } else {
            Haste::RestoreFirst
        };
        self.state.back = self.deployment.plan.back(begun, haste);
        self.state.phase = Phase::Aborting { cause };
        self.go_to(Track::Back, 0);
    }

    /// The candidate died while the stable pool was being restored: what there is must do.
    fn swap_at_once(&mut self) {
        let Phase::Aborting { .. } = self.state.phase else { return };
        if self.state.weight == Weight::NONE || !self.candidate_is_dead() {
            return;
        }
        let swap = self.deployment.plan.back(usize::from(self.state.begun), Haste::SwapFirst);
        if self.state.back != swap {
            self.state.back = swap;
            self.go_to(Track::Back, 0);
        }
    }

    fn out_of_time(&mut self) {
        let Some(step) = self.step().cloned() else { return };
        let observes = matches!(step, Step::Observe { .. });
        match self.state.phase {
            Phase::Running if !observes => {
                let cause = match step {
                    Step::AwaitHealthy { pool, min_healthy, .. } => {
                        Cause::NotHealthy { healthy: self.healthy(pool), wanted: min_healthy }
                    }
                    step => Cause::Deadline { step: step.name().to_owned() },
                };
                self.abort(cause);
            }
            Phase::Soaking { .. } if self.state.cursor.attempt == 0 => self.abort(Cause::CandidateLost),
            Phase::Soaking { .. } => self.pass_over("it took too long"),
            Phase::Aborting { .. } => self.out_of_time_back(&step),
            _ => {}
        }
    }

    fn out_of_time_back(&mut self, step: &Step) {
        let waits = self.state.cursor.attempt == 0;
        let healthy = self.healthy(Arm::Stable);
        match step {
            Step::AwaitHealthy { min_healthy, .. } => {
                self.give_up(Trouble::StableNotHealthy { healthy, wanted: *min_healthy });
            }
            Step::SetWeight { .. } if waits => self.give_up(Trouble::StableNotHealthy { healthy, wanted: 1 }),
            Step::Drain { .. } | Step::Hook { .. } => self.pass_over("it took too long"),
            step => {
                let detail = "it took too long".to_owned();
                self.give_up(Trouble::Failed { step: step.name().to_owned(), detail });
            }
        }
    }

    /// Leaves a step that failed as it is.
    pub(super) fn pass_over(&mut self, detail: &str) {
        let detail = cut(detail);
        let warning = match self.step() {
            Some(Step::Hook { .. }) => Warning::RollbackHook { detail },
            _ => Warning::NotDrained { detail },
        };
        self.state.warn(warning);
        self.state.cursor.in_flight = false;
        self.state.cursor.ended = true;
    }

    /// Whether the stable pool is all that can serve, as far as was seen.
    fn candidate_is_dead(&self) -> bool {
        self.state.seen.report.is_some_and(|report| report.only_stable_serves())
    }

    fn healthy(&self, pool: Arm) -> u32 {
        self.state.seen.report.map_or(0, |report| report.pool(pool).healthy)
    }

    /// Gives back a weight that the gateways lost: by the dead man's switch, or because they started anew.
    pub(super) fn compare_weight(&mut self, found: Weight) {
        let moves = match self.step() {
            // A try that failed may have moved it all the same; the next one says.
            Some(Step::SetWeight { .. }) => true,
            Some(Step::Retire { .. }) => self.state.cursor.in_flight,
            _ => false,
        };
        let goes_on = matches!(self.state.phase, Phase::Running | Phase::Soaking { .. });
        if found == self.state.weight || moves || !goes_on {
            return;
        }
        let steps = &self.deployment.plan.steps()[..usize::from(self.state.cursor.step)];
        let last = steps.iter().rposition(|step| matches!(step, Step::SetWeight { .. }));
        let Some(place) = last else { return };
        self.state.warn(Warning::WeightLost { found: found.basis_points() });
        self.state.rewinds = self.state.rewinds.saturating_add(1);
        if self.state.rewinds > MAX_REWINDS {
            return self.abort(Cause::WeightLost);
        }
        self.state.phase = Phase::Running;
        self.go_to(Track::Forward, place);
    }
}
