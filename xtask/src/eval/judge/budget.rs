//! What is demanded of the judge.
//!
//! Main type: [`Budget`], read from `crates/poundlock-rollout/budget.toml`.

use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::{fs, path::Path};

use super::{Cell, Cells, FULL, OURS};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Budget {
    false_alarms: FalseAlarms,
    rollback: Vec<Rollback>,
    served: Served,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FalseAlarms {
    max_percent: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rollback {
    scenario: String,
    median_s: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Served {
    usable_percent: f64,
    draw_percent: f64,
    won_percent: f64,
}

/// How a scenario ends, in bad responses served.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    Won,
    Draw,
    /// To this rule.
    Lost(String),
}

impl Budget {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is no budget", path.display()))
    }

    /// Whether a rule is worth a comparison in this scenario.
    pub(super) fn usable(&self, cells: &Cells, cell: &Cell) -> bool {
        cells.false_alarms(cell) <= self.served.usable_percent
    }

    /// The judge's cell beside the usable rule that serves the fewest.
    pub(super) fn outcome(&self, cells: &Cells, ours: &Cell) -> Outcome {
        let rivals =
            cells.0.iter().filter(|cell| cell.scenario == ours.scenario && !cell.rule.starts_with(OURS));
        let best = rivals
            .filter(|cell| self.usable(cells, cell))
            .min_by(|a, b| a.bad_served.total_cmp(&b.bad_served));
        let Some(best) = best else { return Outcome::Won };
        let close = (best.bad_served - ours.bad_served).abs();
        if close <= self.served.draw_percent / 100.0 * ours.bad_served.max(best.bad_served) {
            Outcome::Draw
        } else if ours.bad_served < best.bad_served {
            Outcome::Won
        } else {
            Outcome::Lost(best.rule.clone())
        }
    }

    /// Scenarios won, drawn and lost.
    pub(super) fn score(&self, cells: &Cells) -> [usize; 3] {
        let mut score = [0; 3];
        for cell in cells.rule(OURS).filter(|cell| !cell.healthy.is_empty()) {
            score[match self.outcome(cells, cell) {
                Outcome::Won => 0,
                Outcome::Draw => 1,
                Outcome::Lost(_) => 2,
            }] += 1;
        }
        score
    }

    /// Everything that does not hold.
    pub(super) fn broken(&self, cells: &Cells) -> Vec<String> {
        let max = self.false_alarms.max_percent;
        let healthy = cells.rule(OURS).filter(|cell| cell.healthy.is_empty());
        let too_many = healthy.filter(|cell| cell.alarms as f64 > allowed(cell.rollouts, max));
        let mut broken: Vec<String> = too_many
            .map(|cell| {
                format!("{}: {:.2} % false alarms, at most {max}", cell.scenario, cell.alarms_percent())
            })
            .collect();
        for bar in &self.rollback {
            let median = cells.find(&bar.scenario, OURS).and_then(|cell| cell.median_s);
            if median.is_none_or(|median| median > bar.median_s) {
                broken.push(format!(
                    "{}: rolled back after {median:?} s, at most {}",
                    bar.scenario, bar.median_s
                ));
            }
        }
        let [won, _, lost] = self.score(cells);
        let percent = 100.0 * won as f64 / (won + lost).max(1) as f64;
        if percent < self.served.won_percent {
            let least = self.served.won_percent;
            broken.push(format!(
                "the fewest bad responses in {percent:.0} % of the scenarios, at least {least}"
            ));
        }
        broken
    }
}

/// Alarms in so many rollouts; three standard deviations more where there are too few for a figure.
fn allowed(rollouts: u64, percent: f64) -> f64 {
    let mean = rollouts as f64 * percent / 100.0;
    if rollouts < FULL { mean + 3.0 * mean.sqrt() } else { mean }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(scenario: &str, healthy: &str, rule: &str, alarms: u64, bad_served: f64) -> Cell {
        let (scenario, healthy, rule) = (scenario.to_owned(), healthy.to_owned(), rule.to_owned());
        Cell { scenario, healthy, rule, rollouts: FULL, alarms, median_s: Some(9.0), p90_s: None, bad_served }
    }

    fn budget() -> Budget {
        Budget {
            false_alarms: FalseAlarms { max_percent: 1.0 },
            rollback: vec![Rollback { scenario: "dead".to_owned(), median_s: 9.0 }],
            served: Served { usable_percent: 5.0, draw_percent: 5.0, won_percent: 90.0 },
        }
    }

    fn cells(false_alarms: u64, theirs: f64) -> Cells {
        Cells(vec![
            cell("fine", "", OURS, 100, 0.0),
            cell("fine", "", "theirs", false_alarms, 0.0),
            cell("dead", "fine", OURS, FULL, 10.0),
            cell("dead", "fine", "theirs", FULL, theirs),
        ])
    }

    #[test]
    fn what_holds_is_not_reported() {
        assert_eq!(budget().broken(&cells(0, 20.0)), Vec::<String>::new());
    }

    #[test]
    fn each_bar_can_break() {
        let mut broken = cells(0, 20.0);
        broken.0[0].alarms = 101;
        broken.0[2].median_s = Some(9.1);
        assert_eq!(budget().broken(&broken).len(), 2);
        broken.0[2].median_s = None;
        assert_eq!(budget().broken(&broken).len(), 2);
        assert_eq!(budget().broken(&cells(0, 5.0)).len(), 1);
        assert_eq!(budget().broken(&Cells(Vec::new())).len(), 2);
    }

    #[test]
    fn a_rule_that_always_rolls_back_is_no_rival() {
        let check = |false_alarms, theirs, expect| {
            let cells = cells(false_alarms, theirs);
            assert_eq!(budget().outcome(&cells, &cells.0[2]), expect, "{false_alarms} {theirs}");
        };
        check(500, 5.0, Outcome::Lost("theirs".to_owned()));
        check(501, 5.0, Outcome::Won);
        check(500, 9.6, Outcome::Draw);
        check(500, 11.0, Outcome::Won);
    }

    #[test]
    fn few_rollouts_leave_room_for_chance() {
        assert_eq!(allowed(FULL, 1.0), 100.0);
        assert_eq!(allowed(100, 1.0), 4.0);
    }
}
