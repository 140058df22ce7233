//! A request body: which types it may have, and the schemas of those that can be read.
//!
//! Main type: [`Body`]. Multipart and binary bodies are expected or not; what is in them is not its business.

use super::{
    super::{FieldPath, Issues, Part, batch::JsonLimits, schema::Schema},
    OpenApiError, OperationError,
    compile::{Source, URI, child, wrong},
    pairs,
    parameter::{Field, properties},
};
use serde_json::{Map, Value};

#[derive(Debug)]
pub(super) struct Body {
    required: bool,
    contents: Vec<Content>,
}

#[derive(Debug)]
struct Content {
    /// In lower case; `*` stands for any type or subtype.
    range: String,
    schema: Option<Schema>,
    /// Of a form's fields.
    fields: Vec<Field>,
}

impl Body {
    pub(super) fn compile(source: &Source<'_>, at: &str) -> Result<Self, OpenApiError> {
        let required = source.get(&child(at, "required")) == Some(&Value::Bool(true));
        let list = child(at, "content");
        let ranges =
            source.get(&list).and_then(Value::as_object).ok_or_else(|| wrong(at, "must have content"))?;
        let contents = ranges.keys().map(|range| Content::compile(source, &child(&list, range), range));
        Ok(Self { required, contents: contents.collect::<Result<_, _>>()? })
    }

    /// Checks a body. Without one there is only its absence to judge.
    pub(super) fn check(
        &self,
        content_type: Option<&str>,
        body: Option<&[u8]>,
        limits: JsonLimits,
    ) -> Result<(), Issues> {
        let whole = FieldPath::whole(Part::Body);
        let refuse = |error: OperationError| {
            let mut issues = Issues::default();
            issues.add(whole.clone(), error);
            Err(issues)
        };
        let Some(body) = body.filter(|body| !body.is_empty()) else {
            return if self.required { refuse(OperationError::Missing) } else { Ok(()) };
        };
        let essence = content_type
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let Some(content) = self
            .contents
            .iter()
            .max_by_key(|content| content.fits(&essence))
            .filter(|content| content.fits(&essence) > 0)
        else {
            let ranges: Vec<&str> = self.contents.iter().map(|content| &*content.range).collect();
            return refuse(OperationError::MediaType(ranges.join(", ")));
        };
        let Some(schema) = &content.schema else { return Ok(()) };
        if is_json(&essence) {
            return schema.check_body(body, limits).map(|_| ());
        }
        match std::str::from_utf8(body) {
            _ if essence != "application/x-www-form-urlencoded" => Ok(()),
            Ok(text) => schema.check(&whole, &content.form(text)),
            Err(_) => refuse(OperationError::NotText),
        }
    }
}

impl Content {
    fn compile(source: &Source<'_>, at: &str, range: &str) -> Result<Self, OpenApiError> {
        let pointer = child(at, "schema");
        let there = source.get(&pointer).is_some();
        let schema = there.then(|| Schema::compile_part(source.registry, URI, &pointer)).transpose()?;
        let fields = if there { properties(source, &pointer) } else { Vec::new() };
        Ok(Self { range: range.to_ascii_lowercase(), schema, fields })
    }

    /// How well a media type fits: not at all, by any, by its type, exactly.
    fn fits(&self, essence: &str) -> u8 {
        let range = self.range.split(';').next().unwrap_or_default().trim();
        let of_type = range
            .strip_suffix('*')
            .is_some_and(|of_type| of_type.ends_with('/') && essence.starts_with(of_type));
        match range {
            range if range == essence => 3,
            "*/*" => 1,
            _ if of_type => 2,
            _ => 0,
        }
    }

    /// A form as the object that its schema describes. A field that comes more than once is an array, as is one whose type says so.
    fn form(&self, text: &str) -> Value {
        let mut object = Map::new();
        for (name, text) in pairs(text) {
            let known = self.fields.iter().find(|field| field.name == name);
            let value = known.map_or_else(|| Value::from(&*text), |field| field.types.read_one(&text));
            match object.get_mut(&name) {
                Some(Value::Array(items)) => items.push(value),
                Some(before) => *before = Value::Array(vec![before.take(), value]),
                None if known.is_some_and(|field| field.list) => {
                    object.insert(name, Value::Array(vec![value]));
                }
                None => {
                    object.insert(name, value);
                }
            }
        }
        Value::Object(object)
    }
}

fn is_json(essence: &str) -> bool {
    essence == "application/json" || essence.ends_with("+json")
}
