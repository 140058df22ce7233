//! All components of a process. Main type: [`HealthBoard`]. It does not run checks, and does not know
//! whether the process has started or drains: that is the caller's part of readiness.

use super::component::{Change, Component, ComponentSpec, Outcome};
use super::report::HealthReport;
use super::{Moment, Status};
use crate::exposition::{Collect, Family, Kind, Visitor};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// Components a board holds unless told otherwise.
pub const DEFAULT_MAX_COMPONENTS: usize = 256;
/// Gauge: 1 unless the component fails.
pub const COMPONENT_UP: &str = "poundlock_component_up";

const MAX_NAME_BYTES: usize = 128;

/// Components by name, shared between those who check and those who report.
#[derive(Debug)]
pub struct HealthBoard {
    max_components: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    components: BTreeMap<ComponentId, Component>,
}

/// A component of one board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId(u64);

/// Why a component was not added. A retry helps only after another one was removed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HealthError {
    /// The board is full.
    #[error("no room for another health component")]
    Full,
    /// There is a component of this name.
    #[error("health component `{0}` exists already")]
    Exists(String),
    /// The name is empty, longer than 128 bytes or holds a `:`.
    #[error("`{0}` is not a valid name for a health component")]
    InvalidName(String),
}

/// Whether the components allow traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// No critical component fails.
    Ready,
    /// These critical components fail.
    NotReady(Vec<String>),
}

impl HealthBoard {
    /// A board for at most this many components.
    #[must_use]
    pub fn new(max_components: usize) -> Self {
        Self { max_components, state: Mutex::default() }
    }

    /// Adds a component that has not been checked.
    ///
    /// # Errors
    /// When the board is full, or the name is taken or not valid.
    pub fn add(&self, spec: ComponentSpec) -> Result<ComponentId, HealthError> {
        if spec.name.is_empty() || spec.name.len() > MAX_NAME_BYTES || spec.name.contains(':') {
            return Err(HealthError::InvalidName(spec.name));
        }
        let mut state = self.state();
        if state.components.values().any(|component| component.spec().name == spec.name) {
            return Err(HealthError::Exists(spec.name));
        }
        if state.components.len() >= self.max_components {
            return Err(HealthError::Full);
        }
        let id = ComponentId(state.next);
        state.next += 1;
        state.components.insert(id, Component::new(spec));
        Ok(id)
    }

    /// Removes a component; a check still under way may report to it, to no effect.
    pub fn remove(&self, id: ComponentId) {
        self.state().components.remove(&id);
    }

    /// Takes the result of a check; returns what changed.
    pub fn observe(&self, id: ComponentId, outcome: Outcome, now: Moment) -> Option<Change> {
        self.state().components.get_mut(&id)?.observe(outcome, now)
    }

    /// The status of one component.
    #[must_use]
    pub fn status(&self, id: ComponentId, now: Moment) -> Option<Status> {
        self.state().components.get(&id).map(|component| component.status(now))
    }

    /// Everything, as a document.
    #[must_use]
    pub fn report(&self, now: Moment) -> HealthReport {
        HealthReport::new(self.state().components.values(), now)
    }

    /// Whether traffic may come. Needs no time: a stale component is a warning at most.
    #[must_use]
    pub fn ready(&self) -> Readiness {
        let state = self.state();
        let failing = state
            .components
            .values()
            .filter(|component| component.spec().critical && component.settled() == Status::Fail);
        let failing: Vec<String> = failing.map(|component| component.spec().name.clone()).collect();
        if failing.is_empty() { Readiness::Ready } else { Readiness::NotReady(failing) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for HealthBoard {
    fn default() -> Self {
        Self::new(DEFAULT_MAX_COMPONENTS)
    }
}

impl Collect for HealthBoard {
    fn names(&self) -> &[&'static str] {
        &[COMPONENT_UP]
    }

    fn collect(&self, to: &mut dyn Visitor) {
        let help = "1 unless the component fails its checks.";
        to.family(&Family { name: COMPONENT_UP, help, kind: Kind::Gauge });
        for component in self.state().components.values() {
            let up = u64::from(component.settled() != Status::Fail);
            to.number(&[("component", &component.spec().name)], up.into());
        }
    }
}
