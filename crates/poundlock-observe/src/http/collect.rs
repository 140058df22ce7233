//! Shows the histograms of a snapshot to a [`Visitor`]. Main functions: [`durations`], [`sizes`].
//! It does not know label names: the caller gives them per key.

use super::cell::{Cell, DURATION_BOUNDS, DURATION_BUCKETS, SIZE_BOUNDS, SIZE_BUCKETS, Total};
use super::matrix::Snapshot;
use super::storage::Key;
use crate::exposition::{HistogramValue, OVERFLOW_LABELS, Visitor};

/// Label names and values of one series.
pub(super) type Labels<'a, const N: usize> = [(&'a str, &'a str); N];

const NANOSECONDS: f64 = 1e9;

/// Histograms of nanoseconds, shown in seconds.
pub(super) fn durations<C: Cell, const N: usize>(
    to: &mut dyn Visitor,
    all: &Snapshot<C>,
    labels: impl Fn(&Snapshot<C>, Key) -> Labels<'_, N>,
    part: impl Fn(&C::Total) -> &Total<DURATION_BUCKETS>,
) {
    histograms(to, all, labels, |total| {
        let total = part(total);
        HistogramValue::classic(&DURATION_BOUNDS, &total.counts, total.sum as f64 / NANOSECONDS)
    });
}

/// Histograms of bytes.
pub(super) fn sizes<C: Cell, const N: usize>(
    to: &mut dyn Visitor,
    all: &Snapshot<C>,
    labels: impl Fn(&Snapshot<C>, Key) -> Labels<'_, N>,
    part: impl Fn(&C::Total) -> &Total<SIZE_BUCKETS>,
) {
    histograms(to, all, labels, |total| {
        let total = part(total);
        HistogramValue::classic(&SIZE_BOUNDS, &total.counts, total.sum as f64)
    });
}

fn histograms<C: Cell, const N: usize>(
    to: &mut dyn Visitor,
    all: &Snapshot<C>,
    labels: impl Fn(&Snapshot<C>, Key) -> Labels<'_, N>,
    value: impl Fn(&C::Total) -> HistogramValue<'_>,
) {
    for (key, total) in &all.series {
        to.histogram(&labels(all, *key), &value(total));
    }
    if let Some(total) = &all.overflow {
        to.histogram(OVERFLOW_LABELS, &value(total));
    }
}
