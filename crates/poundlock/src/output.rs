//! What is printed, and what the exit code says.
//!
//! Main types: [`Out`] and [`Failure`]. Results go to stdout, everything else to stderr.

use crate::cli::General;
use poundlock_gateway::config::Problems;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};

/// How to print.
pub(crate) struct Out {
    json: bool,
    color: bool,
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Exit code 1: what was asked for did not work.
    Failed(anyhow::Error),
    /// Exit code 1, and everything has been said.
    Told,
    /// Exit code 2: the configuration is invalid.
    Invalid(Problems),
    /// Exit code 2: the command line is.
    Usage(String),
    /// Exit code 3: no admin API.
    Unreachable(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl Failure {
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Failed(_) | Failure::Told => 1,
            Failure::Invalid(_) | Failure::Usage(_) => 2,
            Failure::Unreachable(_) => 3,
        }
    }
}

impl Out {
    pub(crate) fn new(general: &General) -> Self {
        let no_color = general.no_color || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        Self { json: general.json, color: !no_color && std::io::stderr().is_terminal() }
    }

    /// Whether stderr takes colours.
    pub(crate) fn color(&self) -> bool {
        self.color
    }

    /// Prints a result: as JSON where that was asked for, else as text.
    pub(crate) fn result<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if !self.json {
            return self.text(&text());
        }
        let json = serde_json::to_string_pretty(value).map_err(anyhow::Error::from)?;
        self.text(&(json + "\n"))
    }

    /// Prints text to stdout. A reader that has seen enough is no failure.
    pub(crate) fn text(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(anyhow::Error::from(error).context("cannot write to stdout").into())
            }
            _ => Ok(()),
        }
    }

    /// Prints a line to stderr.
    pub(crate) fn note(&self, line: &str) {
        // Nobody is left to tell when stderr is gone.
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    /// Says why a command failed.
    pub(crate) fn failure(&self, failure: &Failure) {
        if self.json {
            let _ = self.text(&(failure.to_json().to_string() + "\n"));
            return;
        }
        match failure {
            Failure::Told => {}
            Failure::Failed(error) | Failure::Unreachable(error) => self.note(&format!("error: {error:#}")),
            Failure::Invalid(problems) => self.note(problems.render(self.color).trim_end()),
            Failure::Usage(text) => self.note(&format!("error: {text}")),
        }
    }
}

impl Failure {
    fn to_json(&self) -> Value {
        match self {
            Failure::Told => json!({ "ok": false }),
            Failure::Failed(error) | Failure::Unreachable(error) => {
                json!({ "ok": false, "error": format!("{error:#}") })
            }
            Failure::Invalid(problems) => json!({ "ok": false, "problems": problems }),
            Failure::Usage(text) => json!({ "ok": false, "error": text }),
        }
    }
}

pub(crate) fn version(out: &Out) -> Result<(), Failure> {
    let version = env!("CARGO_PKG_VERSION");
    out.result(&json!({ "version": version }), || format!("poundlock {version}\n"))
}
