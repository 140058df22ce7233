//! Metrics by name: hands out cached handles, holds collectors, renders a scrape. Main type: [`Registry`].
//! It does not know how an exposition is served, nor the hot HTTP path, which has cells of its own.
//!
//! ```
//! use poundlock_observe::{Format, Registry};
//!
//! let registry = Registry::new(Default::default());
//! let hits = registry.counter("cache_hits_total", "Look-ups that hit.", &[("cache", "sessions")])?;
//! hits.inc();
//! let text = String::from_utf8(registry.render(Format::Text004)).unwrap();
//! assert!(text.contains("cache_hits_total{cache=\"sessions\"} 1\n"));
//! # Ok::<(), poundlock_observe::registry::RegistryError>(())
//! ```

mod family;
mod handles;
mod label_set;
mod name;
mod render;
#[cfg(test)]
mod tests;

pub use handles::{Counter, Gauge, Histogram};

use crate::exposition::{Collect, Kind};
use crate::limits::Limits;
use family::{FamilyCells, Handle, Opened};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// Families a registry may hold, those of collectors included.
pub const MAX_FAMILIES: usize = 1_000;

/// Counts label sets refused because their family was full; rendered by the registry itself.
pub const SERIES_OVERFLOW: &str = "poundlock_metrics_series_overflow_total";

/// Every metric of a process. Cheap to clone; all clones are the same registry.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    families: BTreeMap<String, FamilyCells>,
    collectors: Vec<Arc<dyn Collect>>,
}

/// Why a metric was not registered. Each is a mistake of the caller that a retry does not mend.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegistryError {
    /// The name is not `[a-zA-Z_:][a-zA-Z0-9_:]*` of at most 200 bytes.
    #[error("`{0}` is not a valid metric name")]
    InvalidName(String),
    /// A counter does not end in `_total`, something else does, or the name ends in `_bucket`, `_sum` or
    /// `_count`, which histograms append.
    #[error("`{0}` has the suffix of another kind of metric")]
    WrongSuffix(String),
    /// Every family needs a help text.
    #[error("`{0}` has no help text")]
    NoHelp(String),
    /// The label name is not `[a-zA-Z_][a-zA-Z0-9_]*`, starts with `__`, or is `le`, `quantile`, `overflow`.
    #[error("`{0}` is not a valid label name")]
    InvalidLabel(String),
    /// The same label name appears twice.
    #[error("label `{0}` is given twice")]
    DuplicateLabel(String),
    /// The value is longer than [`MAX_LABEL_VALUE_BYTES`](crate::MAX_LABEL_VALUE_BYTES).
    #[error("the value of label `{0}` is too long")]
    LabelTooLong(String),
    /// More than 16 labels.
    #[error("`{0}` has too many labels")]
    TooManyLabels(String),
    /// The bounds are empty, more than 64, not finite, or not ascending.
    #[error("the buckets of `{0}` are not ascending finite numbers")]
    InvalidBuckets(String),
    /// The name is in use for another kind of metric, other buckets, or by a collector.
    #[error("`{0}` is already registered as something else")]
    NameTaken(String),
    /// There are [`MAX_FAMILIES`] families.
    #[error("no room for another metric family")]
    TooManyFamilies,
}

impl Registry {
    /// An empty registry; the limits apply to each of its families.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { inner: Arc::new(Inner { limits, state: Mutex::default() }) }
    }

    /// Finds or registers a counter; `name` ends in `_total`. The first help text of a family stays.
    ///
    /// Beyond the limit of the family every new label set gets the one `overflow="true"` series. A label with
    /// an empty value is the same as no label, as in Prometheus.
    ///
    /// # Errors
    /// When a name or label is not valid, or the name is taken by something else.
    pub fn counter(&self, name: &str, help: &str, labels: &[(&str, &str)]) -> Result<Counter, RegistryError> {
        match self.open(name, help, labels, Opened::Counter)? {
            Handle::Counter(counter) => Ok(counter),
            _ => Err(RegistryError::NameTaken(name.to_owned())),
        }
    }

    /// Finds or registers a gauge, as [`Registry::counter`] does.
    ///
    /// # Errors
    /// See [`Registry::counter`].
    pub fn gauge(&self, name: &str, help: &str, labels: &[(&str, &str)]) -> Result<Gauge, RegistryError> {
        match self.open(name, help, labels, Opened::Gauge)? {
            Handle::Gauge(gauge) => Ok(gauge),
            _ => Err(RegistryError::NameTaken(name.to_owned())),
        }
    }

    /// Finds or registers a histogram, as [`Registry::counter`] does; `buckets` are ascending upper bounds
    /// without `+Inf`, the same for the whole family.
    ///
    /// # Errors
    /// See [`Registry::counter`]; also when the buckets are not valid.
    pub fn histogram(
        &self,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
        buckets: &[f64],
    ) -> Result<Histogram, RegistryError> {
        match self.open(name, help, labels, Opened::Histogram(buckets))? {
            Handle::Histogram(histogram) => Ok(histogram),
            _ => Err(RegistryError::NameTaken(name.to_owned())),
        }
    }

    /// Adds a collector, shown before the registry's own families, in the order of registration.
    ///
    /// # Errors
    /// When one of its names is not valid or already taken.
    pub fn register(&self, collector: Arc<dyn Collect>) -> Result<(), RegistryError> {
        let mut state = self.state();
        for name in collector.names() {
            name::check_name(name)?;
            if state.is_taken(name) {
                return Err(RegistryError::NameTaken((*name).to_owned()));
            }
        }
        if state.len() + collector.names().len() > MAX_FAMILIES {
            return Err(RegistryError::TooManyFamilies);
        }
        state.collectors.push(collector);
        Ok(())
    }

    fn open(
        &self,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
        opened: Opened<'_>,
    ) -> Result<Handle, RegistryError> {
        name::check_name(name)?;
        name::check_suffix(name, opened.kind() == Kind::Counter)?;
        let labels = name::check_labels(name, labels)?;
        opened.check(name)?;
        let mut state = self.state();
        if let Some(family) = state.families.get_mut(name) {
            return family.open(name, labels, opened, self.inner.limits);
        }
        if help.trim().is_empty() {
            return Err(RegistryError::NoHelp(name.to_owned()));
        }
        if state.is_taken(name) {
            return Err(RegistryError::NameTaken(name.to_owned()));
        }
        if state.len() >= MAX_FAMILIES {
            return Err(RegistryError::TooManyFamilies);
        }
        let mut family = FamilyCells::new(help, opened);
        let handle = family.open(name, labels, opened, self.inner.limits);
        state.families.insert(name.to_owned(), family);
        handle
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether a family has this name in any format: OpenMetrics does not tell `x` from `x_total`.
    fn is_taken(&self, name: &str) -> bool {
        let own = self.families.keys().map(String::as_str);
        let collected = self.collectors.iter().flat_map(|collector| collector.names().iter().copied());
        let mut all = own.chain(collected).chain([SERIES_OVERFLOW]);
        all.any(|taken| name::stem(taken) == name::stem(name))
    }

    fn len(&self) -> usize {
        self.families.len() + self.collectors.iter().map(|collector| collector.names().len()).sum::<usize>()
    }
}
