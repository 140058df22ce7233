//! A route with one rule of each kind.

use super::{
    super::{
        choice::{Case, Choice},
        date::{DateRule, Future},
        email::EmailLevel,
        identifier::Identifiers,
        number::IntegerRule,
        phone::PhoneForm,
        text::TextRule,
        url::UrlRule,
        uuid::UuidVersions,
    },
    *,
};
use jiff::SignedDuration;
use serde_json::json;

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn query(name: &str, check: FieldCheck) -> FieldRule {
    FieldRule::new(Target::Named(Part::Query, name.to_owned()), check)
}

fn body(pointer: &str, check: FieldCheck) -> FieldRule {
    FieldRule::new(Target::Json(Pointer::parse(pointer).unwrap()), check)
}

fn route() -> RouteRules {
    let columns = || Identifiers::new(["id", "name"]).unwrap();
    let ends = DateRule { future: Future::Refused, ..DateRule::default() };
    let rule = RangeRule { ends, max_span: Some(SignedDuration::from_hours(48)) };
    let range = RangeFields { part: Part::Query, start: "from".to_owned(), end: "to".to_owned(), rule };
    RouteRules {
        fields: vec![
            FieldRule {
                presence: Presence::Required,
                allow: vec!["root@localhost".to_owned()],
                ..query("mail", FieldCheck::Email(EmailLevel::Standard))
            },
            query("url", FieldCheck::Url(UrlRule::default())),
            query("phone", FieldCheck::Phone(PhoneForm::Compact)),
            query("id", FieldCheck::Uuid(UuidVersions::ALL)),
            query("day", FieldCheck::Date(DateRule::default())),
            FieldRule {
                times: Times::Many,
                ..query("n", FieldCheck::Integer(IntegerRule { min: 1, max: 9 }))
            },
            query("kind", FieldCheck::Choice(Choice::new(["a", "b"], Case::Exact))),
            query("text", FieldCheck::Text(TextRule { max_chars: 3, ..TextRule::default() })),
            query("column", FieldCheck::Column(columns())),
            query("sort", FieldCheck::Sort(columns())),
            FieldRule::new(
                Target::Named(Part::Header, "X-Count".to_owned()),
                FieldCheck::Integer(IntegerRule { min: 0, max: 5 }),
            ),
            FieldRule {
                presence: Presence::Required,
                ..body("/items/*/mail", FieldCheck::Email(EmailLevel::Standard))
            },
            body("/items/*/count", FieldCheck::Integer(IntegerRule { min: 0, max: 5 })),
            FieldRule {
                times: Times::Many,
                ..body("/tags", FieldCheck::Choice(Choice::new(["a", "b"], Case::Exact)))
            },
        ],
        ranges: vec![range],
        unknown: Unknown::Refused,
        pagination: Some(Pagination::default()),
        ..RouteRules::default()
    }
}

fn check(pairs: &[(&str, &str)], expected: &[&str]) {
    let mut inputs: Vec<Input<'_>> =
        pairs.iter().map(|(name, value)| Input { part: Part::Query, name, value }).collect();
    if !pairs.iter().any(|(name, _)| *name == "mail") {
        inputs.push(Input { part: Part::Query, name: "mail", value: "a@b.de" });
    }
    assert_eq!(found(route().check_values(&inputs, now())), expected, "{pairs:?}");
}

fn found<T>(result: Result<T, Issues>) -> Vec<String> {
    result.err().iter().flat_map(Issues::as_slice).map(ToString::to_string).collect()
}

#[test]
fn each_check_is_applied() {
    let good = [
        ("url", "https://example.com"),
        ("phone", "+12125550123"),
        ("id", "919108f7-52d1-4320-9bac-f847db4148a8"),
        ("day", "2026-01-01"),
        ("n", "1"),
        ("n", "9"),
        ("kind", "a"),
        ("text", "abc"),
        ("column", "id"),
        ("sort", "-name,id"),
        ("page", "3"),
        ("from", "2026-02-28"),
        ("to", "2026-03-01"),
    ];
    check(&good, &[]);
    for (name, value, sentence) in [
        ("mail", "test@ok", "must have a domain with at least one dot after the @"),
        ("url", "http://127.1/", "must name a host on the public internet"),
        ("phone", "123", "must start with + and a country calling code"),
        ("id", "1", "must be a UUID like 01234567-89ab-7def-8123-456789abcdef"),
        ("day", "x", "must be a date like 2026-01-31 or a date and time like 2026-01-31T12:00:00Z"),
        ("n", "10", "must be at most 9"),
        ("kind", "c", "must be one of a, b"),
        ("text", "abcd", "must have at most 3 characters"),
        ("column", "x", "must name a field that can be used here"),
        ("sort", "id up", "must sort by asc or desc"),
        ("from", "2027-01-01", "must not be in the future"),
        ("other", "1", "must not be given here"),
    ] {
        check(&[(name, value)], &[&format!("query/{name}: {sentence}")]);
    }
}

