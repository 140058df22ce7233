//! What a judge remembers: a few numbers, two bounded tables of units, and the last bad requests.
//!
//! Main type: [`State`], which can be written down and read again without any loss. It does not decide.

use super::{
    Settings,
    event::{Assignment, Event, Metric, Millis, Outcome},
    evidence::Evidence,
    guard::Guard,
    interval::Counts,
    latency::Baseline,
    seen::Seen,
    verdict::Alarm,
};
use crate::split::Arm;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Bad requests of the candidate that are shown to people.
const MAX_RECENT: usize = 10;

/// Bytes of a request ID that are kept.
const MAX_ID: usize = 64;

/// The memory of a [`super::Judge`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    pub(super) errors: Track,
    pub(super) slow: Track,
    /// Whether the candidate gets more units than its share, and whether fewer.
    pub(super) routing: [Evidence; 2],
    pub(super) routed: Counts,
    pub(super) units: Seen,
    pub(super) events: Seen,
    pub(super) stable: Totals,
    pub(super) candidate: Totals,
    pub(super) skipped: Skipped,
    pub(super) baseline: Baseline,
    pub(super) guard: Guard,
    pub(super) alarm: Option<Alarm>,
    pub(super) misrouted: Option<Alarm>,
    pub(super) recent: Recent,
    pub(super) start: Millis,
    pub(super) step: Millis,
    pub(super) step_requests: u64,
}

impl State {
    pub(super) fn new(settings: &Settings, now: Millis) -> Self {
        Self {
            errors: Track::new(settings.errors_ratio),
            slow: Track::new(settings.slow_ratio),
            routing: [Evidence::new(settings.routing_ratio), Evidence::new(settings.routing_ratio)],
            routed: Counts::default(),
            units: Seen::default(),
            events: Seen::default(),
            stable: Totals::default(),
            candidate: Totals::default(),
            skipped: Skipped::default(),
            baseline: Baseline::new(),
            guard: Guard::default(),
            alarm: None,
            misrouted: None,
            recent: Recent::default(),
            start: now,
            step: now,
            step_requests: 0,
        }
    }

    /// The larger E-value of the two questions about routing.
    pub(super) fn routing_e(&self) -> f64 {
        self.routing.iter().map(Evidence::value).fold(0.0, f64::max)
    }

    pub(super) fn totals(&mut self, arm: Arm) -> &mut Totals {
        match arm {
            Arm::Stable => &mut self.stable,
            Arm::Candidate => &mut self.candidate,
        }
    }
}

/// What is known about one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Track {
    pub(super) evidence: Evidence,
    pub(super) counts: Counts,
    /// Events of units that had one before.
    pub(super) repeated: u64,
}

impl Track {
    fn new(tolerated: f64) -> Self {
        Self { evidence: Evidence::new(tolerated), counts: Counts::default(), repeated: 0 }
    }
}

/// Requests of one release since the candidate has any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Requests that were drawn.
    pub requests: u64,
    /// Units they came from. A unit that stayed away while 8,192 others came counts again.
    pub units: u64,
    /// Units with a request to a warm instance, since it is known what is slow.
    pub warm_units: u64,
}

/// Requests that prove nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// A tester chose the release.
    pub forced: u64,
    /// An older cookie or a missing instance chose it.
    pub carried: u64,
    /// Copies.
    pub mirrored: u64,
    /// Answers of our own, and clients that left.
    pub ours: u64,
    /// Answers of instances that were cold, which count for errors only.
    pub cold: u64,
}

impl Skipped {
    pub(super) fn assignment(&mut self, assignment: Assignment) {
        match assignment {
            Assignment::Forced => self.forced += 1,
            Assignment::Carried => self.carried += 1,
            Assignment::Mirrored => self.mirrored += 1,
            Assignment::Drawn(_) => {}
        }
    }
}

/// The last bad requests of the candidate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Recent(pub(super) VecDeque<LastEvent>);

/// A bad request of the candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastEvent {
    /// Errors or slow.
    pub metric: Metric,
    /// When it ended.
    pub at: Millis,
    /// Its status, 0 without an answer.
    pub status: u16,
    /// The request ID, its first 64 bytes.
    pub id: String,
}

impl Recent {
    pub(super) fn push(&mut self, metric: Metric, event: &Event<'_>) {
        while self.0.len() >= MAX_RECENT {
            self.0.pop_front();
        }
        let status = match event.outcome {
            Outcome::Answered(status, _) => status,
            Outcome::Failed | Outcome::Ours => 0,
        };
        let id = &event.id[..event.id.floor_char_boundary(MAX_ID)];
        self.0.push_back(LastEvent { metric, at: event.at, status, id: id.to_owned() });
    }
}
