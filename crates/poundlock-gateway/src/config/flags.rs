//! The layer of command-line flags, the last word.
//!
//! A flag names a path; where that path goes through a table of names, such as `service.default.to`, the
//! name is only what to call the entry when there is none yet.

use serde_json::Value;

use super::problem::{Place, Problem, Severity};
use super::tree::{Node, Origin, steps as steps_of};

/// A flag with its dashes, the path it sets, and the value.
pub type Flag = (&'static str, &'static str, Value);

/// Lays the flags over the tree.
pub(super) fn overlay(root: &mut Node, flags: &[Flag], problems: &mut Vec<Problem>) {
    for (flag, path, value) in flags {
        let mut steps: Vec<String> = steps_of(path).map(str::to_owned).collect();
        if let [map @ ("service" | "listen"), name, _] = path.split('.').collect::<Vec<_>>()[..] {
            match only_entry(root, map, name) {
                Ok(name) => steps[1] = name,
                Err(names) => {
                    problems.push(ambiguous(flag, map, steps[2].as_str(), &names));
                    continue;
                }
            }
        }
        root.set(&steps, Node::from_json(value.clone(), &Origin::Flag(flag)));
    }
}

/// The entry that a flag means: the only one, `name` when there is none, or else all names.
fn only_entry(root: &Node, map: &str, name: &str) -> Result<String, Vec<String>> {
    let names: Vec<String> =
        root.get(map).into_iter().flat_map(Node::table).map(|(name, _)| name.clone()).collect();
    match names.as_slice() {
        [] => Ok(name.to_owned()),
        [only] => Ok(only.clone()),
        // `--listen` is by its definition about the listener `http`; no service is special.
        several if map == "listen" && several.iter().any(|existing| existing == name) => Ok(name.to_owned()),
        _ => Err(names),
    }
}

fn ambiguous(flag: &'static str, map: &str, key: &str, names: &[String]) -> Problem {
    let paths: Vec<_> = names.iter().take(3).map(|name| format!("`{map}.{name}.{key}`")).collect();
    let more = if names.len() > 3 { ", …" } else { "" };
    Problem {
        severity: Severity::Error,
        message: format!("`{flag}` cannot choose between {} entries of `{map}`", names.len()),
        label: None,
        help: Some(format!("set {}{more} in the file and leave the flag out", paths.join(" or "))),
        path: map.to_owned(),
        place: Place::Flag(flag),
    }
}
