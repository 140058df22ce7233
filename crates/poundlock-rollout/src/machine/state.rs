//! What a deployment is, and what it remembers.
//!
//! Main types: [`Deployment`], which never changes, and [`State`], all of which is written down with each record.

use super::{
    Phase, SETTLE_MS,
    command::Track,
    event::{Judged, Report},
    lease::Fence,
};
use crate::{
    digest::Digest,
    judge::Millis,
    name::Name,
    plan::{Plan, Step},
    split::Weight,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most warnings that are kept.
pub(super) const MAX_WARNINGS: usize = 32;

/// The number of a deployment, unique for all services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeploymentId(pub u64);

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// What was decided when the deployment was admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Its number.
    pub id: DeploymentId,
    /// Of which service.
    pub service: Name,
    /// The release that has the traffic, if there is any.
    pub stable: Option<Name>,
    /// The release that wants it.
    pub candidate: Name,
    /// What is done.
    pub plan: Plan,
    /// The plan's digest, to tell that it is still the same.
    pub digest: Digest,
}

/// Where it stands. Everything but what was seen lately is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The token of whoever controls it.
    pub fence: Fence,
    /// The phase.
    pub phase: Phase,
    /// The step.
    pub cursor: Cursor,
    /// The steps of the way back, once it was taken.
    pub back: Vec<Step>,
    /// The share that the candidate has as far as is known: what was confirmed last.
    pub weight: Weight,
    /// Observations and gates are passed over: a person wants everybody on the candidate.
    pub hurry: bool,
    /// How many steps of the plan were begun at least once; what the way back has to undo.
    pub begun: u16,
    /// Effects that were begun: the number of the last attempt.
    pub attempts: u32,
    /// Weights that were given back after gateways lost them.
    pub rewinds: u8,
    /// What a person should know.
    pub warnings: Vec<Warning>,
    /// When it was admitted.
    pub started: Millis,
    /// When the way forward must be over.
    pub latest: Millis,
    /// When holds must be over, all together.
    pub hold_until: Option<Millis>,
    /// The last time it heard anything.
    pub clock: Millis,
    /// What was seen lately; forgotten in a crash.
    #[serde(skip)]
    pub seen: Seen,
}

/// A step, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// On which way.
    pub track: Track,
    /// Its place in the plan, or on the way back.
    pub step: u16,
    /// The attempt that was begun last; 0 before the first.
    pub attempt: u32,
    /// How often it failed.
    pub failures: u32,
    /// When it has failed.
    pub deadline: Millis,
    /// Whether an effect was begun whose outcome is not known.
    pub in_flight: bool,
    /// When it is tried again.
    pub retry_at: Option<Millis>,
    /// Milliseconds that it was watched.
    pub dwelt_ms: u64,
    /// Whether it ended while the deployment was held.
    pub ended: bool,
}

/// What was seen lately.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// How the pools are.
    pub(super) report: Option<Report>,
    /// Whether that report is newer than the last weight that was begun.
    pub(super) weight_is_fresh: bool,
    /// What the judge said in this step.
    pub(super) judged: Option<Judged>,
    /// When the last event was.
    pub(super) at: Option<Millis>,
    /// Deadlines do not count until then, or until there is a report.
    pub(super) settle_until: Option<Millis>,
    /// Milliseconds of watching that are in no record.
    pub(super) unwritten_ms: u64,
}

impl Seen {
    pub(super) fn after_crash(now: Millis) -> Self {
        Self { settle_until: Some(Millis(now.0.saturating_add(SETTLE_MS))), ..Self::default() }
    }
}

/// Something that went through although it was not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "warning", deny_unknown_fields)]
pub enum Warning {
    /// A weight was passed with too little traffic to prove anything.
    Unproven {
        /// The step of the observation.
        step: u16,
    },
    /// A hook of the way back failed.
    RollbackHook {
        /// What it said.
        detail: String,
    },
    /// Instances were not drained or not retired as they should have been.
    NotDrained {
        /// What it said.
        detail: String,
    },
    /// The gateways had an other weight than they should have.
    WeightLost {
        /// What they had, in basis points.
        found: u16,
    },
}

impl State {
    pub(super) fn warn(&mut self, warning: Warning) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(warning);
        }
    }

    /// Moves every moment that is written down by as much as the clock was set back.
    pub(super) fn shift_back(&mut self, by: u64) {
        let earlier = |moment: &mut Millis| moment.0 = moment.0.saturating_sub(by);
        earlier(&mut self.started);
        earlier(&mut self.latest);
        earlier(&mut self.cursor.deadline);
        self.cursor.retry_at.iter_mut().for_each(earlier);
        self.hold_until.iter_mut().for_each(earlier);
        self.seen.at.iter_mut().for_each(earlier);
        self.seen.settle_until.iter_mut().for_each(earlier);
        match &mut self.phase {
            Phase::Holding { until, .. } | Phase::Soaking { until } => earlier(until),
            _ => {}
        }
    }
}

impl Cursor {
    pub(super) const fn at(track: Track, step: u16, deadline: Millis) -> Self {
        Self {
            track,
            step,
            attempt: 0,
            failures: 0,
            deadline,
            in_flight: false,
            retry_at: None,
            dwelt_ms: 0,
            ended: false,
        }
    }
}

impl Deployment {
    /// The step of a cursor; `None` at the end.
    pub fn step_of<'a>(&'a self, state: &'a State) -> Option<&'a Step> {
        self.way_of(state).get(usize::from(state.cursor.step))
    }

    /// The steps of the way that a cursor is on.
    pub(super) fn way_of<'a>(&'a self, state: &'a State) -> &'a [Step] {
        match state.cursor.track {
            Track::Forward => self.plan.steps(),
            Track::Back => &state.back,
        }
    }
}
