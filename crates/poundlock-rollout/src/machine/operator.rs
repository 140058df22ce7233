//! What people may do to a deployment, and when.
//!
//! Main items: [`check`], which refuses, and [`take`], which does what was not refused.

use super::{
    Cause, HoldReason, Phase,
    event::{Operator, Refusal},
    state::{Deployment, State},
    turn::Turn,
};
use crate::plan::Step;

/// Refuses what makes no sense now. An abort makes sense until the end.
pub(super) fn check(deployment: &Deployment, state: &State, wish: &Operator) -> Result<(), Refusal> {
    let id = deployment.id;
    let phase = &state.phase;
    if phase.is_final() {
        return Err(Refusal::Ended { id, phase: phase.name() });
    }
    let step = deployment.step_of(state);
    let waits = matches!(step, Some(Step::Observe { .. } | Step::Gate { .. }));
    match (wish, phase) {
        (Operator::Abort | Operator::Supersede { .. }, _) => Ok(()),
        (_, Phase::Aborting { .. }) => Err(Refusal::Aborting(id)),
        (Operator::Start, Phase::Pending) => Ok(()),
        (Operator::Start, _) => Err(Refusal::Started(id)),
        (_, Phase::Pending) => Err(Refusal::NotStarted(id)),
        (Operator::Promote, Phase::Soaking { .. }) | (Operator::PromoteFull, _) => Ok(()),
        (Operator::Promote, _) if waits => Ok(()),
        (Operator::Promote, _) => Err(Refusal::NothingToPromote { id, step: step.map_or("end", Step::name) }),
        (Operator::Hold, Phase::Soaking { .. }) => Err(Refusal::NothingToHold(id)),
        (Operator::Resume, Phase::Holding { why: HoldReason::Gate, .. }) => Err(Refusal::Gate(id)),
        (Operator::Hold, _) | (Operator::Resume, Phase::Holding { .. }) => Ok(()),
        (Operator::Resume, _) => Err(Refusal::NotHeld(id)),
    }
}

/// Does what was not refused.
pub(super) fn take(turn: &mut Turn<'_>, wish: &Operator) {
    match (wish, turn.state.phase.clone()) {
        (_, Phase::Aborting { .. }) => {}
        (Operator::Start, _) => {
            turn.state.phase = Phase::Running;
            turn.go_to(super::Track::Forward, 0);
        }
        (Operator::Abort, _) => turn.abort(Cause::Operator),
        (Operator::Supersede { by }, Phase::Pending) => turn.state.phase = Phase::Superseded { by: *by },
        (Operator::Supersede { .. } | Operator::Promote | Operator::PromoteFull, Phase::Soaking { .. }) => {
            turn.state.phase = Phase::Soaking { until: turn.now };
        }
        (Operator::Supersede { by }, _) => turn.abort(Cause::Superseded { by: *by }),
        (Operator::Hold, Phase::Holding { .. }) => {}
        (Operator::Hold, _) => turn.hold(HoldReason::Operator),
        (Operator::Resume, Phase::Holding { why, .. }) => resume(turn, why),
        (Operator::Resume, _) => {}
        (Operator::Promote, phase) => promote(turn, &phase),
        (Operator::PromoteFull, phase) => {
            turn.state.hurry = true;
            promote(turn, &phase);
        }
    }
}

/// Passes an observation or a gate; what else is going on goes on.
fn promote(turn: &mut Turn<'_>, phase: &Phase) {
    if matches!(turn.step(), Some(Step::Observe { .. } | Step::Gate { .. })) {
        turn.state.cursor.ended = true;
    }
    if let Phase::Holding { .. } = phase {
        resume(turn, HoldReason::Operator);
    }
}

fn resume(turn: &mut Turn<'_>, why: HoldReason) {
    turn.state.phase = Phase::Running;
    let time = turn.step().map_or(0, |step| turn.deployment.plan.step_ms(step));
    turn.state.cursor.deadline = turn.later(time);
    // An other full time of observation, or it would be held again at once.
    if why == HoldReason::LowTraffic {
        turn.state.cursor.dwelt_ms = 0;
    }
}
