//! What is demanded of each collection.
//!
//! Main type: [`Budget`], read from `crates/poundlock-shield/budget.toml`.

use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::Path};

use super::table::Row;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Budget {
    blocked: BTreeMap<String, Bounds>,
}

/// Bounds of the blocked share of a collection, in percent, and of time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bounds {
    min: Option<f64>,
    max: Option<f64>,
    /// The longest 999 of 1,000 scans may take, in µs.
    p999_us: Option<f64>,
}

impl Budget {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is no budget", path.display()))
    }

    pub(super) fn broken(&self, row: &Row) -> bool {
        self.blocked.get(&row.name).is_some_and(|bounds| {
            bounds.min.is_some_and(|min| row.rate() < min)
                || bounds.max.is_some_and(|max| row.rate() > max)
                || bounds.p999_us.is_some_and(|most| row.p999_us > most)
        })
    }

    /// Collections that something is demanded of, and that have no row.
    pub(super) fn unmeasured(&self, rows: &[Row]) -> Vec<&str> {
        let names = self.blocked.keys().map(String::as_str);
        names.filter(|name| rows.iter().all(|row| row.name != *name)).collect()
    }

    /// The demand on a row, in words.
    pub(super) fn words(&self, row: &Row) -> String {
        let Some(bounds) = self.blocked.get(&row.name) else { return String::new() };
        let min = bounds.min.map(|min| format!("≥ {min}"));
        let max = bounds.max.map(|max| format!("≤ {max}"));
        let time = bounds.p999_us.map(|most| format!("≤ {most} µs"));
        let mark = self.broken(row).then(|| "BROKEN".to_owned());
        [min, max, time, mark].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_demanded_of_no_collection_is_noticed() {
        let budget: Budget =
            toml::from_str("[blocked]\na = { max = 1, p999_us = 1000 }\nb = { min = 1 }").unwrap();
        let rows = ["a", "c"].map(|name| Row::of(name, &Vec::new()));
        assert_eq!(budget.unmeasured(&rows), ["b"]);
        assert!(!budget.broken(&rows[0]) && budget.broken(&Row::of("b", &Vec::new())));
        assert_eq!(budget.words(&rows[0]), "≤ 1 ≤ 1000 µs");
        assert_eq!(budget.words(&Row::of("b", &Vec::new())), "≥ 1 BROKEN");
        assert!(toml::from_str::<Budget>("[blocked]\n[allowed]").is_err());
    }
}
