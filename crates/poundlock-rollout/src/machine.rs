//! What a deployment does next: one pure function from what happened to what is to be done.
//!
//! Main items: [`step`], [`recover`] and [`State`]. It does not know how anything is done, nor where the journal is.
//!
//! The caller carries out the [`Command`]s of a [`Next`] in their order and only then takes its state: a record is durable
//! before the effect it speaks of begins. After a crash [`journal::replay`] gives the last record, and [`recover`] goes on from it.
//!
//! What holds, whatever happens when (`tests/simulation.rs`):
//! 1. traffic is only ever given to a pool with a healthy instance;
//! 2. the stable pool is not stopped before [`Step::Retire`];
//! 3. an abort is taken in every phase but a final one, again and again, and beats a promotion;
//! 4. a service has one active deployment at most ([`admit`], [`Lease`], [`Fence`]);
//! 5. the intent is in the journal before an effect, the outcome after it, and an effect done twice is done once;
//! 6. deadlines are absolute, and time of observation counts only while somebody watches;
//! 7. a stable pool that is not healthy never stops the way forward;
//! 8. a final phase is reached in bounded time.
//!
//! [`Step::Retire`]: crate::plan::Step::Retire

mod admission;
mod advance;
mod command;
mod event;
mod guard;
pub mod journal;
mod lease;
mod operator;
mod outcome;
mod phase;
mod progress;
mod recovery;
mod state;
#[cfg(test)]
mod tests;
mod turn;

pub use admission::{Active, Admitted, Asked, Busy, Standing, admit};
pub use command::{Action, Command, Effect, Key, Next, Record, Track};
pub use event::{Event, Failure, Judged, Operator, Pool, Refusal, Report, Retry};
pub use lease::{Fence, HeldWeight, Lease, LeaseHeld, Stale};
pub use phase::{Cause, HoldReason, Phase, Trouble};
pub use progress::{Shown, show};
pub use recovery::recover;
pub use state::{Cursor, Deployment, DeploymentId, Seen, State, Warning};

use crate::judge::Millis;
use turn::Turn;

/// Milliseconds after which an effect that failed is tried again; doubled each time.
pub const RETRY_MS: u64 = 1_000;
/// How often an effect is tried on the way forward.
pub const MAX_TRIES: u32 = 3;
/// How often an effect is tried on the way back.
pub const MAX_TRIES_BACK: u32 = 6;
/// A pause between two ticks longer than this, in milliseconds, is time in which nobody watched.
pub const MAX_TICK_MS: u64 = 10_000;
/// Milliseconds that a recovered deployment waits for a report before its deadlines count again.
pub const SETTLE_MS: u64 = 10_000;
/// How often a weight that gateways lost is given back before the deployment is aborted.
pub const MAX_REWINDS: u8 = 5;

/// What follows from an event.
///
/// An event that changes nothing gives the state as it was, but for the clock. Events of the world are never refused; wishes of
/// an operator may be.
pub fn step(deployment: &Deployment, state: &State, event: &Event, now: Millis) -> Result<Next, Refusal> {
    if let Event::Operator(wish) = event {
        operator::check(deployment, state, wish)?;
    }
    let mut turn = Turn::new(deployment, state, now);
    if !turn.state.phase.is_final() {
        turn.take(event);
        turn.watch();
    }
    Ok(turn.end())
}