#[test]
fn presence_repetition_ranges_and_allowed_values() {
    assert_eq!(found(route().check_values(&[], now())), ["query/mail: must be given"]);
    check(&[("mail", "a@b.de"), ("mail", "a@b.de")], &["query/mail: must be given once"]);
    check(&[("mail", "root@localhost")], &[]);
    check(
        &[("n", "0"), ("n", "5"), ("n", "x")],
        &["query/n: must be at least 1", "query/n: must be a whole number in decimal digits"],
    );
    check(&[("from", "2026-02-02"), ("to", "2026-02-01")], &["query/to: must not end before it starts"]);
    check(&[("from", "2026-02-01"), ("to", "2026-02-03")], &["query/to: must not span more than 2 days"]);
    check(&[("to", "2026-02-03"), ("to", "2026-02-03")], &["query/to: must be given once"]);
    let header = |name| {
        [
            Input { part: Part::Query, name: "mail", value: "a@b.de" },
            Input { part: Part::Header, name, value: "6" },
        ]
    };
    assert_eq!(found(route().check_values(&header("x-count"), now())), ["header/X-Count: must be at most 5"]);
    assert_eq!(found(route().check_values(&header("x-other"), now())), Vec::<String>::new());
    let none = RouteRules::default();
    assert!(none.check_values(&[Input { part: Part::Query, name: "x", value: "' OR 1=1" }], now()).is_ok());
}

#[test]
fn pages_are_rewritten() {
    assert_eq!(route().apply_pagination("per_page=100000&q=1").unwrap(), "per_page=100&q=1");
    assert_eq!(RouteRules::default().apply_pagination("per_page=100000").unwrap(), "per_page=100000");
}

#[test]
fn members_of_a_body() {
    let check = |body: Value, expected: &[&str]| {
        assert_eq!(found(route().check_json(body.to_string().as_bytes(), now())), expected, "{body}");
    };
    check(json!({"items": [{"mail": "a@b.de", "count": 5}], "tags": ["a", "b"]}), &[]);
    check(json!({}), &[]);
    check(
        json!({"items": [{"mail": "a@b.de"}, {"mail": "x"}, {}, {"mail": null}, 7]}),
        &[
            "body/items/1/mail: must hold an @ between a name and a domain",
            "body/items/2/mail: must be given",
            "body/items/3/mail: must be given",
            "body/items/4/mail: must be given",
        ],
    );
    check(
        json!({"items": [{"mail": ["a@b.de"], "count": 6}]}),
        &["body/items/0/mail: must be text", "body/items/0/count: must be at most 5"],
    );
    check(
        json!({"items": [{"mail": "a@b.de", "count": 1.5}]}),
        &["body/items/0/count: must be a whole number"],
    );
    check(
        json!({"items": [{"mail": "a@b.de", "count": u64::MAX}]}),
        &["body/items/0/count: must be at most 5"],
    );
    check(
        json!({"tags": ["a", "c", ["a"]]}),
        &["body/tags/1: must be one of a, b", "body/tags/2: must be text"],
    );
    let with_schema = RouteRules {
        schema: Some(Arc::new(Schema::compile(&json!({"required": ["id"]})).unwrap())),
        ..route()
    };
    let both = found(with_schema.check_json(br#"{"tags":"c"}"#, now()));
    assert_eq!(both, ["body: \"id\" is a required property", "body/tags: must be one of a, b"]);
    assert_eq!(
        found(route().check_json(b"[", now())),
        ["body: must be a complete JSON document (at byte 1)"]
    );
}

#[test]
fn pointers() {
    assert_eq!(Pointer::parse("a"), Err(PointerError::Slash));
    assert_eq!(Pointer::parse("/a~2"), Err(PointerError::Escape));
    assert_eq!(Pointer::parse(&"/a".repeat(33)), Err(PointerError::Long));
    let places = |pointer: &str| {
        let mut places = Vec::new();
        let document = json!({"a/b": {"~": [1, {"x": 2}]}, "~1": 3});
        Pointer::parse(pointer)
            .unwrap()
            .each(&document, &mut |path, member| places.push((path.to_string(), member.is_some())));
        places
    };
    assert_eq!(places("/a~1b/~0/1/x"), [("body/a~1b/~0/1/x".to_owned(), true)]);
    assert_eq!(places("/~01"), [("body/~01".to_owned(), true)]);
    assert_eq!(places("/*"), [("body/a~1b".to_owned(), true), ("body/~01".to_owned(), true)]);
    assert_eq!(
        places("/a~1b/~0/*/x"),
        [("body/a~1b/~0/0/x".to_owned(), false), ("body/a~1b/~0/1/x".to_owned(), true)]
    );
    assert_eq!(places("/x/y"), []);
}
