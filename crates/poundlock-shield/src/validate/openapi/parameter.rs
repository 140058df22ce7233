//! One parameter: how its text becomes a value, and the schema of that.
//!
//! Main type: [`Parameter`]. Styles are those of OpenAPI 3.1, 4.8.12: `simple`, `form`, `spaceDelimited`, `pipeDelimited` and
//! `deepObject`, and JSON as `content`.

use super::{
    super::{FieldPath, Issues, Part, schema::Schema},
    OpenApiError, OperationError,
    compile::{Source, URI, child, wrong},
};
use serde_json::{Map, Value};

#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) part: Part,
    pub(super) name: String,
    required: bool,
    shape: Shape,
    schema: Schema,
}

/// How a value is written.
#[derive(Debug)]
enum Shape {
    One(Types),
    /// A name for each item.
    Repeated(Types),
    /// Items in one text.
    Separated(char, Types),
    /// `name[key]=value`, with the keys that are known.
    Deep(Vec<Field>),
    Json,
}

/// A property of an object that is written as names and values.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    /// Its own types, or those of its items.
    pub(super) types: Types,
    pub(super) list: bool,
}

/// What a text may be read as.
#[derive(Debug)]
pub(super) struct Types(Vec<String>);

impl Parameter {
    pub(super) fn compile(source: &Source<'_>, at: &str) -> Result<Self, OpenApiError> {
        let name = source.text(at, "name").ok_or_else(|| wrong(at, "must have a name"))?.to_owned();
        let part = match source.text(at, "in") {
            Some("path") => Part::Path,
            Some("query") => Part::Query,
            Some("header") => Part::Header,
            Some("cookie") => Part::Cookie,
            _ => return Err(wrong(at, "must be in path, query, header or cookie")),
        };
        let json = child(&child(at, "content"), "application/json");
        let (shape, schema) = match source.get(&json) {
            Some(_) => (Shape::Json, child(&json, "schema")),
            None => (shape(source, at, part)?, child(at, "schema")),
        };
        let required = source.get(&child(at, "required")) == Some(&Value::Bool(true)) || part == Part::Path;
        let schema = Schema::compile_part(source.registry, URI, &schema)?;
        Ok(Self { part, name, required, shape, schema })
    }

    /// Whether a name that was sent is this parameter's.
    pub(super) fn is_named(&self, part: Part, name: &str) -> bool {
        let deep = matches!(self.shape, Shape::Deep(_)) && self.key(name).is_some();
        let same =
            if part == Part::Header { self.name.eq_ignore_ascii_case(name) } else { self.name == name };
        self.part == part && (same || deep)
    }

    /// The key in `name[key]`.
    fn key<'n>(&self, name: &'n str) -> Option<&'n str> {
        name.strip_prefix(&*self.name)?
            .strip_prefix('[')?
            .strip_suffix(']')
            .filter(|key| !key.contains(['[', ']']))
    }

    /// Checks the values of its part.
    pub(super) fn check(&self, sent: &[(&str, &str)]) -> Result<(), Issues> {
        let own: Vec<(&str, &str)> =
            sent.iter().filter(|(name, _)| self.is_named(self.part, name)).copied().collect();
        let path = FieldPath::field(self.part, &self.name);
        let refuse = |error: OperationError| {
            let mut issues = Issues::default();
            issues.add(path.clone(), error);
            Err(issues)
        };
        let Some((_, first)) = own.first() else {
            return if self.required { refuse(OperationError::Missing) } else { Ok(()) };
        };
        let many = matches!(self.shape, Shape::Repeated(_) | Shape::Deep(_));
        if own.len() > 1 && !many {
            return refuse(OperationError::Repeated);
        }
        match self.values(&own, first) {
            Some(values) => {
                // Of the ways to read it, one that the schema accepts counts; if there is none, the first is reported.
                let accepted = values.iter().any(|value| self.schema.accepts(value));
                if accepted {
                    Ok(())
                } else {
                    self.schema.check(&path, values.first().unwrap_or(&Value::Null))
                }
            }
            None => refuse(OperationError::NotJson),
        }
    }

    fn values(&self, own: &[(&str, &str)], first: &str) -> Option<Vec<Value>> {
        Some(match &self.shape {
            Shape::One(types) => types.read(first),
            Shape::Repeated(types) => vec![own.iter().map(|(_, text)| types.read_one(text)).collect()],
            Shape::Separated(_, _) if first.is_empty() => vec![Value::Array(Vec::new())],
            Shape::Separated(by, types) => vec![first.split(*by).map(|text| types.read_one(text)).collect()],
            Shape::Deep(keys) => {
                let member = |(name, text): &(&str, &str)| {
                    let key = self.key(name)?;
                    let known = keys.iter().find(|field| field.name == key);
                    let value = known.map_or_else(|| Value::from(*text), |field| field.types.read_one(text));
                    Some((key.to_owned(), value))
                };
                vec![Value::Object(own.iter().filter_map(member).collect::<Map<_, _>>())]
            }
            Shape::Json => vec![serde_json::from_str(first).ok()?],
        })
    }
}

