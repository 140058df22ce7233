//! What became of many rollouts under one rule.
//!
//! Main type: [`Rule`].

use crate::{scenario::MINUTES, scenario::Scenario, world::World};
use serde_json::json;

pub(crate) struct Rule {
    name: &'static str,
    rollouts: u64,
    /// Seconds.
    alarms: Vec<f64>,
    excess: f64,
}

impl Rule {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, rollouts: 0, alarms: Vec::new(), excess: 0.0 }
    }

    pub(crate) fn add(&mut self, alarm: Option<f64>, world: &World<'_>) {
        self.rollouts += 1;
        self.alarms.extend(alarm);
        self.excess += world.excess(alarm.unwrap_or(MINUTES as f64 * 60.0));
    }

    /// Times are those of all rollouts: a median is missing if fewer than half of them had an alarm.
    pub(crate) fn line(&self, scenario: &Scenario) -> String {
        let mut times = self.alarms.clone();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times.get((self.rollouts as f64 * share) as usize);
        json!({
            "scenario": scenario.name,
            "healthy": scenario.healthy,
            "rule": self.name,
            "rollouts": self.rollouts,
            "alarms": self.alarms.len(),
            "median_s": at(0.5),
            "p90_s": at(0.9),
            "bad_served": self.excess / self.rollouts as f64,
        })
        .to_string()
    }
}
