//! What is counted of inspections, by service.
//!
//! Main type: [`InspectionMetrics`]. Labels come from closed sets: services, verdicts and classes.

use super::Action;
use poundlock_observe::Registry;
use poundlock_observe::registry::{Counter, Histogram, RegistryError};
use poundlock_shield::{Class, Finding};
use std::time::Duration;

/// Requests by what became of them.
pub const REQUESTS: &str = "poundlock_shield_requests_total";
/// Findings by class.
pub const FINDINGS: &str = "poundlock_shield_findings_total";
/// Requests that were refused as attacks, by the class that weighed most.
pub const BLOCKED: &str = "poundlock_shield_blocked_total";
/// The time that was spent on one request.
pub const INSPECT_SECONDS: &str = "poundlock_shield_inspect_seconds";

/// Upper bounds of [`INSPECT_SECONDS`]: from what a small request takes to what a body of many megabytes does.
const BUCKETS: [f64; 10] = [5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 5e-3, 2.5e-2, 1e-1];

/// The verdict of a request that was not chosen to be looked at.
const SKIPPED: &str = "skipped";

/// Counts the inspections of one service.
#[derive(Debug, Clone, Default)]
pub struct InspectionMetrics {
    verdicts: [Counter; Action::ALL.len()],
    skipped: Counter,
    findings: [Counter; Class::ALL.len()],
    blocked: [Counter; Class::ALL.len()],
    seconds: Option<Histogram>,
}

impl InspectionMetrics {
    /// Counts in a registry.
    ///
    /// # Errors
    /// A name belongs to something else.
    pub fn new(registry: &Registry, service: &str) -> Result<Self, RegistryError> {
        let verdict = |verdict| {
            let help = "Requests by verdict: pass, would_block and would_refuse (in detect mode), block, refuse, \
                        skipped (not in the sample).";
            registry.counter(REQUESTS, help, &[("service", service), ("verdict", verdict)])
        };
        let finding = |class: Class| {
            let help = "Pieces of evidence of attacks, by class; one alone need not block.";
            registry.counter(FINDINGS, help, &[("service", service), ("class", class.name())])
        };
        let blocked = |class: Class| {
            let help = "Requests refused as attacks, by the class of the strongest finding.";
            registry.counter(BLOCKED, help, &[("service", service), ("class", class.name())])
        };
        let help = "Time spent on the inspection of one request, without waiting for its body.";
        let mut metrics = Self {
            skipped: verdict(SKIPPED)?,
            seconds: Some(registry.histogram(INSPECT_SECONDS, help, &[("service", service)], &BUCKETS)?),
            ..Self::default()
        };
        for (at, action) in Action::ALL.into_iter().enumerate() {
            metrics.verdicts[at] = verdict(action.as_str())?;
        }
        for (at, class) in Class::ALL.into_iter().enumerate() {
            (metrics.findings[at], metrics.blocked[at]) = (finding(class)?, blocked(class)?);
        }
        Ok(metrics)
    }

    /// How many requests came to this.
    #[must_use]
    pub fn count(&self, action: Action) -> u64 {
        self.verdicts[action as usize].get()
    }

    /// How many requests were not in the sample.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped.get()
    }

    pub(super) fn skip(&self) {
        self.skipped.inc();
    }

    /// Counts one request, and by which class it was refused if it was.
    pub(super) fn inspected(
        &self,
        action: Action,
        strongest: Option<Class>,
        findings: &[Finding],
        spent: Duration,
    ) {
        self.verdicts[action as usize].inc();
        for finding in findings {
            self.findings[finding.class as usize].inc();
        }
        if let (Action::Block, Some(class)) = (action, strongest) {
            self.blocked[class as usize].inc();
        }
        if let Some(seconds) = &self.seconds {
            seconds.observe_duration(spent);
        }
    }
}