fn shape(source: &Source<'_>, at: &str, part: Part) -> Result<Shape, OpenApiError> {
    let schema = child(at, "schema");
    let types = source.types(&schema);
    let own_style = if matches!(part, Part::Query | Part::Cookie) { "form" } else { "simple" };
    let style = source.text(at, "style").unwrap_or(own_style);
    let explode = source.get(&child(at, "explode")).and_then(Value::as_bool).unwrap_or(style == "form");
    let is = |name: &str| types.iter().any(|known| known == name);
    let items = || {
        let resolved = source.resolve(schema.clone()).unwrap_or_default();
        Types(source.types(&child(&resolved, "items")))
    };
    match (style, is("array"), is("object")) {
        ("deepObject", false, true) if part == Part::Query => Ok(Shape::Deep(properties(source, &schema))),
        (_, _, true) => Err(wrong(at, "objects must be in deepObject style or JSON content")),
        ("simple", true, _) => Ok(Shape::Separated(',', items())),
        ("form", true, _) if explode => Ok(Shape::Repeated(items())),
        ("form", true, _) => Ok(Shape::Separated(',', items())),
        ("spaceDelimited", true, _) if !explode => Ok(Shape::Separated(' ', items())),
        ("pipeDelimited", true, _) if !explode => Ok(Shape::Separated('|', items())),
        ("simple" | "form", false, _) => Ok(Shape::One(Types(types))),
        _ => Err(wrong(at, "a style that is not supported here")),
    }
}

/// The properties of an object schema.
pub(super) fn properties(source: &Source<'_>, schema: &str) -> Vec<Field> {
    let at = source.resolve(schema.to_owned()).unwrap_or_default();
    let list = child(&at, "properties");
    let names = source.get(&list).and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let field = |name: &String| {
        let property = source.resolve(child(&list, name)).unwrap_or_default();
        let types = source.types(&property);
        let list = types.iter().any(|name| name == "array");
        let types = if list { source.types(&child(&property, "items")) } else { types };
        Field { name: name.clone(), types: Types(types), list }
    };
    names.map(field).collect()
}

impl Types {
    /// The ways to read a text, likeliest first. A text that is of no other type is text.
    fn read(&self, text: &str) -> Vec<Value> {
        let mut values: Vec<Value> = self.0.iter().filter_map(|name| read_as(name, text)).collect();
        if values.is_empty() || self.0.is_empty() {
            values.push(Value::from(text));
        }
        values
    }

    pub(super) fn read_one(&self, text: &str) -> Value {
        self.read(text).into_iter().next().unwrap_or(Value::Null)
    }
}

/// The value of a text as one type. Numbers are those of JSON, so `+1`, `0x1` and `1_000` are none.
fn read_as(name: &str, text: &str) -> Option<Value> {
    match name {
        "string" => Some(Value::from(text)),
        "integer" | "number" => serde_json::from_str(text)
            .ok()
            .filter(Value::is_number)
            .filter(|_| !text.contains(char::is_whitespace)),
        "boolean" => text.parse::<bool>().ok().map(Value::from),
        "null" => text.is_empty().then_some(Value::Null),
        _ => None,
    }
}
