//! The layer of environment variables: the well-known ones, then `POUNDLOCK__SECTION__KEY`.
//!
//! Puts text into the tree; `walk` gives it a type. Does not read the environment of the process.

use std::collections::BTreeMap;

use serde_json::Value;

use super::problem::{Place, Problem, Severity};
use super::schema::{Kind, Schema};
use super::suggest::closest;
use super::tree::{Node, Origin};
use super::values::is_name;
use super::walk::key_help;

/// Variables that other tools use too, and the key each one sets.
const WELL_KNOWN: &[(&str, &[&str])] =
    &[("PROMETHEUS_METRICS_ENABLED", &["metrics", "prometheus"]), ("REDIS_URL", &["store", "redis"])];

/// The two variables that make one rate, and what each is when only the other is set.
const REQUESTS: (&str, u64) = ("RATE_LIMIT_REQUESTS", 100);
const WINDOW_SECONDS: (&str, u64) = ("RATE_LIMIT_WINDOW_SECONDS", 60);

const PREFIX: &str = "POUNDLOCK__";

/// Lays the variables over the tree. An empty variable counts as unset. Names are not case-sensitive.
pub(super) fn overlay(root: &mut Node, env: &BTreeMap<String, String>, problems: &mut Vec<Problem>) {
    let set = |root: &mut Node, path: &[String], name: &str, text: &str| {
        let origin = Origin::Env(name.to_owned());
        root.set(path, Node::from_json(Value::from(text), &origin));
    };
    for (name, path) in WELL_KNOWN {
        if let Some(text) = env.get(*name).filter(|text| !text.is_empty()) {
            let path: Vec<_> = path.iter().map(|&key| key.to_owned()).collect();
            set(root, &path, name, text);
        }
    }
    if let Some((name, rate)) = rate(env) {
        set(root, &["limits", "default", "rate"].map(str::to_owned), name, &rate);
    }
    for (name, text) in env.iter().filter(|(_, text)| !text.is_empty()) {
        let Some(segments) = segments(name) else { continue };
        match resolve(root, &segments) {
            Ok(path) => set(root, &path, name, text),
            Err(help) => problems.push(Problem {
                severity: Severity::Error,
                message: format!("unknown variable `{name}`"),
                label: None,
                help: Some(help),
                path: String::new(),
                place: Place::Env(name.clone()),
            }),
        }
    }
}

/// What `RATE_LIMIT_REQUESTS` and `RATE_LIMIT_WINDOW_SECONDS` say together, and the name of one that is set.
fn rate(env: &BTreeMap<String, String>) -> Option<(&'static str, String)> {
    let given = |name: &str| env.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let (requests, window) = (given(REQUESTS.0), given(WINDOW_SECONDS.0));
    let name = if requests.is_some() { REQUESTS.0 } else { WINDOW_SECONDS.0 };
    let or = |text: Option<&str>, default: u64| text.map_or(default.to_string(), str::to_owned);
    let any = requests.is_some() || window.is_some();
    any.then(|| (name, format!("{}/{}s", or(requests, REQUESTS.1), or(window, WINDOW_SECONDS.1))))
}

/// What stands between the double underscores, in lower case; `None` for a variable that is not ours.
fn segments(name: &str) -> Option<Vec<String>> {
    let prefix = name.get(..PREFIX.len())?;
    let ours = prefix.eq_ignore_ascii_case(PREFIX);
    ours.then(|| name[PREFIX.len()..].split("__").map(str::to_ascii_lowercase).collect())
}

/// The path that a variable names, or what to write instead.
fn resolve(root: &Node, segments: &[String]) -> Result<Vec<String>, String> {
    let mut schema = Schema::root();
    let mut node = Some(root);
    let mut path: Vec<String> = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        let key = match schema.kind() {
            Kind::Table if schema.get(segment).is_some() => segment.clone(),
            Kind::Map if is_name(&segment.replace('_', "-")) => entry(node, segment),
            Kind::Table => return Err(unknown(schema, &path, segment, &segments[index + 1..])),
            Kind::Map => return Err(format!("`{segment}` cannot be a name: use letters, digits and `_`")),
            _ => return Err(format!("did you mean `{}`?", variable(&path))),
        };
        schema = schema.get(&key).expect("the match above takes known keys and entries of maps only");
        node = node.and_then(|node| node.get(&key));
        path.push(key);
    }
    match schema.kind() {
        Kind::Table => Err(format!(
            "it names a table; set one of its keys: {}",
            schema.keys().collect::<Vec<_>>().join(", ")
        )),
        Kind::Map => Err(format!("it names a table; go on with a name: `{}__NAME__KEY`", variable(&path))),
        _ => Ok(path),
    }
}

/// The entry of a map that a segment means: variables cannot contain `-`, so `_` stands for it.
fn entry(map: Option<&Node>, segment: &str) -> String {
    let name = segment.replace('_', "-");
    let existing = map.into_iter().flat_map(Node::table).map(|(key, _)| key);
    existing.into_iter().find(|key| key.to_lowercase() == name).cloned().unwrap_or(name)
}

fn unknown(schema: Schema, path: &[String], segment: &str, rest: &[String]) -> String {
    match closest(segment, schema.keys()) {
        Some(near) => {
            let mut meant = path.to_vec();
            meant.push(near.to_owned());
            meant.extend_from_slice(rest);
            format!("did you mean `{}`?", variable(&meant))
        }
        None => key_help(segment, schema),
    }
}

fn variable(path: &[String]) -> String {
    format!("{PREFIX}{}", path.join("__").to_uppercase().replace('-', "_"))
}
