//! How a controller goes on where an other one was killed.
//!
//! Main item: [`recover`].

use super::{
    command::Next,
    lease::Fence,
    state::{Deployment, Seen, State},
    turn::Turn,
};
use crate::judge::Millis;

/// Takes over a deployment from its last record, under a new token.
///
/// One that is over stays as it is. Of others nothing is begun yet: what was in flight begins again, as a new attempt, with the first report of how things are, or
/// after [`super::SETTLE_MS`]. Deadlines stay as they were; time of observation does not go on until then.
pub fn recover(deployment: &Deployment, last: &State, fence: Fence, now: Millis) -> Next {
    if last.phase.is_final() {
        return Next { state: last.clone(), commands: Vec::new() };
    }
    let mut turn = Turn::new(deployment, last, now);
    turn.state.fence = fence;
    turn.state.seen = Seen::after_crash(now);
    turn.announce();
    turn.end()
}
