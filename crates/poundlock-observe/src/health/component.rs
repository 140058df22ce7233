//! The state machine of one component. Main type: [`Component`].
//! It does not know other components or what a failure means for the whole.

use super::{Moment, Status};
use std::time::Duration;

/// Bytes of a check's output that are kept.
pub const MAX_OUTPUT_BYTES: usize = 512;

/// When a component changes its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Failures in a row until it fails; 0 counts as 1.
    pub down_after: u32,
    /// Successes in a row until a failing one passes again; 0 counts as 1.
    pub up_after: u32,
    /// Age of the last outcome beyond which a passing one is a warning.
    pub stale_after: Duration,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { down_after: 3, up_after: 2, stale_after: Duration::from_secs(30) }
    }
}

/// What a component is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentSpec {
    /// Unique name without `:`, such as `upstream-api`.
    pub name: String,
    /// What is measured, such as `responseTime`, `utilization` or `connections`.
    pub measurement: String,
    /// `component`, `datastore`, `system` or a URI (the draft's `componentType`).
    pub component_type: String,
    /// Whether its failure is a failure of the whole. A shared dependency should not be critical: every
    /// instance would leave the load balancer at once.
    pub critical: bool,
    /// When its status changes.
    pub thresholds: Thresholds,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKind {
    /// As it should be.
    Pass,
    /// It works, with a concern (a disk nearly full); counts as a success.
    Warn,
    /// It does not work.
    Fail,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub kind: OutcomeKind,
    /// How long the check took.
    pub latency: Duration,
    /// What was measured, if that is not the latency.
    pub observed: Option<Observed>,
    /// A reason for people; cut to [`MAX_OUTPUT_BYTES`].
    pub output: Option<String>,
}

/// A measured value.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// The value.
    pub value: f64,
    /// Its unit, such as `percent` or `bytes`.
    pub unit: String,
}

impl Outcome {
    /// A success that took this long.
    #[must_use]
    pub fn pass(latency: Duration) -> Self {
        Self { kind: OutcomeKind::Pass, latency, observed: None, output: None }
    }

    /// A failure after this long, and why.
    #[must_use]
    pub fn fail(latency: Duration, output: impl Into<String>) -> Self {
        Self { kind: OutcomeKind::Fail, latency, observed: None, output: Some(output.into()) }
    }
}

/// A change of [`Component::settled`], for logs and events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Before.
    pub from: Status,
    /// After.
    pub to: Status,
}

/// One component: what it is and what its checks said.
#[derive(Debug, Clone)]
pub struct Component {
    spec: ComponentSpec,
    failing: bool,
    failures: u32,
    successes: u32,
    last: Option<(Outcome, Moment)>,
    last_success: Option<Moment>,
}

impl Component {
    /// A component nobody has checked yet: a warning.
    #[must_use]
    pub fn new(spec: ComponentSpec) -> Self {
        Self { spec, failing: false, failures: 0, successes: 0, last: None, last_success: None }
    }

    /// Takes the result of a check. Failures below the threshold make a warning; so do successes of kind
    /// `Warn`. Returns what changed.
    pub fn observe(&mut self, mut outcome: Outcome, now: Moment) -> Option<Change> {
        let from = self.settled();
        if let Some(output) = &mut outcome.output {
            output.truncate(output.floor_char_boundary(MAX_OUTPUT_BYTES));
        }
        if outcome.kind == OutcomeKind::Fail {
            self.failures = self.failures.saturating_add(1);
            self.successes = 0;
            self.failing |= self.failures >= self.spec.thresholds.down_after.max(1);
        } else {
            self.successes = self.successes.saturating_add(1);
            self.failures = 0;
            self.failing &= self.successes < self.spec.thresholds.up_after.max(1);
            self.last_success = Some(now);
        }
        self.last = Some((outcome, now));
        let to = self.settled();
        (from != to).then_some(Change { from, to })
    }

    /// The status at this moment. A passing component becomes a warning when its last outcome is stale; a
    /// failing one stays failing, for nothing says that it recovered.
    #[must_use]
    pub fn status(&self, now: Moment) -> Status {
        if self.is_stale(now) { self.settled().max(Status::Warn) } else { self.settled() }
    }

    /// The status by the outcomes alone, whatever their age.
    #[must_use]
    pub fn settled(&self) -> Status {
        match &self.last {
            _ if self.failing => Status::Fail,
            Some((outcome, _)) if outcome.kind == OutcomeKind::Pass => Status::Pass,
            _ => Status::Warn,
        }
    }

    /// Whether the last outcome is too old to rely on.
    #[must_use]
    pub fn is_stale(&self, now: Moment) -> bool {
        let age = self.last.as_ref().map(|(_, at)| now.steady.saturating_sub(at.steady));
        age.is_some_and(|age| age > self.spec.thresholds.stale_after)
    }

    /// What it is.
    #[must_use]
    pub fn spec(&self) -> &ComponentSpec {
        &self.spec
    }

    /// Failures since the last success.
    #[must_use]
    pub fn consecutive_failures(&self) -> u32 {
        self.failures
    }

    /// The last outcome and when it came.
    #[must_use]
    pub fn last(&self) -> Option<&(Outcome, Moment)> {
        self.last.as_ref()
    }

    /// When a check last succeeded.
    #[must_use]
    pub fn last_success(&self) -> Option<Moment> {
        self.last_success
    }
}
