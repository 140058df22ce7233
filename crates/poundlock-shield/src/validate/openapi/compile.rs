//! From a document to operations.
//!
//! Main function: [`operations`]. Schemas of 3.0 are rewritten as those of 3.1 first, and properties that only answers have are no
//! longer required. It does not know requests.

use super::{
    super::schema::{Nowhere, circle},
    OpenApiError, Operation,
    body::Body,
    parameter::Parameter,
    template::Template,
};
use jsonschema::{Draft, Registry};
use serde_json::{Map, Value};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
/// What the document is called while it is compiled.
pub(super) const URI: &str = "json-schema:///openapi";
/// The longest chain of references.
const MAX_HOPS: usize = 16;

/// A document that is being compiled.
pub(super) struct Source<'a> {
    document: &'a Value,
    pub(super) registry: &'a Registry<'a>,
}

pub(super) fn operations(document: &Value) -> Result<Vec<Operation>, OpenApiError> {
    let version = document.get("openapi").and_then(Value::as_str).unwrap_or_default();
    let old = match version {
        version if version.starts_with("3.0.") => true,
        version if version.starts_with("3.1.") => false,
        _ => return Err(OpenApiError::Version),
    };
    let mut document = document.clone();
    modernize(&mut document, old);
    if let Some(pointer) = circle(&document, &document, &mut String::new()) {
        return Err(wrong(&pointer, "a reference to itself"));
    }
    let registry = Registry::new().draft(Draft::Draft202012).retriever(Nowhere).add(URI, &document);
    let registry = registry
        .and_then(jsonschema::RegistryBuilder::prepare)
        .map_err(|_| wrong("", "a reference that leads outside"))?;
    let source = Source { document: &document, registry: &registry };
    let paths =
        document.get("paths").and_then(Value::as_object).ok_or_else(|| wrong("/paths", "must be there"))?;
    let mut operations = Vec::new();
    for path in paths.keys().filter(|path| path.starts_with('/')) {
        source.path(path, &mut operations)?;
    }
    Ok(operations)
}

impl Source<'_> {
    fn path(&self, path: &str, operations: &mut Vec<Operation>) -> Result<(), OpenApiError> {
        let at = self.resolve(child("/paths", path))?;
        let template = Template::parse(path)
            .ok_or_else(|| wrong(&at, "must be a path with at most one variable a segment"))?;
        for method in METHODS {
            let pointer = child(&at, method);
            if self.get(&pointer).is_some() {
                let operation = self.operation(method, path, &template, &at, &pointer)?;
                operations.push(operation);
            }
        }
        Ok(())
    }

    fn operation(
        &self,
        method: &str,
        path: &str,
        template: &Template,
        at: &str,
        pointer: &str,
    ) -> Result<Operation, OpenApiError> {
        let mut parameters = self.parameters(&child(pointer, "parameters"))?;
        for shared in self.parameters(&child(at, "parameters"))? {
            if !parameters.iter().any(|own| own.part == shared.part && own.name == shared.name) {
                parameters.push(shared);
            }
        }
        let named =
            |name: &str| parameters.iter().any(|parameter| parameter.is_named(super::Part::Path, name));
        if !template.names().all(named) {
            return Err(wrong(pointer, "must describe each variable of its path"));
        }
        let body = child(pointer, "requestBody");
        let body = self.get(&body).map(|_| Body::compile(self, &self.resolve(body.clone())?)).transpose()?;
        let id = self.get(&child(pointer, "operationId")).and_then(Value::as_str).map(str::to_owned);
        let (method, path, template) = (method.to_ascii_uppercase(), path.to_owned(), template.clone());
        Ok(Operation { method, path, id, template, parameters, body })
    }

    fn parameters(&self, list: &str) -> Result<Vec<Parameter>, OpenApiError> {
        let count = self.get(list).and_then(Value::as_array).map_or(0, Vec::len);
        (0..count).map(|at| Parameter::compile(self, &self.resolve(child(list, &at.to_string()))?)).collect()
    }

    pub(super) fn get(&self, pointer: &str) -> Option<&Value> {
        self.document.pointer(pointer)
    }

    pub(super) fn text(&self, pointer: &str, name: &str) -> Option<&str> {
        self.get(&child(pointer, name)).and_then(Value::as_str)
    }

    /// Where a pointer leads when references are followed.
    pub(super) fn resolve(&self, pointer: String) -> Result<String, OpenApiError> {
        let mut here = pointer;
        for _ in 0..MAX_HOPS {
            let Some(reference) = self.text(&here, "$ref") else {
                let there = self.get(&here).is_some();
                return if there { Ok(here) } else { Err(wrong(&here, "a reference to nothing")) };
            };
            here = reference
                .strip_prefix('#')
                .ok_or_else(|| wrong(&here, "a reference that leads outside"))?
                .to_owned();
        }
        Err(wrong(&here, "a chain of references that is too long"))
    }

    /// The types that a schema permits, as far as it says so itself, by a reference, or by its first part.
    pub(super) fn types(&self, schema: &str) -> Vec<String> {
        let Ok(at) = self.resolve(schema.to_owned()) else { return Vec::new() };
        match self.get(&child(&at, "type")) {
            Some(Value::String(name)) => vec![name.clone()],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => {
                let parts = ["allOf", "anyOf", "oneOf"].map(|keyword| child(&child(&at, keyword), "0"));
                // A part lies deeper in the document than the whole, or behind a reference that was shown to end.
                parts
                    .iter()
                    .find(|part| self.get(part).is_some())
                    .map_or_else(Vec::new, |part| self.direct_types(part))
            }
        }
    }

    fn direct_types(&self, schema: &str) -> Vec<String> {
        let at = self.resolve(schema.to_owned()).unwrap_or_default();
        self.text(&at, "type").map(str::to_owned).into_iter().collect()
    }
}

