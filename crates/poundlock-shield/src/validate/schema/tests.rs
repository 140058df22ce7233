//! What a schema finds, what it cannot reach, and what it does not repeat.

use super::*;
use serde_json::json;

fn check(schema: &Value, body: &str) -> Result<(), Vec<String>> {
    let schema = Schema::compile(schema).unwrap();
    let result = schema.check_body(body.as_bytes(), JsonLimits::default());
    result.map(|_| ()).map_err(|issues| issues.as_slice().iter().map(ToString::to_string).collect())
}

fn person() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 5},
            "mail": {"type": "string", "format": "email"},
            "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
            "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "next": {"$ref": "#"},
        },
        "required": ["name"],
        "additionalProperties": false,
    })
}

#[test]
fn every_violation_comes_with_its_path() {
    assert_eq!(
        check(&person(), r#"{"name":"Ann","mail":"a@b.de","tags":["a"],"next":{"name":"Bob"}}"#),
        Ok(())
    );
    let found = check(&person(), r#"{"name":"Annabel","tags":["a","x"],"code":"abc","next":{},"mail":"no"}"#)
        .unwrap_err();
    for path in ["body/name: ", "body/tags/1: ", "body/code: ", "body/next: ", "body/mail: "] {
        assert!(found.iter().any(|issue| issue.starts_with(path)), "{path} in {found:?}");
    }
    assert_eq!(found.len(), 5);
}

#[test]
fn the_clients_text_is_not_repeated() {
    for body in [
        r#"{"name":"<script>alert(1)</script>"}"#,
        r#"{"name":"a","<script>":1}"#,
        r#"{"name":["<script>"]}"#,
        r#"{"name":"a","tags":["<script>"]}"#,
        r#"{"name":"a","code":"<script>"}"#,
        r#"{"name":"a","mail":"<script>"}"#,
    ] {
        for issue in check(&person(), body).unwrap_err() {
            assert!(!issue.contains("script"), "{issue}");
        }
    }
}

#[test]
fn a_body_is_checked_as_json_first() {
    assert_eq!(
        check(&person(), "{"),
        Err(vec!["body: must be a complete JSON document (at byte 1)".to_owned()])
    );
    assert_eq!(
        check(&person(), r#"{"name":"a","name":"b"}"#).unwrap_err(),
        ["body/name: must not hold a name twice in one object (at byte 17)"]
    );
    assert_eq!(
        check(&json!(true), "1e999").unwrap_err(),
        ["body: must hold numbers that fit 64 bits (at byte 0)"]
    );
    let deep = JsonLimits { depth: 1_000, ..JsonLimits::default() };
    let any = Schema::compile(&json!(true)).unwrap();
    assert!(
        any.check_body("[".repeat(200).as_bytes(), deep)
            .unwrap_err()
            .to_string()
            .contains("at most 127 deep")
    );
}

#[test]
fn violations_are_bounded() {
    let schema = Schema::compile(&json!({"items": {"type": "string"}})).unwrap();
    let issues = schema.check(&FieldPath::whole(Part::Body), &json!(vec![1; 1_000])).unwrap_err();
    assert_eq!((issues.as_slice().len(), issues.dropped()), (MAX_ISSUES, MAX_ISSUES));
}

#[test]
fn schemas_that_cannot_be_used() {
    for schema in [
        json!({"type": "strng"}),
        json!({"$ref": "https://example.com/schema.json"}),
        json!({"$ref": "file:///etc/passwd"}),
        json!({"$ref": "other.json"}),
        json!({"$ref": "#/missing"}),
        json!({"pattern": "(?=a)b"}),
        json!({"pattern": "(a)\\1"}),
        json!({"pattern": "[a-z]{1000}{1000}"}),
        json!({"$ref": "#"}),
        json!({"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"$ref": "#/$defs/c"}, "c": {"$ref": "#/$defs/b"}}}),
    ] {
        assert!(Schema::compile(&schema).is_err(), "{schema}");
    }
    assert_eq!(
        Schema::compile(&json!({"properties": {"a": {"minLength": -1}}})).unwrap_err().pointer,
        "/properties/a/minLength"
    );
}

#[test]
fn a_pattern_is_linear_on_hostile_text() {
    let schema = Schema::compile(&json!({"pattern": "^(a+)+$"})).unwrap();
    let text = format!("{}!", "a".repeat(100_000));
    assert!(schema.check(&FieldPath::whole(Part::Body), &json!(text)).is_err());
}
