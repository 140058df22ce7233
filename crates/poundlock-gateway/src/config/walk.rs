//! Checks the shape of a [`Node`] against the [`Schema`]: unknown keys, wrong types, ranges. Fills in defaults.
//!
//! What is wrong is reported and taken out, so that what is left always fits `raw` and its values can be
//! checked in the same run. The meaning of values is not known here.

mod explain;

pub(super) use explain::key_help;

use std::collections::BTreeSet;

use serde_json::Value;

use super::problem::{Place, Problem, Severity};
use super::schema::{Kind, Schema};
use super::tree::{Content, Node, Origin, below};
use super::values;

/// Makes `root` fit the schema, complete with defaults, and reports everything that had to go.
pub(super) fn walk(root: &mut Node, problems: &mut Vec<Problem>) {
    let reported = problems.iter().map(|problem| problem.path.clone()).collect();
    Walk { reported, problems }.table(root, Schema::root(), "");
}

struct Walk<'a> {
    /// Paths that a layer has found fault with before.
    reported: BTreeSet<String>,
    problems: &'a mut Vec<Problem>,
}

impl Walk<'_> {
    /// Whether the node fits; if not, it has been reported.
    fn node(&mut self, node: &mut Node, schema: Schema, path: &str) -> bool {
        // A variable that could not be replaced is one problem, not also a wrong value.
        if self.reported.contains(path) {
            return false;
        }
        coerce(node, schema);
        let fits = match (schema.kind(), &mut node.content) {
            (Kind::Table | Kind::Map, Content::Table(_)) => {
                self.table(node, schema, path);
                return true;
            }
            (Kind::List, Content::List(_)) => return self.list(node, schema, path),
            (Kind::Text, Content::Scalar(Value::String(text))) => {
                let choices = schema.choices();
                choices.is_empty() || choices.contains(&text.as_str())
            }
            (Kind::Integer, Content::Scalar(Value::Number(number))) => {
                number.as_i64().is_some_and(|number| in_range(number, schema))
            }
            (Kind::Bool, Content::Scalar(Value::Bool(_))) => true,
            _ => false,
        };
        if !fits {
            self.report(path, Place::value(node), explain::wrong_value(node, schema, path));
        }
        fits
    }

    fn table(&mut self, node: &mut Node, schema: Schema, path: &str) {
        let place = Place::key(node);
        let Content::Table(map) = &mut node.content else { return };
        map.retain(|key, child| {
            let path = below(path, key);
            let Some(child_schema) = schema.get(key) else {
                self.report(&path, Place::key(child), explain::unknown_key(key, schema, &path));
                return false;
            };
            if schema.kind() == Kind::Map && schema.takes_names_only() && !values::is_name(key) {
                self.report(&path, Place::key(child), explain::bad_name(key));
                return false;
            }
            // Empty means unset, but where it means nothing at all.
            let empty = child.content == Content::Scalar(Value::from(""));
            (!empty || child_schema.takes_empty()) && self.node(child, child_schema, &path)
        });
        if let Some(max) = schema.bound("maxProperties").filter(|max| map.len() as i64 > *max) {
            self.report(path, place, explain::too_many(map.len(), max, path));
        }
        for key in schema.keys().filter(|key| !map.contains_key(*key)).collect::<Vec<_>>() {
            if let Some(default) = schema.get(key).and_then(Schema::default) {
                map.insert(key.to_owned(), Node::from_json(default.clone(), &Origin::Default));
            }
        }
    }

    /// A list with one wrong element goes as a whole: later messages count by position.
    fn list(&mut self, node: &mut Node, schema: Schema, path: &str) -> bool {
        let place = Place::value(node);
        let Content::List(items) = &mut node.content else { return false };
        if let Some(max) = schema.bound("maxItems").filter(|max| items.len() as i64 > *max) {
            self.report(path, place, explain::too_many(items.len(), max, path));
            return false;
        }
        let mut fit = true;
        for (index, item) in items.iter_mut().enumerate() {
            fit &= self.node(item, schema.items(), &format!("{path}[{index}]"));
        }
        fit
    }

    fn report(&mut self, path: &str, place: Place, explained: explain::Explained) {
        let explain::Explained { message, label, help } = explained;
        let path = path.to_owned();
        self.problems.push(Problem { severity: Severity::Error, message, label, help, path, place });
    }
}

fn in_range(number: i64, schema: Schema) -> bool {
    schema.bound("minimum").is_none_or(|min| number >= min)
        && schema.bound("maximum").is_none_or(|max| number <= max)
}

/// Gives text from a variable or a flag the type that the schema wants; text that does not fit stays text.
fn coerce(node: &mut Node, schema: Schema) {
    let untyped = !matches!(node.origin, Origin::File { substituted: false, .. } | Origin::Default);
    let Content::Scalar(Value::String(text)) = &node.content else { return };
    if !untyped {
        return;
    }
    let text = text.trim();
    let content = match schema.kind() {
        Kind::Integer => text.parse::<i64>().ok().map(|number| Content::Scalar(Value::from(number))),
        Kind::Bool => parse_bool(text).map(|flag| Content::Scalar(Value::from(flag))),
        Kind::List => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            let origin = &node.origin;
            Some(Content::List(items.map(|item| Node::from_json(Value::from(item), origin)).collect()))
        }
        Kind::Text => Some(Content::Scalar(Value::from(text))),
        Kind::Table | Kind::Map => None,
    };
    if let Some(content) = content {
        node.content = content;
    }
}

/// The spellings that variables use in the wild.
fn parse_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}
