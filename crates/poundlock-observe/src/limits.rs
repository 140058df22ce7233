//! The bounds that keep metrics from growing with traffic. Main type: [`Limits`].
//! It does not know which family is being bounded.

use std::num::NonZeroU32;

/// Label sets a metric family may hold before further ones share one `overflow="true"` series.
///
/// The OpenTelemetry metrics SDK specification uses the same default cardinality limit.
pub const DEFAULT_LABEL_SETS: NonZeroU32 = NonZeroU32::new(2_000).expect("2000 is not zero");

/// Most label sets a family may be given: a shard keeps 32 bytes for each, used or not.
pub const MAX_LABEL_SETS: usize = 100_000;

/// Bytes a label value may have; longer ones are refused, never cut (a cut would merge series).
pub const MAX_LABEL_VALUE_BYTES: usize = 1_024;

/// Bounds of one metric family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Label sets per family; see [`DEFAULT_LABEL_SETS`]. More than [`MAX_LABEL_SETS`] is cut to that.
    pub label_sets: NonZeroU32,
}

impl Limits {
    /// The number of label sets as an index bound.
    pub(crate) fn label_sets(self) -> usize {
        usize::try_from(self.label_sets.get()).map_or(MAX_LABEL_SETS, |sets| sets.min(MAX_LABEL_SETS))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { label_sets: DEFAULT_LABEL_SETS }
    }
}
