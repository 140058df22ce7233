//! How much more often the candidate has an event: estimate and confidence sequence.
//!
//! Main types: [`Counts`], events per weight, and [`Ratio`]. They do not decide anything.
//!
//! The log-likelihood of a ratio r is Σ x·ln r − n·ln(1 − w + w·r) over the weights w, with n events of which x were the
//! candidate's. It is concave in ln r. A mixture of likelihoods over a grid, divided by the likelihood of the true ratio,
//! is a martingale that starts at 1, so the ratios whose likelihood is above α times the mixture hold the true one with a
//! chance of at least 1 − α at all times at once (Robbins 1970; Lindon & Malek, arXiv 2011.03567).

use super::evidence::theta;
use crate::split::{Arm, Weight};
use serde::{Deserialize, Serialize};

/// Weights that are told apart. Events at further ones count in `others`, and not in the interval.
pub(super) const MAX_WEIGHTS: usize = 32;

/// Events at one weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The chance of the candidate.
    pub weight: Weight,
    /// Events of the stable release.
    pub stable: u64,
    /// Events of the candidate.
    pub candidate: u64,
}

/// Events per weight, in the order in which the weights came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// At most 32 weights.
    pub weights: Vec<Tally>,
    /// Events at weights beyond those.
    pub others: u64,
}

impl Counts {
    pub(super) fn add(&mut self, arm: Arm, weight: Weight) {
        // The weight of the last event, nearly always.
        let at = self.weights.iter().rposition(|tally| tally.weight == weight);
        let at = match at {
            Some(at) => at,
            None if self.weights.len() < MAX_WEIGHTS => {
                self.weights.push(Tally { weight, stable: 0, candidate: 0 });
                self.weights.len() - 1
            }
            None => {
                self.others += 1;
                return;
            }
        };
        let tally = &mut self.weights[at];
        match arm {
            Arm::Stable => tally.stable += 1,
            Arm::Candidate => tally.candidate += 1,
        }
    }

    /// Events of one release, over all weights that are told apart.
    pub fn of(&self, arm: Arm) -> u64 {
        let of = |tally: &Tally| match arm {
            Arm::Stable => tally.stable,
            Arm::Candidate => tally.candidate,
        };
        self.weights.iter().map(of).sum()
    }

    /// Estimate and confidence sequence of the ratio, wrong with a chance of at most `alpha` in all of a rollout.
    pub fn ratio(&self, alpha: f64) -> Ratio {
        Ratio::of(&self.drawn(), alpha)
    }

    /// Where chance had a say.
    fn drawn(&self) -> Vec<Tally> {
        let drawn = |tally: &&Tally| tally.weight != Weight::NONE && tally.weight != Weight::ALL;
        self.weights.iter().filter(drawn).copied().collect()
    }
}

/// How many times as often as the stable release the candidate has an event.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// The most likely ratio; absent while one of the releases has no events at all.
    pub estimate: Option<f64>,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end; absent while the ratio may be anything.
    pub high: Option<f64>,
}

/// Ends of the search, as ln r: ratios beyond a million are all the same.
const EDGE: f64 = 14.0;

impl Ratio {
    fn of(tallies: &[Tally], alpha: f64) -> Self {
        let (stable, candidate) =
            tallies.iter().fold((0, 0), |(s, c), tally| (s + tally.stable, c + tally.candidate));
        let peak = match (stable, candidate) {
            (0, 0) => return Self { estimate: None, low: 0.0, high: None },
            (_, 0) => -EDGE,
            (0, _) => EDGE,
            _ => cross(-EDGE, EDGE, |ln_r| slope(tallies, ln_r)),
        };
        let bound = mixture(tallies) + alpha.ln();
        let inside = |ln_r: f64| likelihood(tallies, ln_r) - bound;
        let low = if inside(-EDGE) > 0.0 { 0.0 } else { cross(peak, -EDGE, inside).exp() };
        let high = (inside(EDGE) <= 0.0).then(|| cross(peak, EDGE, inside).exp());
        let estimate = (stable > 0 && candidate > 0).then(|| peak.exp());
        Self { estimate, low, high }
    }
}

fn likelihood(tallies: &[Tally], ln_r: f64) -> f64 {
    let of = |tally: &Tally| {
        let w = tally.weight.share();
        let (x, n) = (tally.candidate as f64, (tally.candidate + tally.stable) as f64);
        x * ln_r - n * (1.0 - w + w * ln_r.exp()).ln()
    };
    tallies.iter().map(of).sum()
}

fn slope(tallies: &[Tally], ln_r: f64) -> f64 {
    let of = |tally: &Tally| {
        let n = (tally.candidate + tally.stable) as f64;
        tally.candidate as f64 - n * theta(tally.weight.share(), ln_r.exp())
    };
    tallies.iter().map(of).sum()
}

