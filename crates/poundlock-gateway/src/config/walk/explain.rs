//! Words for what does not fit the schema: message, what was expected, and a guess at what was meant.

use serde_json::Value;

use crate::config::schema::{Kind, Schema};
use crate::config::suggest::closest;
use crate::config::tree::{Content, Node, below, last_key};

/// The texts of a problem.
pub(super) struct Explained {
    pub(super) message: String,
    pub(super) label: Option<String>,
    pub(super) help: Option<String>,
}

pub(super) fn unknown_key(key: &str, schema: Schema, path: &str) -> Explained {
    let parent = path.strip_suffix(&*below("", key)).unwrap_or("").trim_end_matches('.');
    let message = match parent {
        "" => format!("unknown key `{key}`"),
        parent => format!("unknown key `{key}` in `{parent}`"),
    };
    Explained { message, label: None, help: Some(key_help(key, schema)) }
}

/// The nearest key, or the same key one level down, or all keys.
pub(in crate::config) fn key_help(key: &str, schema: Schema) -> String {
    if let Some(near) = closest(key, schema.keys()) {
        return format!("did you mean `{near}`?");
    }
    let inner = schema.keys().find(|outer| {
        let inner = schema.get(outer).filter(|inner| inner.kind() == Kind::Table);
        inner.is_some_and(|inner| inner.get(key).is_some())
    });
    match inner {
        Some(outer) => format!("did you mean `{outer}.{key}`?"),
        None => format!("known keys: {}", schema.keys().collect::<Vec<_>>().join(", ")),
    }
}

pub(super) fn bad_name(name: &str) -> Explained {
    let fixed: String = name.to_lowercase().chars().map(|c| if c == '_' { '-' } else { c }).collect();
    let help = Some(fixed).filter(|fixed| crate::config::values::is_name(fixed));
    Explained {
        message: format!("`{name}` cannot be a name"),
        label: Some("expected up to 63 lower-case letters, digits and `-`".to_owned()),
        help: help.map(|fixed| format!("did you mean `{fixed}`?")),
    }
}

pub(super) fn too_many(count: usize, max: i64, path: &str) -> Explained {
    Explained {
        message: format!("too many entries in `{}`", last_key(path)),
        label: Some(format!("expected at most {max}, found {count}")),
        help: None,
    }
}

/// A value of the wrong type, outside the choices or out of range.
pub(super) fn wrong_value(node: &Node, schema: Schema, path: &str) -> Explained {
    let key = last_key(path);
    let choices = schema.choices();
    if let (Content::Scalar(Value::String(text)), false) = (&node.content, choices.is_empty()) {
        return Explained {
            message: format!("unknown value for `{key}`"),
            label: Some(format!("expected {}", schema.expected())),
            help: closest(text, choices).map(|near| format!("did you mean \"{near}\"?")),
        };
    }
    if let (Kind::Integer, Content::Scalar(Value::Number(number))) = (schema.kind(), &node.content)
        && number.is_i64()
    {
        let expected = match (schema.bound("minimum"), schema.bound("maximum")) {
            (Some(min), Some(max)) if min == max => format!("expected {min}"),
            (Some(min), Some(max)) => format!("expected {min} to {max}"),
            (Some(min), None) => format!("expected at least {min}"),
            (None, Some(max)) => format!("expected at most {max}"),
            (None, None) => "expected a smaller number".to_owned(),
        };
        return Explained { message: format!("`{key}` is out of range"), label: Some(expected), help: None };
    }
    Explained {
        message: format!("wrong type for `{key}`"),
        label: Some(format!("expected {}, found {}", schema.expected(), found(&node.content))),
        help: meant(&node.content, schema).map(|meant| format!("did you mean {meant}?")),
    }
}

fn found(content: &Content) -> &'static str {
    match content {
        Content::Table(_) => "a table",
        Content::List(_) => "a list",
        Content::Other(kind) => kind,
        Content::Scalar(Value::Bool(_)) => "true or false",
        Content::Scalar(Value::Number(number)) if number.is_f64() => "a fraction",
        Content::Scalar(Value::Number(_)) => "a whole number",
        Content::Scalar(_) => "a string",
    }
}

/// The same value with the brackets, quotes or unit that were forgotten.
fn meant(content: &Content, schema: Schema) -> Option<String> {
    let Content::Scalar(value) = content else { return None };
    match (schema.kind(), value) {
        (Kind::List, Value::String(_)) => Some(format!("[{value}]")),
        (Kind::Integer, Value::String(text)) => {
            text.parse::<i64>().ok().map(|number| format!("{number} without quotes"))
        }
        (Kind::Bool, Value::String(text)) => {
            super::parse_bool(text).map(|flag| format!("{flag} without quotes"))
        }
        (Kind::Text, Value::Number(number)) if !number.is_f64() => Some(match schema.name() {
            Some("Duration") => format!("\"{number}s\""),
            Some("Size") => format!("\"{number}B\""),
            Some("Percent") => format!("\"{number}%\""),
            Some("Address" | "Upstream") => format!("\"127.0.0.1:{number}\""),
            _ => format!("\"{number}\""),
        }),
        _ => None,
    }
}
