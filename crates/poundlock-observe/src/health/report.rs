//! The `application/health+json` document. Main type: [`HealthReport`].
//! It does not know who asks, nor what may be shown to whom.
//!
//! Source: draft-inadarei-api-health-check-06, plus `critical`, `consecutive_failures`, `last_success` and
//! `latency_ms`.

use super::component::Component;
use super::timestamp::rfc3339;
use super::{Moment, Status};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The health of everything at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealthReport {
    /// Fail if a critical component fails; warn if any other does, or any warns; else pass.
    pub status: Status,
    /// Checks by `component:measurement`; the draft allows several for each key, there is one.
    pub checks: BTreeMap<String, Vec<Check>>,
}

/// The health of one component.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What kind of thing it is.
    #[serde(rename = "componentType")]
    pub component_type: String,
    /// What was measured last; the latency if the check said nothing else.
    #[serde(rename = "observedValue", skip_serializing_if = "Option::is_none")]
    pub observed_value: Option<f64>,
    /// Its unit.
    #[serde(rename = "observedUnit", skip_serializing_if = "Option::is_none")]
    pub observed_unit: Option<String>,
    /// Its status now.
    pub status: Status,
    /// When it was last checked (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Why it does not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Whether its failure is a failure of the whole.
    pub critical: bool,
    /// Failures since the last success.
    pub consecutive_failures: u32,
    /// When a check last succeeded (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_success: Option<String>,
    /// How long the last check took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
}

impl HealthReport {
    /// The media type of the document.
    pub const CONTENT_TYPE: &str = "application/health+json";

    /// Reports these components.
    #[must_use]
    pub fn new<'a>(components: impl IntoIterator<Item = &'a Component>, now: Moment) -> Self {
        let mut report = Self { status: Status::Pass, checks: BTreeMap::new() };
        for component in components {
            let check = Check::new(component, now);
            let counts_as = if check.critical { check.status } else { check.status.min(Status::Warn) };
            report.status = report.status.max(counts_as);
            let key = format!("{}:{}", component.spec().name, component.spec().measurement);
            report.checks.entry(key).or_default().push(check);
        }
        report
    }

    /// The check of one component, by its name.
    #[must_use]
    pub fn component(&self, name: &str) -> Option<&Check> {
        let mut keys = self.checks.iter();
        keys.find(|(key, _)| key.split_once(':').is_some_and(|(component, _)| component == name))
            .and_then(|(_, checks)| checks.first())
    }
}

impl Check {
    fn new(component: &Component, now: Moment) -> Self {
        let (spec, status) = (component.spec(), component.status(now));
        let (outcome, at) = component.last().map(|(outcome, at)| (outcome, *at)).unzip();
        let latency_ms = outcome.map(|outcome| outcome.latency.as_secs_f64() * 1_000.0);
        let observed = outcome.and_then(|outcome| outcome.observed.as_ref());
        Self {
            component_type: spec.component_type.clone(),
            observed_value: observed.map(|observed| observed.value).or(latency_ms),
            observed_unit: observed
                .map(|observed| observed.unit.clone())
                .or_else(|| latency_ms.map(|_| "ms".to_owned())),
            status,
            time: at.map(|at| rfc3339(at.unix)),
            output: output(component, status, now),
            critical: spec.critical,
            consecutive_failures: component.consecutive_failures(),
            last_success: component.last_success().map(|at| rfc3339(at.unix)),
            latency_ms,
        }
    }
}

/// The draft wants no output for a passing check.
fn output(component: &Component, status: Status, now: Moment) -> Option<String> {
    if status == Status::Pass {
        return None;
    }
    match component.last() {
        None => Some("not checked yet".to_owned()),
        Some((outcome, _)) if outcome.output.is_some() => outcome.output.clone(),
        Some((_, at)) if component.is_stale(now) => {
            let age = now.steady.saturating_sub(at.steady).as_secs();
            Some(format!("last checked {age} s ago"))
        }
        Some(_) => None,
    }
}
