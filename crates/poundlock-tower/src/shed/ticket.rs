//! A place at a service, from admission to the head of the answer.
//!
//! Main type: [`Ticket`], which gives the place back whatever happens. It does not know the limit.

use super::{ShedPolicy, Throttle};
use crate::Rejection;
use poundlock_limit::throttle::{Outcome, Priority};
use std::sync::Arc;
use tokio::time::Instant;

/// One admitted request.
pub(super) struct Ticket {
    policy: Arc<ShedPolicy>,
    desk: usize,
    begin: Instant,
    /// What its end says of the service; a client that goes away says nothing before.
    outcome: Option<Outcome>,
}

impl Ticket {
    /// A place for a request, or its refusal.
    pub(super) fn take(
        policy: Arc<ShedPolicy>,
        desk: usize,
        priority: Priority,
        key: u64,
    ) -> Result<Self, Rejection> {
        if !policy.throttle.admit(desk, priority, key) {
            return Err(Rejection::Shed(policy.throttle.service().clone()));
        }
        Ok(Self { policy, desk, begin: Instant::now(), outcome: Some(Outcome::Abandoned) })
    }

    /// The head of an answer has come, or this rejection in its place.
    pub(super) fn ended(mut self, rejection: Option<&Rejection>) {
        self.outcome = rejection.map_or(Some(Outcome::Answered), outcome);
    }

    fn throttle(&self) -> &Throttle {
        &self.policy.throttle
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // A panic of ours is nobody's impatience.
        let outcome = self.outcome.filter(|_| !std::thread::panicking());
        let sample = outcome.map(|outcome| {
            let rtt = self.begin.elapsed().as_micros();
            (u64::try_from(rtt).unwrap_or(u64::MAX), outcome)
        });
        self.throttle().leave(self.desk, sample);
    }
}

/// What a rejection from below says of the service; most say nothing. A time-out is patience that has ended, as
/// [`Outcome::Abandoned`] has it: the service may still be at it. A client whose own body was late is no sign of that.
fn outcome(rejection: &Rejection) -> Option<Outcome> {
    match rejection {
        Rejection::UpstreamTimeout(_) => Some(Outcome::Abandoned),
        Rejection::UpstreamConnect(_)
        | Rejection::UpstreamReset(_)
        | Rejection::UpstreamInvalid(_)
        | Rejection::UpstreamBusy(_)
        | Rejection::NoInstance(_) => Some(Outcome::Failed),
        Rejection::BadRequest(_)
        | Rejection::ClientGone
        | Rejection::ClientTimeout
        | Rejection::MethodNotAllowed(_)
        | Rejection::Unauthorized
        | Rejection::NoRoute
        | Rejection::NoPage
        | Rejection::NoComponent
        | Rejection::NoLimit
        | Rejection::InvalidCall(_)
        | Rejection::BodyTooLarge(_)
        | Rejection::AttackDetected
        | Rejection::InvalidRequest(_)
        | Rejection::UnsupportedCoding
        | Rejection::RateLimited(_)
        | Rejection::Denied(_)
        | Rejection::LimitsUnavailable
        | Rejection::Shed(_)
        | Rejection::Internal => None,
    }
}
