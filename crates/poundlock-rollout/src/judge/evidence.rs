//! The E-value of one question: do these events fall on the candidate more often than `tolerated` times its share?
//!
//! Main type: [`Evidence`]. It does not know what the events are, nor when they were.
//!
//! An event falls on the candidate with the chance θ(r) = w·r / (1 − w + w·r), where w is the chance of the assignment
//! and r how many times as often the candidate has such events. The null is r ≤ r₀. Each alternative r_k multiplies its
//! wealth by θ(r_k)/θ(r₀) when the event is the candidate's and by (1 − θ(r_k))/(1 − θ(r₀)) when it is not; for every r ≤ r₀
//! the mean factor is at most 1, whatever the load does and however w changes. So the sum of the wealths reaches 1/α
//! with a chance of at most α, however often one looks (Ville's inequality; Lindon & Malek, NeurIPS 2022,
//! arXiv 2011.03567).
//!
//! [`FROM_THE_START`] of the money is bet on the first event; the rest comes in with later events, as 1/n − 1/(n + 1) of
//! it with the n-th. A release that turns bad after n good events costs a factor of n then, not everything that the
//! good events lost.

use crate::split::Weight;
use serde::{Deserialize, Serialize};

/// Alternatives, as multiples of the tolerated ratio, with equal shares of the money.
pub(super) const ALTERNATIVES: [f64; 9] = [1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 1000.0];

/// The part of the money that is bet on the first event.
const FROM_THE_START: f64 = 0.75;

/// Wealth is not counted beyond this: an alarm is long over.
const RICH: f64 = 1e200;

/// The chance that an event is the candidate's, when it has such events `ratio` times as often.
pub(super) fn theta(weight: f64, ratio: f64) -> f64 {
    weight * ratio / (1.0 - weight + weight * ratio)
}

/// The state of one E-value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Evidence {
    #[serde(with = "super::exact")]
    wealth: [f64; 9],
    events: u64,
    #[serde(with = "super::exact")]
    tolerated: f64,
    /// The factors of the last weight; made anew when they are missing.
    #[serde(skip)]
    factors: Option<Factors>,
}

#[derive(Debug, Clone, PartialEq)]
struct Factors {
    weight: Weight,
    candidate: [f64; 9],
    stable: [f64; 9],
}

impl Evidence {
    /// No evidence yet against a ratio of at most `tolerated`.
    pub(super) fn new(tolerated: f64) -> Self {
        let wealth = [FROM_THE_START / ALTERNATIVES.len() as f64; 9];
        Self { wealth, events: 0, tolerated, factors: None }
    }

    /// Counts an event. Weights of 0 and 100 % leave nothing to chance, and prove nothing.
    pub(super) fn observe(&mut self, on_candidate: bool, weight: Weight) {
        if weight == Weight::NONE || weight == Weight::ALL {
            return;
        }
        self.events += 1;
        let n = self.events as f64;
        let fresh = (1.0 - FROM_THE_START) / (ALTERNATIVES.len() as f64 * n * (n + 1.0));
        let tolerated = self.tolerated;
        if self.factors.as_ref().is_none_or(|factors| factors.weight != weight) {
            self.factors = Some(Factors::new(weight, tolerated));
        }
        let factors = self.factors.as_ref().expect("made in the line above");
        let factors = if on_candidate { &factors.candidate } else { &factors.stable };
        for (wealth, factor) in self.wealth.iter_mut().zip(factors) {
            *wealth = ((*wealth + fresh) * factor).min(RICH);
        }
    }

    /// The E-value: the wealth that is bet, and the money that is still to come.
    pub(super) fn value(&self) -> f64 {
        self.wealth.iter().sum::<f64>() + (1.0 - FROM_THE_START) / (self.events + 1) as f64
    }
}

impl Factors {
    fn new(weight: Weight, tolerated: f64) -> Self {
        let null = theta(weight.share(), tolerated);
        let alternatives = ALTERNATIVES.map(|multiple| theta(weight.share(), tolerated * multiple));
        Self {
            weight,
            candidate: alternatives.map(|theta| theta / null),
            stable: alternatives.map(|theta| (1.0 - theta) / (1.0 - null)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIVE: u16 = 500;

    fn value(events: &[(bool, u16)]) -> f64 {
        let mut evidence = Evidence::new(1.2);
        for (on_candidate, weight) in events {
            evidence.observe(*on_candidate, Weight::new(*weight).unwrap());
        }
        evidence.value()
    }

    #[test]
    fn three_events_of_a_dead_candidate_are_enough() {
        assert!(value(&[(true, FIVE); 2]) < 500.0);
        assert!(value(&[(true, FIVE); 3]) > 500.0);
    }

    #[test]
    fn nothing_is_proved_where_nothing_was_drawn() {
        for impossible in [false, true] {
            assert_eq!(value(&[(impossible, 0), (impossible, 10_000)]), 1.0);
        }
    }

    #[test]
    fn much_good_does_not_hide_what_comes_later() {
        let mut events = vec![(false, FIVE); 95];
        events.extend([(true, FIVE); 5]);
        let mut events = events.repeat(40);
        events.extend([(true, FIVE); 12]);
        assert!(value(&events) > 500.0, "{}", value(&events));
    }

    proptest! {
        /// The mean over both places of the next event, at the edge of the null and inside it.
        #[test]
        fn the_value_does_not_grow_on_average(
            past in prop::collection::vec((any::<bool>(), 1u16..10_000), 0..40), next in 1u16..10_000, ratio in 0.0f64..=1.2,
        ) {
            let with = |place: bool| {
                let mut events = past.clone();
                events.push((place, next));
                value(&events)
            };
            let chance = theta(f64::from(next) / 10_000.0, ratio);
            let mean = chance * with(true) + (1.0 - chance) * with(false);
            prop_assert!(mean <= value(&past) * (1.0 + 1e-9), "{mean} after {}", value(&past));
        }

        #[test]
        fn at_the_edge_of_the_null_the_game_is_fair(
            past in prop::collection::vec((any::<bool>(), 1u16..10_000), 0..40), next in 1u16..10_000,
        ) {
            let with = |place: bool| value(&past.iter().copied().chain([(place, next)]).collect::<Vec<_>>());
            let chance = theta(f64::from(next) / 10_000.0, 1.2);
            let mean = chance * with(true) + (1.0 - chance) * with(false);
            prop_assert!((mean / value(&past) - 1.0).abs() < 1e-9);
        }
    }
}
