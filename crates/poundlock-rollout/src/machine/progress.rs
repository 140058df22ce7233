//! How far a deployment is, for people who look at it. Looking changes nothing.
//!
//! Main item: [`show`].

use super::{
    Phase,
    state::{Deployment, State},
};
use crate::{judge::Millis, plan::Step, split::Weight};
use serde::Serialize;

/// What a viewer sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The phase's word.
    pub phase: &'static str,
    /// The step's word; absent at the end.
    pub step: Option<&'static str>,
    /// Its place, from 1.
    pub number: usize,
    /// How many there are on this way.
    pub of: usize,
    /// The candidate's share.
    pub weight: Weight,
    /// Milliseconds since the deployment was admitted.
    pub elapsed_ms: u64,
    /// Milliseconds that are left at least; deadlines are not counted, for they are not what is expected.
    pub left_ms: u64,
}

/// Shows a deployment as it is at a time.
pub fn show(deployment: &Deployment, state: &State, now: Millis) -> Shown {
    let steps = deployment.way_of(state);
    let place = usize::from(state.cursor.step);
    let later: u64 = steps.iter().skip(place + 1).map(expected_ms).fold(0, u64::saturating_add);
    let this = match state.phase {
        Phase::Soaking { until } => until.since(now),
        _ => steps.get(place).map_or(0, expected_ms).saturating_sub(state.cursor.dwelt_ms),
    };
    let over = state.phase.is_final();
    Shown {
        phase: state.phase.name(),
        step: steps.get(place).filter(|_| !over).map(Step::name),
        number: (place + 1).min(steps.len()),
        of: steps.len(),
        weight: state.weight,
        elapsed_ms: now.since(state.started),
        left_ms: if over { 0 } else { later.saturating_add(this) },
    }
}

fn expected_ms(step: &Step) -> u64 {
    match step {
        Step::Observe { min_ms, .. } => *min_ms,
        Step::Retire { not_before_ms, .. } => *not_before_ms,
        _ => 0,
    }
}
