//! Whether a deployment may begin.
//!
//! Main item: [`admit`].

use super::{
    Phase,
    command::{Record, Track},
    lease::{Lease, LeaseHeld},
    state::{Cursor, Deployment, DeploymentId, Seen, State},
};
use crate::{judge::Millis, name::Name, plan::Plan, split::Weight};

/// How a service stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Its name.
    pub service: &'a Name,
    /// The release that has the traffic.
    pub stable: Option<&'a Name>,
    /// The releases that could be started.
    pub known: &'a [Name],
    /// The deployment that is not over.
    pub active: Option<Active<'a>>,
    /// The last lease, over or not.
    pub lease: Option<&'a Lease>,
}

/// A deployment that is not over.
#[derive(Debug, Clone, Copy)]
pub struct Active<'a> {
    /// Which.
    pub id: DeploymentId,
    /// Of which release.
    pub candidate: &'a Name,
    /// Its phase.
    pub phase: &'a Phase,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The number that it would have.
    pub id: DeploymentId,
    /// The release.
    pub candidate: Name,
    /// How.
    pub plan: Plan,
}

/// What to write down at once: the lease, the deployment and its first record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The lease.
    pub lease: Lease,
    /// What it is.
    pub deployment: Deployment,
    /// The first record of its journal.
    pub record: Record,
}

/// Why a deployment may not begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Busy {
    /// Trying again helps when that one is over.
    #[error("deployment {id} of {candidate} is {phase}; wait for it, abort it or supersede it")]
    Deployment {
        /// Which one.
        id: DeploymentId,
        /// Of which release.
        candidate: Name,
        /// Its phase.
        phase: &'static str,
    },
    /// Trying again helps when the lease is over.
    #[error(transparent)]
    Lease(#[from] LeaseHeld),
    /// Trying again does not help.
    #[error("there is no release {release} of {service}; known are: {known}")]
    UnknownRelease {
        /// What was asked for.
        release: Name,
        /// Of which service.
        service: Name,
        /// Some that there are.
        known: String,
    },
    /// Trying again does not help.
    #[error("release {0} has the traffic already")]
    IsStable(Name),
}

/// Releases that are named in an error.
const MAX_NAMED: usize = 10;

/// Admits a deployment, or says why not.
pub fn admit(standing: &Standing<'_>, asked: Asked, now: Millis, lease_ms: u64) -> Result<Admitted, Busy> {
    let Asked { id, candidate, plan } = asked;
    if !standing.known.contains(&candidate) {
        let known: Vec<_> = standing.known.iter().take(MAX_NAMED).map(Name::as_str).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(Busy::UnknownRelease { release: candidate, service: standing.service.clone(), known });
    }
    if let Some(active) = standing.active.filter(|active| !active.phase.is_final()) {
        let (id, candidate, phase) = (active.id, active.candidate.clone(), active.phase.name());
        return Err(Busy::Deployment { id, candidate, phase });
    }
    if standing.stable == Some(&candidate) {
        return Err(Busy::IsStable(candidate));
    }
    let lease = Lease::take(standing.lease, id, now, lease_ms)?;
    let digest = plan.digest();
    let (service, stable) = (standing.service.clone(), standing.stable.cloned());
    let state = State {
        fence: lease.fence,
        phase: Phase::Pending,
        cursor: Cursor::at(Track::Forward, 0, Millis(now.0.saturating_add(plan.hold_ms()))),
        back: Vec::new(),
        weight: Weight::NONE,
        hurry: false,
        begun: 0,
        attempts: 0,
        rewinds: 0,
        warnings: Vec::new(),
        started: now,
        latest: Millis(now.0.saturating_add(plan.longest_ms().saturating_mul(2))),
        hold_until: None,
        clock: now,
        seen: Seen::default(),
    };
    let record = Record { deployment: id, state };
    let deployment = Deployment { id, service, stable, candidate, plan, digest };
    Ok(Admitted { lease, deployment, record })
}
