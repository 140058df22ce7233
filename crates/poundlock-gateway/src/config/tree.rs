//! [`Node`]: the merged settings of all layers, each with the [`Origin`] that won.
//!
//! A tree knows nothing of the schema; any shape is a tree.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

/// A setting or a table of settings, and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) content: Content,
    pub(super) origin: Origin,
}

/// What a [`Node`] holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// Keys and what is under them.
    Table(BTreeMap<String, Node>),
    /// Values in order.
    List(Vec<Node>),
    /// A string, a number or a boolean.
    Scalar(Value),
    /// A value that no key takes, named for the error: a date, a number beyond 64 bits.
    Other(&'static str),
}

/// Which layer a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nobody set it.
    Default,
    /// The file, as byte ranges.
    File {
        /// The key, or the element itself in a list.
        key: Range<usize>,
        /// The value, or the header of a table.
        value: Range<usize>,
        /// A `${…}` was replaced: the text stands for a value of any type.
        substituted: bool,
    },
    /// An environment variable.
    Env(String),
    /// A command-line flag, with its dashes.
    Flag(&'static str),
}

impl Node {
    /// A table that nobody wrote.
    pub(super) fn empty_table() -> Self {
        Self { content: Content::Table(BTreeMap::new()), origin: Origin::Default }
    }

    /// A JSON value from one origin; keys that are `null` are not set.
    pub(super) fn from_json(value: Value, origin: &Origin) -> Self {
        let content = match value {
            Value::Object(map) => {
                let set = map.into_iter().filter(|(_, value)| !value.is_null());
                Content::Table(set.map(|(key, value)| (key, Self::from_json(value, origin))).collect())
            }
            Value::Array(items) => {
                Content::List(items.into_iter().map(|v| Self::from_json(v, origin)).collect())
            }
            scalar => Content::Scalar(scalar),
        };
        Self { content, origin: origin.clone() }
    }

    /// The same without origins.
    pub(super) fn to_json(&self) -> Value {
        match &self.content {
            Content::Table(map) => map.iter().map(|(k, v)| (k.clone(), v.to_json())).collect(),
            Content::List(items) => items.iter().map(Self::to_json).collect(),
            Content::Scalar(value) => value.clone(),
            Content::Other(kind) => Value::from(*kind),
        }
    }

    /// The keys under this node; empty unless it is a table.
    pub(super) fn table(&self) -> impl Iterator<Item = (&String, &Node)> {
        let map = if let Content::Table(map) = &self.content { Some(map) } else { None };
        map.into_iter().flatten()
    }

    /// Where in the file its key stands; what is not from the file comes after everything.
    pub(super) fn place_in_file(&self) -> usize {
        match &self.origin {
            Origin::File { key, .. } => key.start,
            _ => usize::MAX,
        }
    }

    /// What is under one key.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match &self.content {
            Content::Table(map) => map.get(key),
            Content::List(items) => items.get(key.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// Puts a node at a path, making tables on the way. Nothing happens below something that is no table:
    /// the structure check reports it.
    pub(super) fn set(&mut self, path: &[String], node: Node) {
        let Some((first, rest)) = path.split_first() else {
            *self = node;
            return;
        };
        if let Content::Table(map) = &mut self.content {
            map.entry(first.clone()).or_insert_with(Self::empty_table).set(rest, node);
        }
    }

    /// The node at a path such as `service.api.to[1]`, or its nearest ancestor; and whether it is exact.
    pub(super) fn nearest(&self, path: &str) -> (&Node, bool) {
        let mut best = self;
        let mut node = self;
        for step in steps(path) {
            match node.get(step) {
                Some(next) => node = next,
                None => return (best, false),
            }
            if node.origin != Origin::Default {
                best = node;
            }
        }
        (best, std::ptr::eq(best, node))
    }
}

/// The path of a key below another; a key with anything but letters, digits, `-` and `_` in it is quoted, as TOML wants it.
pub(super) fn below(path: &str, key: &str) -> String {
    let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    // A string of JSON is one of TOML.
    let key = if plain && !key.is_empty() { key.to_owned() } else { Value::from(key).to_string() };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// The keys and positions of a path, without their quotes.
pub(super) fn steps(path: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let parts = path.split(move |char: char| {
        quoted ^= char == '"';
        !quoted && matches!(char, '.' | '[')
    });
    parts.map(|step| step.trim_end_matches(']').trim_matches('"')).filter(|step| !step.is_empty())
}

/// The last key of a path: `to` of `service.api.to[1]`, with its quotes if it has any.
pub(super) fn last_key(path: &str) -> &str {
    let mut quoted = false;
    let dot = path.char_indices().filter(|(_, char)| {
        quoted ^= *char == '"';
        !quoted && *char == '.'
    });
    let key = dot.last().map_or(path, |(at, _)| &path[at + 1..]);
    if key.starts_with('"') { key } else { key.split('[').next().unwrap_or(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_dots_stay_whole() {
        let path = below(&below("a.b", "query.x"), "min");
        assert_eq!(path, "a.b.\"query.x\".min");
        assert_eq!(steps(&path).collect::<Vec<_>>(), ["a", "b", "query.x", "min"]);
        assert_eq!(steps("a.to[1]").collect::<Vec<_>>(), ["a", "to", "1"]);
        assert_eq!([last_key(&path), last_key("a.to[1]"), last_key("to")], ["min", "to", "to"]);
        assert_eq!(last_key("a.\"query.x\""), "\"query.x\"");
    }
}
