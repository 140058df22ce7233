//! From step to step: what a step waits for, and what it wants to have done.
//!
//! Main item: [`Turn::proceed`].

use super::{
    Cause, HoldReason, Phase, Trouble,
    command::{Action, Track},
    event::Judged,
    state::Warning,
    turn::Turn,
};
use crate::{
    judge::LowTraffic,
    plan::{Gate, MAX_STEPS, Step, Until},
    split::{Arm, Weight},
};

/// What follows from where a step is.
enum Then {
    Wait,
    Advance,
    Begin(Action),
    Hold(HoldReason),
    Soak(u64),
    Abort(Cause),
}

impl Turn<'_> {
    /// Goes on as far as nothing has to be waited for.
    pub(super) fn proceed(&mut self) {
        for _ in 0..=2 * MAX_STEPS {
            if !matches!(self.state.phase, Phase::Running | Phase::Soaking { .. } | Phase::Aborting { .. }) {
                return;
            }
            let Some(step) = self.step().cloned() else { return self.finish() };
            match self.then(&step) {
                Then::Wait => return,
                Then::Advance => self.advance(),
                Then::Begin(action) => return self.begin_step(&step, action),
                Then::Hold(why) => return self.hold(why),
                Then::Soak(ms) => self.state.phase = Phase::Soaking { until: self.later(ms) },
                Then::Abort(cause) => self.abort(cause),
            }
        }
    }

    fn then(&mut self, step: &Step) -> Then {
        let cursor = &self.state.cursor;
        if cursor.ended {
            return Then::Advance;
        }
        let waits = cursor.in_flight || cursor.retry_at.is_some_and(|at| at > self.now);
        match step {
            Step::AwaitHealthy { pool, min_healthy, .. } => self.await_healthy(*pool, *min_healthy),
            Step::Observe { min_ms, until } => self.observe(*min_ms, *until),
            Step::Gate { .. } if self.state.hurry => Then::Advance,
            Step::Gate { gate: Gate::Manual } => Then::Hold(HoldReason::Gate),
            _ if waits => Then::Wait,
            Step::SetWeight { weight } => self.set_weight(*weight),
            Step::Retire { not_before_ms, budget } => match self.state.phase {
                Phase::Soaking { until } if until > self.now || self.state.seen.report.is_none() => {
                    Then::Wait
                }
                Phase::Soaking { .. } => Then::Begin(Action::Retire { budget: *budget }),
                _ => Then::Soak(*not_before_ms),
            },
            Step::Validate => Then::Begin(Action::Validate),
            Step::Snapshot => Then::Begin(Action::Snapshot),
            Step::Provision { pool, count } => Then::Begin(Action::Ensure { pool: *pool, count: *count }),
            Step::Smoke { hook, .. }
            | Step::Hook { hook, .. }
            | Step::Gate { gate: Gate::Webhook { hook } } => Then::Begin(Action::Call { hook: hook.clone() }),
            Step::Mirror { share } => Then::Begin(Action::Mirror { share: *share }),
            Step::Drain { pool, keep, budget } => {
                Then::Begin(Action::Drain { pool: *pool, keep: *keep, budget: *budget })
            }
            Step::Stop { pool, keep } => Then::Begin(Action::Stop { pool: *pool, keep: *keep }),
        }
    }

    fn await_healthy(&self, pool: Arm, wanted: u32) -> Then {
        let Some(report) = self.state.seen.report else { return Then::Wait };
        let enough = report.pool(pool).healthy >= wanted;
        // On the way back, some instances of the stable release are better than none of the candidate.
        let is_back = self.state.cursor.track == Track::Back;
        if enough || (is_back && report.only_stable_serves()) { Then::Advance } else { Then::Wait }
    }

    /// Traffic goes only to a pool with a healthy instance, as far as was seen since the last crash.
    fn set_weight(&self, weight: Weight) -> Then {
        let until = self.deployment.plan.dead_man_ms().map(|ms| self.later(ms));
        let set = Then::Begin(Action::SetWeight { weight, until });
        let Some(report) = self.state.seen.report else { return Then::Wait };
        match self.state.cursor.track {
            Track::Forward if report.candidate.healthy > 0 => set,
            Track::Forward => Then::Abort(Cause::CandidateLost),
            Track::Back if report.stable.healthy > 0 || self.deployment.stable.is_none() => set,
            Track::Back if report.weight == Weight::NONE && self.state.seen.weight_is_fresh => set,
            Track::Back => Then::Wait,
        }
    }

    fn observe(&mut self, min_ms: u64, until: Until) -> Then {
        let dwelt = self.state.cursor.dwelt_ms;
        if self.state.hurry {
            return Then::Advance;
        }
        match until {
            Until::Dwelt if dwelt >= min_ms => Then::Advance,
            Until::Good { .. } if dwelt >= min_ms && self.state.seen.judged == Some(Judged::Good) => {
                Then::Advance
            }
            Until::Good { max_ms, otherwise } if dwelt >= max_ms.max(min_ms) => match otherwise {
                LowTraffic::Hold => Then::Hold(HoldReason::LowTraffic),
                LowTraffic::Rollback => Then::Abort(Cause::LowTraffic),
                LowTraffic::PromoteWithWarning => {
                    self.state.warn(Warning::Unproven { step: self.state.cursor.step });
                    Then::Advance
                }
            },
            _ => Then::Wait,
        }
    }

    fn begin_step(&mut self, step: &Step, action: Action) {
        // The time that the old pool was kept is no time of its retirement.
        if let (Step::Retire { budget, .. }, 0) = (step, self.state.cursor.attempt) {
            let retire = Step::Retire { not_before_ms: 0, budget: *budget };
            self.state.cursor.deadline = self.later(self.deployment.plan.step_ms(&retire));
        }
        self.begin(action);
    }

    pub(super) fn advance(&mut self) {
        if !matches!(self.state.seen.judged, Some(Judged::Worse(_))) {
            self.state.seen.judged = None;
        }
        let (track, next) = (self.state.cursor.track, usize::from(self.state.cursor.step) + 1);
        self.go_to(track, next);
    }

    pub(super) fn hold(&mut self, why: HoldReason) {
        let until = self.state.hold_until.unwrap_or(self.later(self.deployment.plan.hold_ms()));
        self.state.hold_until = Some(until);
        self.state.phase = Phase::Holding { why, until };
    }

    fn finish(&mut self) {
        self.state.phase = match &self.state.phase {
            Phase::Aborting { cause: Cause::Superseded { by } } => Phase::Superseded { by: *by },
            Phase::Aborting { cause } => Phase::RolledBack { cause: cause.clone() },
            _ => Phase::Done,
        };
    }

    pub(super) fn give_up(&mut self, trouble: Trouble) {
        if let Phase::Aborting { cause } = &self.state.phase {
            self.state.phase = Phase::NeedsHuman { cause: cause.clone(), trouble };
        }
    }
}
