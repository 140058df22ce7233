//! What is done with the requests of one route.
//!
//! Main type: [`Inspection`]. Which requests those are is for [`Inspections`](super::Inspections) to say.

use super::{InspectionMetrics, Share};
use poundlock_shield::validate::RouteRules;
use poundlock_shield::{Exclusion, Policy};
use std::sync::Arc;

/// How much of a body waits for its verdict, in bytes, when nothing else is said.
pub const DEFAULT_HOLD: usize = 128 << 10;

/// The most that may wait of one body, in bytes: with as many bodies as connections, that much of memory each.
pub const MAX_HOLD: usize = 4 << 20;

/// What follows from a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Nothing is looked at.
    #[default]
    Off,
    /// It is told; requests are neither changed nor kept waiting.
    Detect,
    /// The request is refused.
    Block,
}

impl Mode {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Detect => "detect",
            Mode::Block => "block",
        }
    }
}

/// What is done with the requests of one route of one service.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The service they go to.
    pub service: Arc<str>,
    /// The name of the route; empty where there are no routes.
    pub route: Arc<str>,
    /// What follows from what is found.
    pub mode: Mode,
    /// How suspicious to be, and what is let pass.
    pub policy: Arc<Policy>,
    /// Findings that are told, but for which no request is refused.
    pub told_only: Vec<Exclusion>,
    /// Which requests are looked at in [`Mode::Detect`]; when blocking, all are.
    pub sample: Share,
    /// How much of a body waits for its verdict before the service sees any of it, in bytes, when blocking; at most
    /// [`MAX_HOLD`] counts.
    pub hold: usize,
    /// What inputs must be.
    pub rules: Option<Arc<RouteRules>>,
    /// Where it is counted.
    pub metrics: InspectionMetrics,
}

impl Inspection {
    /// Tells attacks that leave no doubt, in all requests to this service, and counts them nowhere.
    #[must_use]
    pub fn new(service: &str) -> Self {
        Self {
            service: service.into(),
            route: "".into(),
            mode: Mode::Detect,
            policy: Arc::default(),
            told_only: Vec::new(),
            sample: Share::ALL,
            hold: DEFAULT_HOLD,
            rules: None,
            metrics: InspectionMetrics::default(),
        }
    }

    /// Whether the request of this ID is looked at.
    pub(super) fn looks_at(&self, request_id: &str) -> bool {
        match self.mode {
            Mode::Off => false,
            Mode::Detect => self.sample.takes(request_id),
            Mode::Block => true,
        }
    }
}
