//! Shows the effective configuration, as TOML or JSON, with the origin of each value on request.

use serde_json::{Map, Value, json};

use super::problem::Problems;
use super::tree::{Content, Node, Origin, below};

/// Column at which origins start, where values are short enough.
const ORIGIN_COLUMN: usize = 48;
/// The one map whose order in the file has a meaning.
const ROUTES_IN_ORDER: &str = "shield.route";

/// A TOML document; with `origins`, each line ends in a comment that says who set it.
pub(super) fn toml(root: &Node, origins: Option<&Problems>) -> String {
    let mut out = String::new();
    table(root, "", origins, &mut out);
    out
}

/// `{"config": …, "origin": {"path": "where"}}`.
pub(super) fn json(root: &Node, places: &Problems) -> Value {
    let mut origins = Map::new();
    collect(root, "", places, &mut origins);
    json!({ "config": root.to_json(), "origin": origins })
}

fn table(node: &Node, path: &str, origins: Option<&Problems>, out: &mut String) {
    let (mut tables, leaves): (Vec<_>, Vec<_>) =
        node.table().partition(|(_, child)| matches!(child.content, Content::Table(_)));
    if !path.is_empty() && !leaves.is_empty() {
        let gap = if out.is_empty() { "" } else { "\n" };
        out.push_str(&format!("{gap}[{path}]\n"));
    }
    for (key, child) in leaves {
        let line = format!("{} = {}", below("", key), literal(&child.to_json()));
        match origins {
            Some(places) => out.push_str(&format!("{line:<ORIGIN_COLUMN$} # {}\n", origin(child, places))),
            None => out.push_str(&format!("{line}\n")),
        }
    }
    if path == ROUTES_IN_ORDER {
        tables.sort_by_key(|(_, node)| node.place_in_file());
    }
    for (key, child) in tables {
        table(child, &below(path, key), origins, out);
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        // What looks like a variable here is text: it has been replaced already.
        Value::String(text) => toml::Value::from(text.replace("${", "$${")).to_string(),
        Value::Object(table) => {
            let pairs = table.iter().map(|(key, value)| format!("{} = {}", below("", key), literal(value)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn collect(node: &Node, path: &str, places: &Problems, out: &mut Map<String, Value>) {
    for (key, child) in node.table() {
        let path = below(path, key);
        match child.content {
            Content::Table(_) => collect(child, &path, places, out),
            _ => drop(out.insert(path, Value::from(origin(child, places)))),
        }
    }
}

fn origin(node: &Node, places: &Problems) -> String {
    match &node.origin {
        Origin::Default => "default".to_owned(),
        Origin::File { value, .. } => places.locate(value.start),
        Origin::Env(name) => format!("variable {name}"),
        Origin::Flag(name) => format!("flag {name}"),
    }
}
