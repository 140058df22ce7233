//! What differs between two snapshots, for people.
//!
//! Main item: [`differences`]. Values of secrets are in no snapshot, so they are in no difference.

use super::{FileBytes, Process, Snapshot, Value};
use std::{collections::BTreeMap, fmt};

/// The most bytes of a value that are shown.
const MAX_SHOWN: usize = 120;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What differs, such as `env DATABASE_URL`.
    pub what: String,
    /// What it was; absent if there was none.
    pub from: Option<String>,
    /// What it is; absent if there is none.
    pub to: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => write!(f, "{}: {from} → {to}", self.what),
            (None, Some(to)) => write!(f, "{}: + {to}", self.what),
            (Some(from), None) => write!(f, "{}: - {from}", self.what),
            (None, None) => write!(f, "{}: the same", self.what),
        }
    }
}

/// What differs, in the order in which a snapshot lists it. When and by whom it was taken is no difference.
pub fn differences(from: &Snapshot, to: &Snapshot) -> Vec<Change> {
    let mut changes = Vec::new();
    one(&mut changes, "release", from.release.as_str(), to.release.as_str());
    one(&mut changes, "artefact", &from.artefact.short(), &to.artefact.short());
    process(&mut changes, &from.process, &to.process);
    let bytes = |bytes: &FileBytes| {
        format!("{} bytes, {}", bytes.0.len(), crate::digest::Digest::of(&bytes.0).short())
    };
    many(&mut changes, "file", &from.files, &to.files, bytes);
    let long = |text: &str| crate::digest::Digest::of(text.as_bytes()).short();
    one(&mut changes, "routing", &long(&from.routing), &long(&to.routing));
    many(&mut changes, "policy", &from.policies, &to.policies, |text| long(text));
    many(&mut changes, "lock file", &from.lockfiles, &to.lockfiles, |digest| digest.short());
    let last = |schema: &super::Schema| {
        let last = schema.applied.last().map_or("empty", String::as_str);
        format!("{last} ({} applied)", schema.applied.len())
    };
    many(&mut changes, "schema", &from.schemas, &to.schemas, last);
    changes
}

fn process(changes: &mut Vec<Change>, from: &Process, to: &Process) {
    one(changes, "command", &from.command.join(" "), &to.command.join(" "));
    one(changes, "folder", from.dir.as_deref().unwrap_or("."), to.dir.as_deref().unwrap_or("."));
    one(changes, "instances", &from.instances.to_string(), &to.instances.to_string());
    let value = |value: &Value| match value {
        Value::Plain(text) => text.clone(),
        Value::Secret { reference, hash } => format!("secret {reference} ({})", hash.short()),
    };
    many(changes, "env", &from.env, &to.env, value);
}

fn one(changes: &mut Vec<Change>, what: &str, from: &str, to: &str) {
    if from != to {
        changes.push(Change { what: what.to_owned(), from: Some(cut(from)), to: Some(cut(to)) });
    }
}

fn many<T: PartialEq>(
    changes: &mut Vec<Change>,
    what: &str,
    from: &BTreeMap<String, T>,
    to: &BTreeMap<String, T>,
    show: impl Fn(&T) -> String,
) {
    let new = to.keys().filter(|key| !from.contains_key(*key));
    for key in from.keys().chain(new) {
        let (old, new) = (from.get(key), to.get(key));
        if old != new {
            let shown = |value: Option<&T>| value.map(|value| cut(&show(value)));
            changes.push(Change { what: format!("{what} {key}"), from: shown(old), to: shown(new) });
        }
    }
}

fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(MAX_SHOWN);
    if end < text.len() { format!("{}…", &text[..end]) } else { text.to_owned() }
}
