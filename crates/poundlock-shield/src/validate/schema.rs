//! JSON Schema (all drafts of the `jsonschema` crate, 2020-12 by default), without network, files or backtracking.
//!
//! Main type: [`Schema`]. Patterns run on a linear engine, so look-around and back-references are errors when the schema is compiled.
//! References lead nowhere outside of the schema. It does not know where a value came from.

use super::{
    FieldPath, Issues, MAX_ISSUES, Part,
    batch::{JsonChecker, JsonKind, JsonLimits, JsonProblem},
};
use crate::sanitize::log_safe;
use jsonschema::{
    Draft, PatternOptions, Registry, Retrieve, Uri, ValidationError, ValidationOptions, Validator,
    error::ValidationErrorKind,
};
use serde_json::Value;
use std::error::Error;

/// The largest pattern when compiled, in bytes.
const MAX_PATTERN_BYTES: usize = 1 << 20;
/// The deepest body that is parsed into a tree, whatever the limits say: the parser's own limit is 128.
const MAX_TREE_DEPTH: usize = 127;
/// The longest message of a violation, in bytes.
const MAX_MESSAGE_BYTES: usize = 200;

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
}

/// Why a schema cannot be used: a mistake in it, a reference out of it, or a pattern that is not linear.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("schema at `{pointer}`: {message}")]
pub struct SchemaError {
    /// A JSON pointer into the schema.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

/// How a value breaks a schema. The message speaks of the schema; values and names of the client are not in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaViolation {
    /// The keyword that is broken.
    pub keyword: String,
    /// A JSON pointer to it in the schema.
    pub schema_pointer: String,
    /// A sentence.
    pub message: String,
}

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// See [`SchemaError`].
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        Self::build(options(), schema)
    }

    /// Compiles what a pointer names in a document that is known to `registry` as `uri`.
    pub(super) fn compile_part(
        registry: &Registry<'_>,
        uri: &str,
        pointer: &str,
    ) -> Result<Self, SchemaError> {
        let encoded: String = pointer
            .split('/')
            .map(|part| crate::sanitize::escape::url_component(part))
            .collect::<Vec<_>>()
            .join("/");
        let reference = serde_json::json!({ "$ref": format!("{uri}#{encoded}") });
        let built = Self::build(options().with_registry(registry), &reference);
        built.map_err(|error| SchemaError { pointer: pointer.to_owned(), ..error })
    }

    fn build(options: ValidationOptions<'_>, schema: &Value) -> Result<Self, SchemaError> {
        if let Some(pointer) = circle(schema, schema, &mut String::new()) {
            return Err(SchemaError { pointer, message: "a reference to itself".to_owned() });
        }
        options.build(schema).map(|validator| Self { validator }).map_err(|error| SchemaError {
            pointer: error.instance_path().to_string(),
            message: error.to_string(),
        })
    }

    /// Checks a value that stands at a place.
    ///
    /// # Errors
    /// Every violation, up to [`MAX_ISSUES`] of them and how many more were seen (at most as many again).
    pub fn check(&self, place: &FieldPath, value: &Value) -> Result<(), Issues> {
        let mut issues = Issues::default();
        if !self.validator.is_valid(value) {
            for error in self.validator.iter_errors(value).take(2 * MAX_ISSUES) {
                issues.add(place.clone().join(&error.instance_path().to_string()), violation(&error));
            }
        }
        issues.into_result()
    }

    /// Checks a JSON body: first its form and size, then its meaning.
    ///
    /// # Errors
    /// What is wrong with it as JSON, or every violation.
    pub fn check_body(&self, body: &[u8], limits: JsonLimits) -> Result<Value, Issues> {
        let value = parse(body, limits)?;
        self.check(&FieldPath::whole(Part::Body), &value)?;
        Ok(value)
    }

    pub(super) fn accepts(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }
}

/// Parses a body that is within its limits, and has no name twice.
///
/// # Errors
/// One issue: where and how the body fails.
pub fn parse(body: &[u8], limits: JsonLimits) -> Result<Value, Issues> {
    let mut checker = JsonChecker::new(JsonLimits { depth: limits.depth.min(MAX_TREE_DEPTH), ..limits });
    let read = checker.feed(body).and_then(|()| checker.finish());
    let out_of_range = |_| JsonProblem { at: 0, kind: JsonKind::NumberRange };
    read.and_then(|_| serde_json::from_slice(body).map_err(out_of_range)).map_err(|problem| {
        let mut issues = Issues::default();
        issues.add(checker.place(), problem);
        issues
    })
}

fn options<'i>() -> ValidationOptions<'i> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_retriever(Nowhere)
        .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN_BYTES))
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
}

/// Retrieves nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nowhere;

impl Retrieve for Nowhere {
    fn retrieve(&self, _uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        Err("references to other documents are not followed".into())
    }
}

/// The place of a schema that is nothing but a reference to itself, through others or not: it says nothing, and a validator would
/// follow it for ever.
pub(super) fn circle(root: &Value, value: &Value, at: &mut String) -> Option<String> {
    if is_circular(root, value) {
        return Some(at.clone());
    }
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, child)| (name.clone(), child)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, child)| (n.to_string(), child)).collect(),
        _ => Vec::new(),
    };
    children.into_iter().find_map(|(name, child)| {
        let length = at.len();
        at.push('/');
        at.push_str(&name.replace('~', "~0").replace('/', "~1"));
        let found = circle(root, child, at);
        at.truncate(length);
        found
    })
}

fn is_circular(root: &Value, value: &Value) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    let mut here = value;
    while let Some(reference) =
        here.get("$ref").and_then(Value::as_str).filter(|reference| reference.starts_with('#'))
    {
        if seen.contains(&reference) {
            return true;
        }
        seen.push(reference);
        match root.pointer(&reference[1..]) {
            Some(target) => here = target,
            None => return false,
        }
    }
    false
}

fn violation(error: &ValidationError<'_>) -> SchemaViolation {
    let message = match error.kind() {
        // These messages would name what the client has named.
        ValidationErrorKind::AdditionalProperties { .. }
        | ValidationErrorKind::UnevaluatedProperties { .. } => {
            "must not have names that the schema does not know".to_owned()
        }
        ValidationErrorKind::PropertyNames { .. } => "must not have names of this form".to_owned(),
        _ => error.masked().to_string(),
    };
    SchemaViolation {
        keyword: error.kind().keyword().to_owned(),
        schema_pointer: log_safe(&error.schema_path().to_string(), MAX_MESSAGE_BYTES).into_owned(),
        message: log_safe(&message, MAX_MESSAGE_BYTES).into_owned(),
    }
}

#[cfg(test)]
mod tests;
