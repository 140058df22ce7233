//! What a collector shows to an encoder. Main types: the traits [`Collect`] and [`Visitor`].
//! Neither knows the other's side: a collector no format, an encoder no cell.

/// Something with metrics. Called for each scrape, on the scraper's thread.
pub trait Collect: Send + Sync {
    /// The families [`Collect::collect`] shows: the registry refuses a name that is already taken.
    fn names(&self) -> &[&'static str];

    /// Shows each family once, followed by all its samples. Label sets within a family are distinct.
    fn collect(&self, to: &mut dyn Visitor);

    /// Label sets refused so far, by family; shown as `poundlock_metrics_series_overflow_total`.
    fn refused(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}

/// Takes families and their samples in order.
pub trait Visitor {
    /// Opens a family; the samples that follow belong to it.
    fn family(&mut self, family: &Family<'_>);
    /// A sample of a counter or gauge.
    fn number(&mut self, labels: &[(&str, &str)], value: Number);
    /// A sample of a histogram.
    fn histogram(&mut self, labels: &[(&str, &str)], value: &HistogramValue<'_>);
}

/// The labels of what a full family counts together (as in the OpenTelemetry metrics SDK).
pub const OVERFLOW_LABELS: &[(&str, &str)] = &[("overflow", "true")];

/// What the samples of one name have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family<'a> {
    /// Full name with unit; a counter ends in `_total`.
    pub name: &'a str,
    /// One sentence for people.
    pub help: &'a str,
    /// What kind of samples follow.
    pub kind: Kind,
}

/// The kinds of metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, or restarts at 0.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
}

/// A value that keeps integers exact up to 2⁶⁴.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A count.
    Int(u64),
    /// A measurement.
    Float(f64),
}

impl Number {
    /// As protobuf and Prometheus store it.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

/// A histogram at one moment. Its count is the sum of the buckets, so `+Inf` and `_count` always agree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistogramValue<'a> {
    bounds: &'a [f64],
    counts: &'a [u64],
    sum: f64,
}

impl<'a> HistogramValue<'a> {
    /// A classic histogram. `bounds` are ascending and finite; `counts` are per bucket, not cumulative, and
    /// have one element more, for `+Inf`.
    #[must_use]
    pub fn classic(bounds: &'a [f64], counts: &'a [u64], sum: f64) -> Self {
        debug_assert_eq!(bounds.len() + 1, counts.len(), "one bucket per bound and +Inf");
        Self { bounds, counts, sum }
    }

    /// The upper bounds, without `+Inf`.
    #[must_use]
    pub fn bounds(&self) -> &'a [f64] {
        self.bounds
    }

    /// Cumulative counts, one per bound and a last one for `+Inf`.
    pub fn cumulative(&self) -> impl Iterator<Item = u64> + use<'a> {
        self.counts.iter().scan(0_u64, |sum, count| {
            *sum = sum.wrapping_add(*count);
            Some(*sum)
        })
    }

    /// All observations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.cumulative().last().unwrap_or(0)
    }

    /// The sum of all observations. Counting goes on while a scrape reads, so the sum may hold observations
    /// that the buckets show only in the next scrape.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum
    }
}
