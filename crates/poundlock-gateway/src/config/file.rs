//! Reads the TOML text of the file into a [`Node`] and replaces `${VARIABLE}`.
//!
//! Knows TOML and the environment, not the keys of the configuration.

mod substitute;

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;
use toml::de::{DeFloat, DeInteger, DeTable, DeValue};

use super::problem::{Place, Problem, Severity};
use super::tree::{Content, Node, Origin};

/// Files above this are refused unread, in bytes; a thousand services fit in it.
pub(super) const MAX_FILE_BYTES: usize = 1024 * 1024;

/// Syntax errors looked at; each costs a look at the whole file.
const MAX_SYNTAX_ERRORS: usize = 20;

/// The tree of a file. Syntax errors come back alone: after one, the rest of the file means nothing certain.
pub(super) fn read(
    text: &str,
    env: &BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) -> Result<Node, ()> {
    if text.len() > MAX_FILE_BYTES {
        let message = format!("the file has {} bytes, more than {MAX_FILE_BYTES}", text.len());
        problems.push(syntax(message, Place::Nowhere));
        return Err(());
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let mut last_line = None;
        for error in errors.iter().take(MAX_SYNTAX_ERRORS) {
            let range = within(text, error.span().unwrap_or(text.len()..text.len()));
            // One slip makes the parser stumble several times; one message a line is enough.
            let line = text[..range.start].matches('\n').count();
            if last_line.replace(line) != Some(line) {
                problems.push(explain(error.message(), text, range));
            }
        }
        return Err(());
    }
    let mut root = table(text, document.into_inner(), 0..0, 0..0);
    // Nobody wrote the root itself: what it lacks has no place.
    root.origin = Origin::Default;
    substitute::substitute(&mut root, text, env, problems);
    Ok(root)
}

/// The parser's words, except for the two slips that it takes for something else.
fn explain(message: &str, text: &str, range: Range<usize>) -> Problem {
    let token = &text[range.clone()];
    let no_value = message.starts_with("string values must be quoted") && token.trim().is_empty();
    let word = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
    let is_word = token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') && token.chars().all(word);
    let misread = message.starts_with("invalid") || message.starts_with("string values");
    let mut problem = syntax(message.to_owned(), Place::File(range.clone()));
    if no_value {
        "missing value".clone_into(&mut problem.message);
    } else if misread && is_word {
        "text without quotes".clone_into(&mut problem.message);
        problem.help = Some(format!("did you mean \"{token}\"?"));
    }
    problem
}

fn syntax(message: String, place: Place) -> Problem {
    let severity = Severity::Error;
    Problem { severity, message, label: None, help: None, path: String::new(), place }
}

fn table(text: &str, table: DeTable<'_>, key: Range<usize>, value: Range<usize>) -> Node {
    let children = table.into_iter().map(|(name, child)| {
        let (key, value) = (within(text, name.span()), within(text, child.span()));
        (name.into_inner().into_owned(), node(text, child.into_inner(), key, value))
    });
    let content = Content::Table(children.collect());
    Node { content, origin: Origin::File { key, value, substituted: false } }
}

fn node(text: &str, value: DeValue<'_>, key: Range<usize>, span: Range<usize>) -> Node {
    let content = match value {
        DeValue::Table(inner) => return table(text, inner, key, span),
        DeValue::Array(items) => Content::List(
            items
                .into_iter()
                .map(|item| {
                    let span = within(text, item.span());
                    node(text, item.into_inner(), span.clone(), span)
                })
                .collect(),
        ),
        DeValue::String(string) => Content::Scalar(Value::from(string.into_owned())),
        DeValue::Boolean(flag) => Content::Scalar(Value::from(flag)),
        DeValue::Integer(number) => integer(&number),
        DeValue::Float(number) => float(&number),
        DeValue::Datetime(_) => Content::Other("a date"),
    };
    Node { content, origin: Origin::File { key, value: span, substituted: false } }
}

fn integer(number: &DeInteger<'_>) -> Content {
    match i64::from_str_radix(number.as_str(), number.radix()) {
        Ok(number) => Content::Scalar(Value::from(number)),
        Err(_) => Content::Other("a number beyond 64 bits"),
    }
}

fn float(number: &DeFloat<'_>) -> Content {
    let number = number.as_str().parse().ok().and_then(serde_json::Number::from_f64);
    number.map_or(Content::Other("a number that is not finite"), |number| {
        Content::Scalar(Value::Number(number))
    })
}

/// A range cut to the text and to whole characters, so that it can be sliced.
fn within(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start.min(text.len()));
    let end = text.ceil_char_boundary(range.end.clamp(start, text.len()));
    start..end
}
