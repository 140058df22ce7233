//! The table of configuration keys in the guide is generated from `poundlock schema`, so that none is missing or invented.
//!
//! `cargo xtask docs --write` writes it between two marks; `cargo xtask docs` fails when it is out of date.

use std::{fmt::Write as _, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// The document with the table.
pub(super) const DOCUMENT: &str = "docs/guide/configuration.md";
const BEGIN: &str = "<!-- keys: written by `cargo xtask docs --write` -->\n";
const END: &str = "<!-- end of keys -->";

/// `text` of the document with a fresh table.
pub(super) fn refreshed(text: &str, poundlock: &Path) -> Result<String> {
    let output = Command::new(poundlock).arg("schema").output().context("cannot run poundlock")?;
    ensure!(output.status.success(), "`poundlock schema` failed");
    let schema = serde_json::from_slice(&output.stdout).context("`poundlock schema` printed no JSON")?;
    replaced(text, &tables(&schema)).with_context(|| format!("{DOCUMENT} lacks the marks of the table"))
}

/// `text` with `tables` between the marks.
fn replaced(text: &str, tables: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{tables}\n{END}{after}"))
}

/// One table for the keys at the top, and one for each section.
fn tables(schema: &Value) -> String {
    let mut top = Vec::new();
    let mut sections = Vec::new();
    for (name, field) in properties(schema, schema) {
        let rows = rows(schema, "", field);
        let title = if entries(schema, field).is_some() { format!("{name}.NAME") } else { name.clone() };
        match rows.as_slice() {
            [only] if only.key.is_empty() => top.push(Row { key: name.clone(), ..rows[0].clone() }),
            _ => sections.push((title, rows)),
        }
    }
    let mut text = table("At the top", &top);
    for (title, rows) in sections {
        text.push_str(&table(&format!("`{title}`"), &rows));
    }
    text
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    /// Path below the section; empty for the section itself.
    key: String,
    default: String,
    meaning: String,
}

fn table(title: &str, rows: &[Row]) -> String {
    let mut text = format!("\n### {title}\n\n| key | default | meaning |\n|---|---|---|\n");
    for Row { key, default, meaning } in rows {
        let _infallible = writeln!(text, "| `{key}` | {default} | {meaning} |");
    }
    text
}

/// The values at and below `field`, whose path is `key`.
fn rows(schema: &Value, key: &str, field: &Value) -> Vec<Row> {
    let below = entries(schema, field).unwrap_or(field);
    let children = properties(schema, below);
    if children.is_empty() {
        let default = match field.get("default") {
            None | Some(Value::Null) => "–".to_owned(),
            Some(default) => format!("`{}`", literal(default)),
        };
        let meaning = field["description"].as_str().unwrap_or_default();
        let meaning = meaning.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
        return vec![Row { key: key.to_owned(), default, meaning }];
    }
    // A section's own name is in its title.
    let key = if key.is_empty() || entries(schema, field).is_none() { key } else { &format!("{key}.NAME") };
    let path = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    children.into_iter().flat_map(|(name, child)| rows(schema, &path(name), child)).collect()
}

/// A value as TOML has it: the same as JSON for what defaults consist of, with room after commas.
fn literal(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(literal).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// The properties of a table; none for anything else.
fn properties<'a>(schema: &'a Value, field: &'a Value) -> Vec<(&'a String, &'a Value)> {
    target(schema, field)["properties"].as_object().into_iter().flatten().collect()
}

/// The schema of the entries of a map with names of the user's choice.
fn entries<'a>(schema: &'a Value, field: &'a Value) -> Option<&'a Value> {
    target(schema, field).get("additionalProperties").filter(|entries| entries.is_object())
}

/// What `field` refers to, perhaps as one of two choices with `null`, or itself.
fn target<'a>(schema: &'a Value, field: &'a Value) -> &'a Value {
    let reference = field["$ref"].as_str().or_else(|| field["anyOf"][0]["$ref"].as_str());
    let reference = reference.and_then(|path| path.strip_prefix('#'));
    reference.and_then(|path| schema.pointer(path)).unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "properties": {
                "workers": { "type": ["integer", "null"], "default": null, "description": "Threads." },
                "drain": { "$ref": "#/$defs/Drain" },
                "service": { "additionalProperties": { "$ref": "#/$defs/Service" } }
            },
            "$defs": {
                "Drain": { "properties": { "delay": { "default": "5s", "description": "How\nlong a|b." } } },
                "Plan": { "properties": { "rate": { "default": null, "description": "How fast." } } },
                "Page": { "properties": { "size": { "default": 5, "description": "How large." } } },
                "Service": { "properties": {
                    "plan": { "additionalProperties": { "$ref": "#/$defs/Plan" } },
                    "page": { "anyOf": [{ "$ref": "#/$defs/Page" }, { "type": "null" }], "description": "Pages." },
                    "drain": { "$ref": "#/$defs/Drain" },
                    "to": { "default": ["a", "b"], "description": "Where." }
                } }
            }
        })
    }

    #[test]
    fn every_key_has_a_row_with_its_default() {
        let text = tables(&schema());
        for row in [
            "### At the top\n\n| key | default | meaning |\n|---|---|---|\n| `workers` | – | Threads. |\n",
            "### `drain`\n\n| key | default | meaning |\n|---|---|---|\n| `delay` | `\"5s\"` | How long a\\|b. |\n",
            "### `service.NAME`\n",
            "| `plan.NAME.rate` | – | How fast. |\n",
            "| `page.size` | `5` | How large. |\n",
            "| `drain.delay` | `\"5s\"` |",
            "| `to` | `[\"a\", \"b\"]` | Where. |\n",
        ] {
            assert!(text.contains(row), "{row} is not in {text}");
        }
    }

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let text = format!("a\n{BEGIN}old\n{END}\nb\n");
        let fresh = replaced(&text, "new").unwrap();
        assert_eq!(fresh, format!("a\n{BEGIN}new\n{END}\nb\n"));
        assert_eq!(replaced(&fresh, "new").unwrap(), fresh);
        assert_eq!(replaced("a", "new"), None);
    }
}
