//! The program that is judged.
//!
//! Main types: [`Scanner`] and [`Answer`].

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use crate::cargo;

pub(super) struct Scanner {
    program: PathBuf,
}

#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) id: serde_json::Value,
    pub(super) verdict: String,
    pub(super) ns: u64,
    pub(super) findings: Vec<Finding>,
}

#[derive(Deserialize)]
pub(super) struct Finding {
    pub(super) class: String,
    rule: String,
    location: String,
    evidence: String,
    score: u8,
}

impl Answer {
    pub(super) fn blocked(&self) -> bool {
        self.verdict == "block"
    }

    /// The strongest finding in a few words.
    pub(super) fn because(&self) -> String {
        let told = |f: &Finding| {
            let text: String = f.evidence.chars().take(90).collect();
            format!("{}/{} {} at {}: {text:?}", f.class, f.rule, f.score, f.location)
        };
        self.findings.first().map_or_else(|| "nothing was found".into(), told)
    }
}

impl Scanner {
    /// Builds the scanner in release mode.
    pub(super) fn build(root: &Path) -> Result<Self> {
        let arguments = ["--release", "-p", "poundlock-shield", "--example", "scan"];
        Ok(Self { program: cargo::build(root, &arguments, "release/examples/scan")? })
    }

    /// Feeds `lines` to the scanner and reads an answer for each.
    pub(super) fn scan(&self, input: &str, level: u8, lines: &[String]) -> Result<Vec<Answer>> {
        let mut child = Command::new(&self.program)
            .args([input, &level.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the scanner")?;
        let mut stdin = child.stdin.take().context("no way to the scanner")?;
        let stdout = child.stdout.take().context("no way from the scanner")?;
        let answers = thread::scope(|scope| {
            scope.spawn(move || {
                // A scanner that is gone is noticed by the missing answers.
                lines.iter().try_for_each(|line| writeln!(stdin, "{line}"))
            });
            BufReader::new(stdout)
                .lines()
                .map(|line| Ok(serde_json::from_str(&line?)?))
                .collect::<Result<Vec<Answer>>>()
        })?;
        ensure!(child.wait()?.success() && answers.len() == lines.len(), "the scanner lost lines");
        Ok(answers)
    }
}
