//! Where a schema is: what is pending, and what is wrong.
//!
//! Main items: [`SchemaState`] and [`check`].

use super::{Tool, applied::Applied, files::Known, graph, version};
use crate::preflight::{
    Check, Status,
    sql::{self, Dialect, Effect},
};
use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
    fmt,
};

/// Migrations that are named in a check.
const MAX_NAMED: usize = 5;

/// Where a schema is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaState {
    /// The tool.
    pub tool: Tool,
    /// Versions that the database knows, in its order.
    pub applied: Vec<String>,
    /// What the project has and the database does not, in the order in which it is applied.
    pub pending: Vec<Pending>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// A migration that was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its version.
    pub version: String,
    /// Its file.
    pub path: String,
    /// What it runs, where that is SQL.
    pub sql: Option<String>,
}

impl Pending {
    /// What it does to the release that runs beside it.
    pub fn effect(&self, dialect: Dialect) -> Effect {
        self.sql.as_deref().map_or(Effect::Unknown, |sql| sql::classify(sql, dialect))
    }
}

/// What is wrong with a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It began and did not end well.
    Dirty(String),
    /// It was applied, and the project does not have it.
    Missing(String),
    /// It was applied, and its file is not the same any more.
    Changed(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dirty(version) => write!(f, "{version} began and did not end well"),
            Self::Missing(version) => write!(f, "{version} was applied, and its file is not here"),
            Self::Changed(version) => write!(f, "{version} was applied, and its file has changed since"),
        }
    }
}

pub(super) fn compare(tool: Tool, applied: &[Applied], known: &[Known]) -> SchemaState {
    let by_version: HashMap<_, _> = known.iter().map(|known| (known.version.as_str(), known)).collect();
    let mut problems = Vec::new();
    for row in applied {
        let version = row.version.clone();
        let file = by_version.get(row.version.as_str());
        if row.dirty {
            problems.push(Problem::Dirty(version));
        } else if let Some(file) = file {
            let changed = differs(row, file) && !file.is_repeatable;
            problems.extend(changed.then_some(Problem::Changed(version)));
        } else if should_be_here(tool, row, known) {
            problems.push(Problem::Missing(version));
        }
    }
    let is_done = done(tool, applied, known);
    let mut pending: Vec<_> =
        known.iter().filter(|known| !is_done.contains(known.version.as_str())).collect();
    if tool == Tool::Alembic {
        graph::sort(&mut pending);
    }
    let pending = pending.into_iter().map(|known| Pending {
        version: known.version.clone(),
        path: known.path.clone(),
        sql: known.sql.clone(),
    });
    let versions = applied.iter().map(|row| row.version.clone()).collect();
    SchemaState { tool, applied: versions, pending: pending.collect(), problems }
}

fn differs(row: &Applied, file: &Known) -> bool {
    row.checksum.as_ref().is_some_and(|sum| !file.checksums.is_empty() && !file.checksums.contains(sum))
}

/// Migrations of Django's own apps are in its packages, a baseline is no file, and a squashed one stands for those it replaces.
fn should_be_here(tool: Tool, row: &Applied, known: &[Known]) -> bool {
    match tool {
        Tool::Django => {
            let app = row.version.split('.').next().unwrap_or_default();
            let of_app = |known: &Known| known.version.split('.').next() == Some(app);
            let replaced = |known: &Known| known.replaces.contains(&row.version);
            known.iter().any(of_app) && !known.iter().any(replaced)
        }
        Tool::Flyway => !row.is_baseline,
        _ => true,
    }
}

/// What is not pending.
fn done<'a>(tool: Tool, applied: &'a [Applied], known: &'a [Known]) -> HashSet<&'a str> {
    let rows = || applied.iter().map(|row| row.version.as_str());
    if tool == Tool::Alembic {
        return graph::ancestors(rows(), known);
    }
    let mut done: HashSet<_> = rows().collect();
    for row in applied.iter().filter(|row| row.is_baseline) {
        let before = |known: &&Known| {
            !known.is_repeatable && version::order(&known.version, &row.version) != Ordering::Greater
        };
        done.extend(known.iter().filter(before).map(|known| known.version.as_str()));
    }
    for file in known {
        squashed(file, &mut done);
        // A repeatable one whose text has changed is to be applied again.
        let stale = |row: &&Applied| row.version == file.version && differs(row, file);
        if file.is_repeatable && applied.iter().any(|row| stale(&row)) {
            done.remove(file.version.as_str());
        }
    }
    done
}

/// A squashed migration stands for those it replaces: it is applied when all of them are, takes their place when none is, and is left
/// out when some are (Django, "Squashing migrations").
fn squashed<'a>(file: &'a Known, done: &mut HashSet<&'a str>) {
    let applied = file.replaces.iter().filter(|old| done.contains(old.as_str())).count();
    if file.replaces.is_empty() {
        return;
    }
    if applied > 0 {
        done.insert(&file.version);
    } else if !done.contains(file.version.as_str()) {
        done.extend(file.replaces.iter().map(String::as_str));
    }
}

/// What a schema's state means for a deployment: problems and anything pending fail.
pub fn check(state: &SchemaState, dialect: Dialect) -> Vec<Check> {
    let name = format!("migrations.{}", state.tool.name());
    let mut checks = Vec::new();
    if !state.problems.is_empty() {
        let words = named(state.problems.iter().map(Problem::to_string));
        let fix = format!("repair it with {} before anything is deployed", state.tool.name());
        checks.push(Check::new(name.clone(), Status::Fail, words).with_fix(fix));
    }
    if state.pending.is_empty() {
        if checks.is_empty() {
            let detail = format!("{} applied, none pending", state.applied.len());
            checks.push(Check::new(name, Status::Pass, detail));
        }
        return checks;
    }
    let worst = state.pending.iter().map(|pending| pending.effect(dialect)).max().unwrap_or(Effect::Unknown);
    let words = state
        .pending
        .iter()
        .map(|pending| format!("{} ({})", pending.version, word(pending.effect(dialect))));
    let detail = format!("{} pending: {}", state.pending.len(), named(words));
    checks.push(Check::new(name, Status::Fail, detail).with_fix(fix(worst)));
    checks
}

const fn fix(worst: Effect) -> &'static str {
    match worst {
        Effect::Neutral | Effect::Expand => {
            "apply them before the deployment; the old release can run on them"
        }
        Effect::Blocking => "apply them when there is little traffic: they may lock a table",
        Effect::Unknown => "read them: if the old release can run on them, apply them before the deployment",
        Effect::Contract => {
            "keep back what takes something away until the old release is retired; deploy without it first"
        }
    }
}

const fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Neutral => "neutral",
        Effect::Expand => "expand",
        Effect::Blocking => "blocking",
        Effect::Unknown => "unknown",
        Effect::Contract => "contract",
    }
}

fn named(words: impl ExactSizeIterator<Item = String>) -> String {
    let more = words.len().saturating_sub(MAX_NAMED);
    let mut text = words.take(MAX_NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}
