//! [`Schema`]: a view of the generated JSON Schema, made for walking a [`Node`](super::tree::Node) along it.
//!
//! Understands exactly what `raw` generates: objects, maps, lists, strings, closed choices, integers and
//! booleans. It does not know what any key means.

use std::sync::OnceLock;

use serde_json::Value;

use super::raw::{NAME_PATTERN, Raw, TAKES_EMPTY};

/// The JSON Schema of the configuration file, draft 2020-12.
pub fn json_schema() -> Value {
    schemars::schema_for!(Raw).to_value()
}

/// One place in the schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schema {
    /// As the field has it: its own default and description.
    field: &'static Value,
    /// What the field refers to.
    target: &'static Value,
}

/// What a place takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Known keys.
    Table,
    /// Names of the user's choice, all with the same schema.
    Map,
    List,
    Text,
    Integer,
    Bool,
}

impl Schema {
    /// The whole configuration.
    pub(super) fn root() -> Self {
        Self::at(document())
    }

    fn at(field: &'static Value) -> Self {
        // What may be left out is its type or null.
        let reference = field["$ref"].as_str().or_else(|| field["anyOf"][0]["$ref"].as_str());
        let target = match reference.and_then(|path| path.strip_prefix('#')) {
            Some(path) => document().pointer(path).expect("schemars defines what it refers to"),
            None => field,
        };
        Self { field, target }
    }

    pub(super) fn kind(self) -> Kind {
        let types = &self.target["type"];
        match types.as_str().or_else(|| types[0].as_str()) {
            Some("object") if self.target["additionalProperties"].is_object() => Kind::Map,
            Some("object") => Kind::Table,
            Some("array") => Kind::List,
            Some("integer") => Kind::Integer,
            Some("boolean") => Kind::Bool,
            _ => Kind::Text,
        }
    }

    /// The schema under a key: of that property, or of any entry of a map.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        match self.kind() {
            Kind::Table => self.target["properties"].get(key).map(Self::at),
            Kind::Map => Some(Self::at(&self.target["additionalProperties"])),
            _ => None,
        }
    }

    /// Whether the keys of a map are names of our own kind, and not whatever the fields of an application are called.
    pub(super) fn takes_names_only(self) -> bool {
        [self.field, self.target].iter().any(|schema| schema["propertyNames"]["pattern"] == NAME_PATTERN)
    }

    /// Whether an empty text is a value here.
    pub(super) fn takes_empty(self) -> bool {
        self.field[TAKES_EMPTY] == true
    }

    /// The known keys of a table.
    pub(super) fn keys(self) -> impl Iterator<Item = &'static str> {
        self.target["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str())
    }

    /// The schema of a list's elements.
    pub(super) fn items(self) -> Self {
        Self::at(&self.target["items"])
    }

    /// The only strings allowed; empty when any is.
    pub(super) fn choices(self) -> Vec<&'static str> {
        let constants = self.target["oneOf"].as_array().into_iter().flatten().map(|choice| &choice["const"]);
        let listed = self.target["enum"].as_array().into_iter().flatten();
        constants.chain(listed).filter_map(Value::as_str).collect()
    }

    /// The value when nobody sets it.
    pub(super) fn default(self) -> Option<&'static Value> {
        self.field.get("default").filter(|value| !value.is_null())
    }

    /// A bound such as `minimum` or `maxItems`.
    pub(super) fn bound(self, name: &str) -> Option<i64> {
        self.field.get(name).or_else(|| self.target.get(name)).and_then(Value::as_i64)
    }

    /// A valid value, not always the default.
    pub(super) fn example(self) -> Option<&'static Value> {
        self.field.get("examples").or_else(|| self.target.get("examples")).map(|examples| &examples[0])
    }

    /// What an editor shows.
    #[cfg(test)]
    pub(super) fn description(self) -> Option<&'static str> {
        self.field["description"].as_str().or_else(|| self.target["description"].as_str())
    }

    /// The name of the type that the field refers to, such as `Duration`.
    pub(super) fn name(self) -> Option<&'static str> {
        let reference = self.field["$ref"].as_str().or_else(|| self.field["anyOf"][0]["$ref"].as_str());
        reference.and_then(|path| path.rsplit('/').next())
    }

    /// What to write here, for an error: `a duration such as "7s"`.
    pub(super) fn expected(self) -> String {
        let choices = self.choices();
        if !choices.is_empty() {
            let quoted: Vec<_> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
            return quoted.join(" or ");
        }
        let noun = match (self.kind(), self.name()) {
            (Kind::Table | Kind::Map, _) => return "a table".to_owned(),
            (Kind::Bool, _) => return "true or false".to_owned(),
            (Kind::Integer, _) => return "a whole number".to_owned(),
            (Kind::List, _) => return format!("a list in brackets, each {}", self.items().expected()),
            (Kind::Text, Some("Address")) => "an address".to_owned(),
            (Kind::Text, Some("Upstream")) => "an upstream".to_owned(),
            (Kind::Text, Some(name)) => format!("a {}", name.to_lowercase()),
            (Kind::Text, None) => "a string".to_owned(),
        };
        match self.example() {
            Some(example) => format!("{noun} such as {example}"),
            None => noun,
        }
    }
}

fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(json_schema)
}
