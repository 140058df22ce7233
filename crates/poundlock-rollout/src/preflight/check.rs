//! What a check found, and what follows from all of them.
//!
//! Main types: [`Check`] and [`Report`].

use serde::{Deserialize, Serialize};
use std::fmt;

/// The most bytes of a detail or a hint.
const MAX_TEXT: usize = 2_048;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// There was nothing to look at.
    Skip,
    /// All is well.
    Pass,
    /// A person should know.
    Warn,
    /// The deployment must not begin.
    Fail,
}

impl Status {
    /// Its word, of four letters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Skip => "SKIP",
            Self::Pass => "PASS",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name, such as `env.DATABASE_URL`.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// How long it took, in milliseconds; whoever ran it knows.
    pub duration_ms: u64,
    /// What was found. Never the value of a secret.
    pub detail: String,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Check {
    /// A check that took no time worth telling.
    pub fn new(name: impl Into<String>, status: Status, detail: impl Into<String>) -> Self {
        Self { name: name.into(), status, duration_ms: 0, detail: cut(detail.into()), fix: None }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(cut(fix.into())), ..self }
    }

    /// The same with the time it took.
    #[must_use]
    pub fn took(self, duration_ms: u64) -> Self {
        Self { duration_ms, ..self }
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    text
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (status, name, ms) = (self.status.name(), &self.name, self.duration_ms);
        write!(f, "{status} {name} ({ms} ms): {}", self.detail)?;
        self.fix.iter().try_for_each(|fix| write!(f, "\n     fix: {fix}"))
    }
}

/// All checks of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Report {
    /// In the order in which they ran.
    pub checks: Vec<Check>,
}

impl Report {
    /// The worst status; none is a pass.
    pub fn status(&self) -> Status {
        self.checks.iter().map(|check| check.status).max().unwrap_or(Status::Pass).max(Status::Pass)
    }

    /// The exit code: 1 when a check failed, 0 otherwise.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.status() == Status::Fail)
    }

    /// The exit code where warnings count as failures.
    pub fn strict_exit_code(&self) -> u8 {
        u8::from(self.status() >= Status::Warn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_check_decides() {
        let report = |statuses: &[Status]| Report {
            checks: statuses.iter().map(|status| Check::new("x", *status, "")).collect(),
        };
        let codes = |statuses: &[Status]| (report(statuses).exit_code(), report(statuses).strict_exit_code());
        assert_eq!(codes(&[]), (0, 0));
        assert_eq!(codes(&[Status::Skip, Status::Pass]), (0, 0));
        assert_eq!(codes(&[Status::Pass, Status::Warn]), (0, 1));
        assert_eq!(codes(&[Status::Fail, Status::Warn]), (1, 1));
    }

    #[test]
    fn a_line_has_all_of_it() {
        let check = Check::new("ports", Status::Fail, "8080 is taken").with_fix("stop pid 7").took(12);
        assert_eq!(check.to_string(), "FAIL ports (12 ms): 8080 is taken\n     fix: stop pid 7");
        assert!(serde_json::to_string(&check).unwrap().contains("\"status\":\"FAIL\""));
        assert_eq!(Check::new("x", Status::Pass, "é".repeat(2_000)).detail.len(), MAX_TEXT);
    }
}
