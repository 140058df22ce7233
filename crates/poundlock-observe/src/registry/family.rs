//! The series of one registered family. Main type: [`FamilyCells`].
//! It does not know other families or formats.

use super::RegistryError;
use super::handles::{Counter, Gauge, Histogram};
use super::label_set::LabelSet;
use crate::exposition::{Kind, OVERFLOW_LABELS, Visitor};
use crate::limits::Limits;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

const MAX_BUCKETS: usize = 64;

/// What a caller wants to open.
#[derive(Clone, Copy)]
pub(super) enum Opened<'a> {
    Counter,
    Gauge,
    Histogram(&'a [f64]),
}

/// What is stored and handed out.
#[derive(Clone)]
pub(super) enum Handle {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

/// One family: its series by exact label set, in the order of registration.
pub(super) struct FamilyCells {
    pub(super) help: Arc<str>,
    pub(super) kind: Kind,
    bounds: Arc<[f64]>,
    index: HashMap<Arc<LabelSet>, usize>,
    series: Vec<(Arc<LabelSet>, Handle)>,
    overflow: Option<Handle>,
    pub(super) refused: u64,
}

/// A family at one moment; cells are read while it is shown.
pub(super) struct FamilyView {
    pub(super) help: Arc<str>,
    pub(super) kind: Kind,
    series: Vec<(Arc<LabelSet>, Handle)>,
    overflow: Option<Handle>,
}

impl Opened<'_> {
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Counter => Kind::Counter,
            Self::Gauge => Kind::Gauge,
            Self::Histogram(_) => Kind::Histogram,
        }
    }

    pub(super) fn check(self, name: &str) -> Result<(), RegistryError> {
        let bounds = self.bounds();
        let valid = match self {
            Self::Histogram(_) => {
                !bounds.is_empty()
                    && bounds.len() <= MAX_BUCKETS
                    && bounds.iter().all(|bound| bound.is_finite())
                    && bounds.is_sorted_by(|low, high| low < high)
            }
            Self::Counter | Self::Gauge => true,
        };
        if valid { Ok(()) } else { Err(RegistryError::InvalidBuckets(name.to_owned())) }
    }

    fn bounds(&self) -> &[f64] {
        match self {
            Self::Histogram(bounds) => bounds,
            Self::Counter | Self::Gauge => &[],
        }
    }
}

impl FamilyCells {
    pub(super) fn new(help: &str, opened: Opened<'_>) -> Self {
        Self {
            help: help.into(),
            kind: opened.kind(),
            bounds: opened.bounds().into(),
            index: HashMap::new(),
            series: Vec::new(),
            overflow: None,
            refused: 0,
        }
    }

    /// Finds or makes the series; beyond the limit it is the overflow series.
    pub(super) fn open(
        &mut self,
        name: &str,
        labels: LabelSet,
        opened: Opened<'_>,
        limits: Limits,
    ) -> Result<Handle, RegistryError> {
        if self.kind != opened.kind() || *self.bounds != *opened.bounds() {
            return Err(RegistryError::NameTaken(name.to_owned()));
        }
        let made = self.series.len();
        match self.index.entry(Arc::new(labels)) {
            Entry::Occupied(at) => Ok(self.series[*at.get()].1.clone()),
            Entry::Vacant(at) if made < limits.label_sets() => {
                let handle = new_handle(self.kind, &self.bounds);
                self.series.push((Arc::clone(at.key()), handle.clone()));
                at.insert(made);
                Ok(handle)
            }
            Entry::Vacant(_) => {
                self.refused += 1;
                let overflow = || new_handle(self.kind, &self.bounds);
                Ok(self.overflow.get_or_insert_with(overflow).clone())
            }
        }
    }

    pub(super) fn view(&self) -> FamilyView {
        FamilyView {
            help: Arc::clone(&self.help),
            kind: self.kind,
            series: self.series.clone(),
            overflow: self.overflow.clone(),
        }
    }
}

impl FamilyView {
    pub(super) fn show(&self, to: &mut dyn Visitor) {
        let mut borrowed: Vec<(&str, &str)> = Vec::new();
        for (labels, handle) in &self.series {
            borrowed.clear();
            borrowed.extend(labels.pairs());
            show(to, &borrowed, handle);
        }
        if let Some(handle) = &self.overflow {
            show(to, OVERFLOW_LABELS, handle);
        }
    }
}

fn show(to: &mut dyn Visitor, labels: &[(&str, &str)], handle: &Handle) {
    match handle {
        Handle::Counter(counter) => to.number(labels, counter.get().into()),
        Handle::Gauge(gauge) => to.number(labels, gauge.get().into()),
        Handle::Histogram(histogram) => histogram.show(|value| to.histogram(labels, value)),
    }
}

fn new_handle(kind: Kind, bounds: &Arc<[f64]>) -> Handle {
    match kind {
        Kind::Counter => Handle::Counter(Counter::default()),
        Kind::Gauge => Handle::Gauge(Gauge::default()),
        Kind::Histogram => Handle::Histogram(Histogram::new(Arc::clone(bounds))),
    }
}
