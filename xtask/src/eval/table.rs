//! The table that is printed: rates per collection, never one sum.
//!
//! Main type: [`Row`].

use std::{collections::BTreeMap, fmt::Write as _};

use super::{budget::Budget, scanner::Answer};

pub(super) struct Row {
    pub(super) name: String,
    lines: usize,
    blocked: usize,
    mean_us: f64,
    pub(super) p999_us: f64,
    /// Blocked lines by the class of their strongest finding.
    classes: BTreeMap<String, usize>,
}

impl Row {
    pub(super) fn of<'a>(name: &str, answers: impl IntoIterator<Item = &'a Answer>) -> Self {
        let answers: Vec<&Answer> = answers.into_iter().collect();
        let mut times: Vec<u64> = answers.iter().map(|answer| answer.ns).collect();
        times.sort_unstable();
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).or(times.last());
        let blocked: Vec<&&Answer> = answers.iter().filter(|answer| answer.blocked()).collect();
        let mut classes = BTreeMap::new();
        for finding in blocked.iter().filter_map(|answer| answer.findings.first()) {
            *classes.entry(finding.class.clone()).or_default() += 1;
        }
        Self {
            name: name.to_owned(),
            lines: answers.len(),
            blocked: blocked.len(),
            mean_us: times.iter().sum::<u64>() as f64 / times.len().max(1) as f64 / 1e3,
            p999_us: at(0.999).map_or(0.0, |ns| *ns as f64 / 1e3),
            classes,
        }
    }

    /// The blocked share, in percent.
    pub(super) fn rate(&self) -> f64 {
        self.blocked as f64 * 100.0 / self.lines.max(1) as f64
    }
}

pub(super) fn render(rows: &[Row], budget: &Budget) -> String {
    let mut text = format!(
        "{:<28} {:>7} {:>7} {:>8} {:>24} {:>8} {:>9}  classes\n",
        "collection", "lines", "blocked", "%", "budget", "mean µs", "p99.9 µs"
    );
    for row in rows {
        let mut classes: Vec<_> = row.classes.iter().collect();
        classes.sort_by(|a, b| b.1.cmp(a.1));
        let classes: Vec<String> = classes.iter().map(|(class, n)| format!("{class} {n}")).collect();
        let _infallible = writeln!(
            text,
            "{:<28} {:>7} {:>7} {:>8.3} {:>24} {:>8.1} {:>9.1}  {}",
            row.name,
            row.lines,
            row.blocked,
            row.rate(),
            budget.words(row),
            row.mean_us,
            row.p999_us,
            classes.join(", ")
        );
    }
    text
}
