//! What happens in a rollout, before chance has its say.
//!
//! Main type: [`Scenario`].

use poundlock_rollout::split::Weight;

/// Length of a rollout, in minutes.
pub(crate) const MINUTES: usize = 60;

#[derive(Clone)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// The scenario without the regression, where a rule's false alarms are counted. Empty: this is one.
    pub(crate) healthy: String,
    /// Requests a second.
    pub(crate) rps: f64,
    /// The candidate's weight, from each of these minutes on.
    pub(crate) weights: Vec<(usize, Weight)>,
    /// Share of errors and of slow answers of the stable release.
    pub(crate) errors: f64,
    pub(crate) slow: f64,
    /// What the candidate has instead, as multiples.
    pub(crate) worse_errors: Change,
    pub(crate) worse_slow: Change,
    pub(crate) trouble: Trouble,
    /// Tell the judge of every request, not of bad ones only.
    pub(crate) every_request: bool,
}

/// How a multiple develops.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    Always(f64),
    /// From 1 to this within 40 minutes, evenly.
    Growing(f64),
}

/// What both releases suffer.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Trouble {
    None,
    /// Each ten minutes or so a client fails once a second, for a minute or so.
    Storms,
    /// Each ten minutes or so a client fails with growing pauses, up to one a minute, until the end.
    PatientStorms,
    /// Three clients fail every other second, three get nothing but slow answers, all the time.
    HeavyUsers,
    /// For two minutes half of all requests fail.
    Outage,
    /// The first 8 s of an instance are slow: 60 % of its answers.
    WarmUp,
    /// The share of slow answers wanders: with the load (×0.4–×2.5), and a little with the release (±20 %).
    Wandering,
}

impl Change {
    pub(crate) fn at(self, minute: f64) -> f64 {
        match self {
            Self::Always(multiple) => multiple,
            Self::Growing(multiple) => 1.0 + (multiple - 1.0) * (minute / 40.0).min(1.0),
        }
    }
}

impl Scenario {
    /// A healthy candidate at 5 % for an hour.
    pub(crate) fn healthy(rps: f64, errors_percent: f64) -> Self {
        Self {
            name: format!("healthy {rps}/s {errors_percent} %"),
            healthy: String::new(),
            rps,
            weights: vec![(0, percent(5))],
            errors: errors_percent / 100.0,
            slow: 0.01,
            worse_errors: Change::Always(1.0),
            worse_slow: Change::Always(1.0),
            trouble: Trouble::None,
            every_request: false,
        }
    }

    pub(crate) fn with(trouble: Trouble, name: &str, rps: f64, errors_percent: f64) -> Self {
        let healthy = Self::healthy(rps, errors_percent);
        Self { name: format!("{name} {rps}/s"), trouble, ..healthy }
    }

    pub(crate) fn worse(rps: f64, errors_percent: f64, name: &str, errors: Change, slow: Change) -> Self {
        let healthy = Self::healthy(rps, errors_percent);
        Self {
            name: format!("{name} {rps}/s"),
            healthy: healthy.name.clone(),
            worse_errors: errors,
            worse_slow: slow,
            ..healthy
        }
    }

    /// Whether clients fail again and again.
    pub(crate) fn clusters(&self) -> bool {
        matches!(self.trouble, Trouble::Storms | Trouble::PatientStorms | Trouble::HeavyUsers)
    }

    pub(crate) fn weight(&self, minute: usize) -> Weight {
        let begun = self.weights.iter().rfind(|(from, _)| *from <= minute);
        begun.map_or(Weight::NONE, |(_, weight)| *weight)
    }
}

pub(crate) fn percent(percent: u16) -> Weight {
    Weight::new(percent * 100).expect("a share of 100 % at most")
}
