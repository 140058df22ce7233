//! What is slow: a limit that comes from the stable release's own history, and is then left alone.
//!
//! Main type: [`Baseline`]. It does not know the candidate.

use serde::{Deserialize, Serialize};

/// Buckets an octave: a limit is at most 9 % above the quantile.
const PER_OCTAVE: f64 = 8.0;

/// From 1 µs to 2²⁷ µs, about two minutes.
const BUCKETS: usize = 27 * 8;

/// Samples that the history is bounded to, by forgetting half of it: about the last hundred thousand requests.
const MAX_SAMPLES: u64 = 100_000;

/// Samples that each quantile wants: ten beyond it.
const QUANTILES: [(f64, u64); 2] = [(0.99, 1_000), (0.95, 200)];

/// The history of the stable release, until a limit is made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Baseline {
    #[serde(with = "super::exact")]
    limit_ms: Option<f64>,
    buckets: Vec<u32>,
    samples: u64,
}

impl Baseline {
    pub(super) fn new() -> Self {
        Self { limit_ms: None, buckets: vec![0; BUCKETS], samples: 0 }
    }

    pub(super) fn fixed(limit_ms: f64) -> Self {
        Self { limit_ms: Some(limit_ms), buckets: Vec::new(), samples: 0 }
    }

    /// The limit in milliseconds, once there is one.
    pub(super) fn limit_ms(&self) -> Option<f64> {
        self.limit_ms
    }

    /// Adds an answer of the stable release, while there is no limit.
    pub(super) fn learn(&mut self, ms: f64) {
        let bucket = (ms * 1_000.0).max(1.0).log2() * PER_OCTAVE;
        // What is beyond the last bucket, or no number, is as slow as can be told. A journal may hold fewer buckets.
        let bucket = if bucket.is_nan() { BUCKETS - 1 } else { (bucket as usize).min(BUCKETS - 1) };
        let Some(count) = self.buckets.get_mut(bucket) else { return };
        *count = count.saturating_add(1);
        self.samples += 1;
        if self.samples >= MAX_SAMPLES {
            self.buckets.iter_mut().for_each(|count| *count /= 2);
            self.samples = self.buckets.iter().map(|count| u64::from(*count)).sum();
        }
    }

    /// Makes the limit of the history, if that is long enough: the 99th percentile of 1,000 answers or more, else the
    /// 95th of 200 or more.
    pub(super) fn fix(&mut self) {
        let Some((quantile, _)) = QUANTILES.iter().find(|(_, wanted)| self.samples >= *wanted) else {
            return;
        };
        let rank = (self.samples as f64 * quantile).ceil() as u64;
        let mut below = 0;
        let reaches = |count: &u32| {
            below += u64::from(*count);
            below >= rank
        };
        let Some(bucket) = self.buckets.iter().position(reaches) else { return };
        self.limit_ms = Some(((bucket + 1) as f64 / PER_OCTAVE).exp2() / 1_000.0);
        self.buckets = Vec::new();
    }

    /// Answers that are still wanted for a limit.
    pub(super) fn wants(&self) -> u64 {
        if self.limit_ms.is_some() { 0 } else { QUANTILES[1].1.saturating_sub(self.samples) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limit(samples: impl IntoIterator<Item = f64>) -> Option<f64> {
        let mut baseline = Baseline::new();
        samples.into_iter().for_each(|ms| baseline.learn(ms));
        baseline.fix();
        baseline.limit_ms()
    }

    #[test]
    fn the_quantile_follows_the_length_of_the_history() {
        assert_eq!(limit((0..199).map(f64::from)), None);
        let p95 = limit((0..200).map(f64::from)).unwrap();
        assert!((189.0..210.0).contains(&p95), "{p95}");
        let p99 = limit((0..1_000).map(f64::from)).unwrap();
        assert!((989.0..1_085.0).contains(&p99), "{p99}");
    }

    #[test]
    fn the_history_is_bounded_and_forgets() {
        let old = (0..150_000).map(|_| 10.0);
        let new = (0..300_000).map(|_| 100.0);
        assert!(limit(old.chain(new)).unwrap() > 100.0);
    }

    proptest! {
        #[test]
        fn any_number_is_borne(samples in prop::collection::vec(any::<f64>(), 200..400)) {
            prop_assert!(limit(samples).is_some());
        }
    }
}
