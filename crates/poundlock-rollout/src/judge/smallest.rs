//! What a given amount of traffic can show at all.
//!
//! Main item: [`smallest_ratio`]. It looks ahead, and does not judge.

use super::evidence::{ALTERNATIVES, theta};
use crate::split::Weight;

/// Ratios beyond this are as good as none.
const LARGEST: f64 = 10_000.0;

/// The smallest ratio that `stable_events` of the stable release, at this weight, would show on average: where the mean
/// gain of an event times their number pays for 1/α. `None` if no ratio is large enough.
///
/// A candidate with r times as many events adds to their number, so that large ratios need few.
pub(super) fn smallest_ratio(stable_events: f64, weight: Weight, tolerated: f64, alpha: f64) -> Option<f64> {
    if weight == Weight::NONE || weight == Weight::ALL {
        return None;
    }
    let w = weight.share();
    let price = (ALTERNATIVES.len() as f64 / alpha).ln();
    let pays = |ratio: f64| {
        let events = stable_events / (1.0 - w) * (1.0 - w + w * ratio);
        events * gain(theta(w, ratio), theta(w, tolerated)) >= price
    };
    if !pays(LARGEST) {
        return None;
    }
    let (mut small, mut large) = (tolerated, LARGEST);
    for _ in 0..50 {
        let middle = (small * large).sqrt();
        if pays(middle) { large = middle } else { small = middle }
    }
    Some(large)
}

/// The Kullback–Leibler divergence of two coins.
fn gain(real: f64, null: f64) -> f64 {
    real * (real / null).ln() + (1.0 - real) * ((1.0 - real) / (1.0 - null)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE: Weight = Weight::new(500).unwrap();

    #[test]
    fn more_traffic_shows_smaller_ratios() {
        let ratios: Vec<f64> =
            [3.0, 30.0, 300.0, 3_000.0].iter().filter_map(|n| smallest_ratio(*n, FIVE, 1.2, 0.002)).collect();
        assert_eq!(ratios.len(), 4);
        assert!(ratios.is_sorted_by(|a, b| a > b), "{ratios:?}");
        assert!(ratios[3] > 1.2 && ratios[3] < 2.0, "{ratios:?}");
    }

    #[test]
    fn no_traffic_shows_nothing() {
        assert_eq!(smallest_ratio(0.0, FIVE, 1.2, 0.002), None);
        assert_eq!(smallest_ratio(1e9, Weight::NONE, 1.2, 0.002), None);
        assert_eq!(smallest_ratio(1e9, Weight::ALL, 1.2, 0.002), None);
    }
}