/// A pointer to a member.
pub(super) fn child(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

pub(super) fn wrong(pointer: &str, what: &'static str) -> OpenApiError {
    OpenApiError::Document { pointer: pointer.to_owned(), what }
}

/// Rewrites every schema in a document. Examples may be rewritten with them, which nothing reads.
fn modernize(value: &mut Value, old: bool) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| modernize(item, old)),
        Value::Object(map) => {
            if old {
                allow_null(map);
                exclude(map, "exclusiveMinimum", "minimum");
                exclude(map, "exclusiveMaximum", "maximum");
            }
            require_what_requests_have(map);
            map.values_mut().for_each(|member| modernize(member, old));
        }
        _ => {}
    }
}

/// `nullable: true` widens the type that stands beside it (OpenAPI 3.0.3, 4.7.24).
fn allow_null(map: &mut Map<String, Value>) {
    if map.get("nullable") != Some(&Value::Bool(true)) {
        return;
    }
    if let Some(Value::String(name)) = map.get("type").cloned() {
        map.insert("type".to_owned(), Value::from(vec![name, "null".to_owned()]));
        if let Some(Value::Array(words)) = map.get_mut("enum") {
            words.push(Value::Null);
        }
    }
}

/// A bound that is excluded by a flag beside it becomes a bound of its own.
fn exclude(map: &mut Map<String, Value>, flag: &str, bound: &str) {
    let Some(excluded) = map.get(flag).and_then(Value::as_bool) else { return };
    map.remove(flag);
    if let Some(limit) = map.remove(bound) {
        map.insert(if excluded { flag } else { bound }.to_owned(), limit);
    }
}

/// Properties that are `readOnly` are not sent, so they are not required of a request.
fn require_what_requests_have(map: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = map.get("properties") else { return };
    let answered = |(_, schema): &(&String, &Value)| schema.get("readOnly") == Some(&Value::Bool(true));
    let answered: Vec<String> = properties.iter().filter(answered).map(|(name, _)| name.clone()).collect();
    if let Some(Value::Array(required)) = map.get_mut("required") {
        required.retain(|name| name.as_str().is_none_or(|name| !answered.iter().any(|other| other == name)));
    }
}
