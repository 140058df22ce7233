//! Every key has an effect: found by walking the schema, so that a new key cannot be forgotten.

use super::schema::{Kind, Schema};
use super::*;

/// Keys that have only one valid value so far; another must be an error.
const ONE_VALUE: [&str; 2] = ["version", "service.api.balance"];

/// What makes every key of a limit matter.
const LIMIT: &str = "[limits.per-ip]\nrate = \"50/min\"\nquota = \"5/day\"\nban.after = 5\nplan_header = \"x-tier\"\n\
    [limits.per-ip.plan.gold]\nrate = \"9/s\"\nquota = \"7/day\"\n";

/// What makes every key of the shield matter.
const SHIELD: &str = r#"
    [shield.route.users]
    openapi = "api.json"
    page.parameters."page[size]" = {}
    [shield.route.users.fields]
    "body.note" = { type = "text" }
    "body.mail" = { type = "email" }
    "body.link" = { type = "url" }
    "body.phone" = { type = "phone" }
    "body.id" = { type = "uuid" }
    "body.day" = { type = "date" }
    "body.age" = { type = "integer" }
    "body.color" = { type = "choice", one_of = ["red"] }
"#;

/// The field of [`SHIELD`] whose type gives a key its meaning.
fn field_for(key: &str) -> &'static str {
    match key {
        "level" => "body.mail",
        "schemes" | "hosts" => "body.link",
        "format" => "body.day",
        "versions" => "body.id",
        "min" | "max" => "body.age",
        "one_of" => "body.color",
        "earliest" | "latest" | "future" => "body.day",
        _ => "body.note",
    }
}

/// The paths and schemas of all keys, with `http`, `api` and the like as names in maps.
pub(super) fn leaves(schema: Schema, path: &str, out: &mut Vec<(String, Schema)>) {
    let join = |key: &str| tree::below(path, key);
    match schema.kind() {
        Kind::Map if schema.get("a").is_some_and(|entry| entry.name() == Some("Field")) => {
            let entry = schema.get("a").expect("any name");
            for key in entry.keys() {
                let path = tree::below(&join(field_for(key)), key);
                out.push((path, entry.get(key).expect("a key of this table")));
            }
        }
        Kind::Table => {
            for key in schema.keys() {
                leaves(schema.get(key).expect("a key of this table"), &join(key), out);
            }
        }
        Kind::Map => {
            let name = match path {
                "listen" => "http",
                "limits" => "per-ip",
                "limits.per-ip.plan" => "gold",
                "shield.route" => "users",
                "shield.route.users.field_mode" => "body.html",
                "shield.route.users.page.parameters" => "page[size]",
                _ => "api",
            };
            leaves(schema.get(name).expect("any name"), &join(name), out);
        }
        _ => out.push((path.to_owned(), schema)),
    }
}

/// A value that differs from the default.
fn changed(schema: Schema) -> Value {
    let default = schema.default().cloned().unwrap_or(Value::Null);
    match schema.kind() {
        Kind::Bool => Value::from(default != true),
        Kind::Integer => schema.example().cloned().unwrap_or(Value::from(default.as_i64().unwrap_or(0) + 1)),
        Kind::Text => {
            let other = schema.choices().into_iter().find(|choice| default != **choice);
            let example = schema.example().cloned();
            example.or(other.map(Value::from)).unwrap_or(Value::from("other"))
        }
        Kind::List => schema.example().or(schema.items().example()).cloned().expect("lists have examples"),
        Kind::Table | Kind::Map => unreachable!("leaves are no tables"),
    }
}

#[test]
fn every_key_changes_the_configuration() {
    let mut keys = Vec::new();
    leaves(Schema::root(), "", &mut keys);
    assert!(keys.len() >= 130, "the schema has {} keys", keys.len());
    let load_with = |flags: Vec<Flag>| {
        load(&Sources { flags, ..file(&format!("{MINIMAL}{LIMIT}{SHIELD}")) }).map(|loaded| loaded.config)
    };
    // Any number of workers is the default on some machine, so both sides state one.
    let workers: Flag = ("--workers", "workers", 9.into());
    let before = load_with(vec![workers.clone()]).expect("valid");
    for (path, schema) in keys {
        let value = match changed(schema) {
            Value::String(text) if schema.kind() == Kind::List => Value::from(vec![text]),
            value => value,
        };
        let path: &'static str = path.leak();
        match load_with(vec![workers.clone(), ("--changed", path, value.clone())]) {
            Ok(after) => assert_ne!(before, after, "{path} = {value} has no effect"),
            Err(problems) => assert!(ONE_VALUE.contains(&path), "{path} = {value}: {problems}"),
        }
    }
}
