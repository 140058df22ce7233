//! Handles to single series, to be kept by whoever counts. Main types: [`Counter`], [`Gauge`],
//! [`Histogram`]. They do not know their name or labels.

use crate::exposition::HistogramValue;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A number that only grows; wraps at 2⁶⁴.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds one.
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds `by`.
    pub fn add(&self, by: u64) {
        self.0.fetch_add(by, Relaxed);
    }

    /// The present value.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A number that goes up and down; starts at 0.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<AtomicU64>);

impl Gauge {
    /// Replaces the value.
    pub fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Relaxed);
    }

    /// Adds `by`, which may be negative.
    pub fn add(&self, by: f64) {
        add_float(&self.0, by);
    }

    /// The present value.
    #[must_use]
    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }
}

/// Observations counted in buckets.
#[derive(Debug, Clone)]
pub struct Histogram(Arc<HistogramCell>);

#[derive(Debug)]
struct HistogramCell {
    bounds: Arc<[f64]>,
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    pub(super) fn new(bounds: Arc<[f64]>) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(HistogramCell { bounds, counts, sum: AtomicU64::new(0) }))
    }

    /// Counts a value; bounds are inclusive, NaN falls into `+Inf` and is not added to the sum.
    pub fn observe(&self, value: f64) {
        let bucket = self.0.bounds.partition_point(|bound| *bound < value);
        if value.is_nan() {
            self.0.counts[self.0.bounds.len()].fetch_add(1, Relaxed);
            return;
        }
        self.0.counts[bucket].fetch_add(1, Relaxed);
        add_float(&self.0.sum, value);
    }

    /// Counts a time in seconds.
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(duration.as_secs_f64());
    }

    pub(super) fn show(&self, show: impl FnOnce(&HistogramValue<'_>)) {
        let counts: Vec<u64> = self.0.counts.iter().map(|count| count.load(Relaxed)).collect();
        let sum = f64::from_bits(self.0.sum.load(Relaxed));
        show(&HistogramValue::classic(&self.0.bounds, &counts, sum));
    }
}

fn add_float(bits: &AtomicU64, by: f64) {
    let add = |bits| Some((f64::from_bits(bits) + by).to_bits());
    // The closure always returns a value, so there is no failure to look at.
    let _ = bits.fetch_update(Relaxed, Relaxed, add);
}
