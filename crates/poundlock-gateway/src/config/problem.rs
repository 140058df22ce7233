//! [`Problems`]: everything that is wrong with a configuration, each with its place.
//!
//! How a problem is drawn is in `render`; this file does not know what the problems are about.

mod render;

use std::ops::Range;
use std::path::PathBuf;

use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::tree::{Node, Origin};

/// Problems kept; finding the line of each takes a look at the whole file.
const MAX_PROBLEMS: usize = 200;

/// Problems of one configuration, in the order of the file, then variables, then flags.
///
/// Serializes as a list of `{severity, message, expected, help, path, file, line, column, variable, flag}`;
/// lines and columns count from 1, columns in characters; what does not apply is `null`.
#[derive(Debug, Clone)]
pub struct Problems {
    file: Option<(PathBuf, String)>,
    list: Vec<Problem>,
}

/// One thing that is wrong, and how to put it right.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    pub(super) severity: Severity,
    /// What is wrong, in lower case, naming the key.
    pub(super) message: String,
    /// What would be right, drawn under the value.
    pub(super) label: Option<String>,
    /// What to do.
    pub(super) help: Option<String>,
    /// The key, such as `service.api.to[1]`; empty for the whole.
    pub(super) path: String,
    pub(super) place: Place,
}

/// Whether the configuration can be used in spite of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    Error,
    Warning,
}

/// What to point at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Bytes of the file.
    File(Range<usize>),
    Env(String),
    Flag(&'static str),
    /// The configuration as a whole.
    Nowhere,
}

impl Place {
    /// The key of a node: for what is unknown, missing or in the wrong place.
    pub(super) fn key(node: &Node) -> Self {
        match &node.origin {
            Origin::File { key, .. } => Self::File(key.clone()),
            other => Self::of(other),
        }
    }

    /// The value of a node.
    pub(super) fn value(node: &Node) -> Self {
        Self::of(&node.origin)
    }

    fn of(origin: &Origin) -> Self {
        match origin {
            Origin::Default => Self::Nowhere,
            Origin::File { value, .. } => Self::File(value.clone()),
            Origin::Env(name) => Self::Env(name.clone()),
            Origin::Flag(name) => Self::Flag(name),
        }
    }

    fn order(&self) -> (u8, usize) {
        match self {
            Self::File(range) => (0, range.start),
            Self::Env(_) => (1, 0),
            Self::Flag(_) => (2, 0),
            Self::Nowhere => (3, 0),
        }
    }
}

impl Problems {
    pub(super) fn new(file: Option<(PathBuf, String)>, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| problem.place.order());
        list.truncate(MAX_PROBLEMS);
        Self { file, list }
    }

    /// How many there are, up to 200; a file of rubbish has no more to say.
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// For people: each problem with its line, then a summary line. `color` adds ANSI colours.
    pub fn render(&self, color: bool) -> String {
        render::render(self, color)
    }

    /// Like [`render`](Self::render) for a failed reload: adds that the running configuration stays.
    pub fn render_reload(&self, color: bool) -> String {
        let mut text = render::render(self, color);
        text.truncate(text.trim_end().len());
        text.push_str(" The running configuration was not changed.\n");
        text
    }

    /// `poundlock.toml:12` for a byte in the file.
    pub(super) fn locate(&self, at: usize) -> String {
        let path = self.file.as_ref().map_or_else(String::new, |(path, _)| path.display().to_string());
        format!("{path}:{}", self.line_column(at).0)
    }

    /// Line and column, from 1, of a byte in the file; the column in characters.
    fn line_column(&self, at: usize) -> (usize, usize) {
        let text = self.file.as_ref().map_or("", |(_, text)| text);
        let before = &text[..text.floor_char_boundary(at)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

impl Serialize for Problems {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.list.len()))?;
        for problem in &self.list {
            let at = match &problem.place {
                Place::File(range) => Some(self.line_column(range.start)),
                _ => None,
            };
            seq.serialize_element(&serde_json::json!({
                "severity": match problem.severity { Severity::Error => "error", Severity::Warning => "warning" },
                "message": problem.message,
                "expected": problem.label,
                "help": problem.help,
                "path": problem.path,
                "file": at.and(self.file.as_ref()).map(|(path, _)| path.display().to_string()),
                "line": at.map(|(line, _)| line),
                "column": at.map(|(_, column)| column),
                "variable": if let Place::Env(name) = &problem.place { Some(name) } else { None },
                "flag": if let Place::Flag(name) = &problem.place { Some(name) } else { None },
            }))?;
        }
        seq.end()
    }
}

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}