/// ln of the mean likelihood over 241 ratios from 1/1000 to 1000, 40 a decade.
fn mixture(tallies: &[Tally]) -> f64 {
    let grid = (-120..=120).map(|step| likelihood(tallies, f64::from(step) / 40.0 * std::f64::consts::LN_10));
    let grid: Vec<f64> = grid.collect();
    let top = grid.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + (grid.iter().map(|ln| (ln - top).exp()).sum::<f64>() / grid.len() as f64).ln()
}

/// Where `f`, positive at `from` and not at `to`, crosses 0.
fn cross(from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut inside, mut outside) = (from, to);
    for _ in 0..60 {
        let middle = (inside + outside) / 2.0;
        if f(middle) > 0.0 { inside = middle } else { outside = middle }
    }
    (inside + outside) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(tallies: &[(u16, u64, u64)]) -> Counts {
        let tally = |&(bp, stable, candidate): &(u16, u64, u64)| Tally {
            weight: Weight::new(bp).unwrap(),
            stable,
            candidate,
        };
        Counts { weights: tallies.iter().map(tally).collect(), others: 0 }
    }

    #[test]
    fn the_estimate_is_the_quotient_of_rates() {
        let ratio = counts(&[(500, 950, 150)]).ratio(0.05);
        assert!((ratio.estimate.unwrap() - 3.0).abs() < 1e-6, "{ratio:?}");
        assert!(ratio.low > 2.0 && ratio.high.unwrap() < 4.2, "{ratio:?}");
    }

    #[test]
    fn weights_are_joined() {
        let ratio = counts(&[(500, 950, 100), (5_000, 300, 600)]).ratio(0.05);
        assert!((ratio.estimate.unwrap() - 2.0).abs() < 1e-6, "{ratio:?}");
    }

    #[test]
    fn too_few_events_leave_the_ends_open() {
        assert_eq!(counts(&[]).ratio(0.05), Ratio { estimate: None, low: 0.0, high: None });
        assert_eq!(counts(&[(0, 9, 0), (10_000, 0, 9)]).ratio(0.05).high, None);
        let nothing = counts(&[(500, 40, 3)]).ratio(0.05);
        assert_eq!(counts(&[(0, 0, 9), (500, 40, 3), (10_000, 9, 0)]).ratio(0.05), nothing);
        let none = counts(&[(500, 400, 0)]).ratio(0.05);
        assert!(none.estimate.is_none() && none.low == 0.0 && none.high.unwrap() < 1.0, "{none:?}");
        let all = counts(&[(500, 0, 5)]).ratio(0.05);
        assert!(all.estimate.is_none() && all.low > 5.0 && all.high.is_none(), "{all:?}");
    }

    #[test]
    fn weights_are_bounded() {
        let mut counts = Counts::default();
        (1..=100).for_each(|bp| counts.add(Arm::Stable, Weight::new(bp).unwrap()));
        assert_eq!((counts.weights.len(), counts.others), (MAX_WEIGHTS, 100 - MAX_WEIGHTS as u64));
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_estimate_and_narrows(
            tallies in prop::collection::vec((1u16..10_000, 0u64..10_000, 0u64..10_000), 0..6),
        ) {
            let counts = counts(&tallies);
            let (wide, narrow) = (counts.ratio(0.01), counts.ratio(0.2));
            prop_assert!(wide.low <= narrow.low);
            if let Some(estimate) = narrow.estimate {
                prop_assert!(narrow.low <= estimate && narrow.high.is_none_or(|high| estimate <= high));
            }
            if let (Some(wide), Some(narrow)) = (wide.high, narrow.high) {
                prop_assert!(narrow <= wide);
            }
        }
    }

    /// Looked at after each of 60 events, in 320 rollouts: 5 % may miss the truth, which is 16 of them.
    #[test]
    fn it_holds_the_truth_at_all_times() {
        let mut random = fastrand::Rng::with_seed(5);
        let mut missed = 0;
        for (bp, truth) in [(500, 1.0), (500, 20.0), (2_500, 0.3), (9_000, 2.0)] {
            let weight = Weight::new(bp).unwrap();
            let chance = theta(weight.share(), truth);
            for _ in 0..80 {
                let mut counts = Counts::default();
                let outside = (0..60).any(|_| {
                    let arm = if random.f64() < chance { Arm::Candidate } else { Arm::Stable };
                    counts.add(arm, weight);
                    let ratio = counts.ratio(0.05);
                    truth < ratio.low || ratio.high.is_some_and(|high| truth > high)
                });
                missed += u32::from(outside);
            }
        }
        assert!(missed <= 16, "{missed} of 320");
    }
}
