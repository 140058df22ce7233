//! `${NAME}` and `${NAME:-default}` inside the strings of a file.
//!
//! As in a shell, `:-` also replaces a variable that is set but empty. `$${` stands for a plain `${`, any
//! other `$` for itself; nothing is replaced twice.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use super::{Place, Problem, Severity};
use crate::config::tree::{Content, Node, Origin};

/// What all replacements together may add, in bytes.
const MAX_ADDED_BYTES: usize = 1024 * 1024;

/// Replaces in every string below `root`; each string that fails keeps its text.
pub(super) fn substitute(
    root: &mut Node,
    text: &str,
    env: &BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) {
    let mut left = MAX_ADDED_BYTES;
    visit(root, "", &mut |path, node| {
        let Content::Scalar(Value::String(string)) = &mut node.content else { return };
        let Origin::File { value, substituted, .. } = &mut node.origin else { return };
        if !string.contains("${") {
            return;
        }
        match expand(string, env, &mut left) {
            Ok(expanded) => {
                *string = expanded;
                *substituted = true;
            }
            Err(failure) => problems.push(failure.into_problem(path, text, value)),
        }
    });
}

fn visit(node: &mut Node, path: &str, change: &mut impl FnMut(&str, &mut Node)) {
    match &mut node.content {
        Content::Table(map) => {
            for (key, child) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                visit(child, &path, change);
            }
        }
        Content::List(items) => {
            for (index, child) in items.iter_mut().enumerate() {
                visit(child, &format!("{path}[{index}]"), change);
            }
        }
        Content::Scalar(_) | Content::Other(_) => change(path, node),
    }
}

struct Failure {
    message: String,
    help: String,
    /// The text to point at, as it stands in the file.
    at: String,
}

impl Failure {
    fn into_problem(self, path: &str, text: &str, value: &Range<usize>) -> Problem {
        let place = match text[value.clone()].find(&self.at) {
            Some(offset) => value.start + offset..value.start + offset + self.at.len(),
            None => value.clone(),
        };
        Problem {
            severity: Severity::Error,
            message: self.message,
            label: None,
            help: Some(self.help),
            path: path.to_owned(),
            place: Place::File(place),
        }
    }
}

fn expand(string: &str, env: &BTreeMap<String, String>, left: &mut usize) -> Result<String, Failure> {
    let mut out = String::new();
    let mut rest = string;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            out.push_str(&rest[..at - 1]);
            out.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let Some(end) = rest[at..].find('}') else {
            return Err(Failure {
                message: "`${` without `}`".to_owned(),
                help: "write `$${` for a plain `${`".to_owned(),
                at: rest[at..].to_owned(),
            });
        };
        let value = lookup(&rest[at + 2..at + end], env)?;
        *left = left.checked_sub(value.len()).ok_or_else(|| Failure {
            message: format!("the variables in this file add more than {MAX_ADDED_BYTES} bytes"),
            help: "use shorter values".to_owned(),
            at: rest[at..=at + end].to_owned(),
        })?;
        out.push_str(value);
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn lookup<'a>(inside: &'a str, env: &'a BTreeMap<String, String>) -> Result<&'a str, Failure> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let mut chars = name.chars();
    let first_is_right = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !first_is_right || !chars.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(Failure {
            message: format!("`{name}` is not the name of a variable"),
            help: "write `${NAME}` or `${NAME:-default}`, and `$${` for a plain `${`".to_owned(),
            at: format!("${{{inside}}}"),
        });
    }
    match (env.get(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default),
        (None, None) => Err(Failure {
            message: format!("variable `{name}` is not set"),
            help: format!("set it, or give a default: `${{{name}:-default}}`"),
            at: format!("${{{inside}}}"),
        }),
    }
}
