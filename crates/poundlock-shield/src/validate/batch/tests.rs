//! JSON is compared with `serde_json` on generated documents and on broken ones, in chunks of any size.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const OPEN: JsonLimits = JsonLimits {
    bytes: u64::MAX,
    depth: 100,
    items: usize::MAX,
    keys: usize::MAX,
    values: u64::MAX,
    string_bytes: usize::MAX,
    key_bytes: usize::MAX,
    number_bytes: usize::MAX,
};

fn read(limits: JsonLimits, text: &[u8], chunk: usize) -> Result<JsonSummary, (JsonKind, String)> {
    let mut checker = JsonChecker::new(limits);
    let fed = text.chunks(chunk).try_for_each(|chunk| checker.feed(chunk));
    let ended = fed.and_then(|()| checker.finish());
    if let Err(problem) = ended {
        assert_eq!(checker.feed(b" "), Err(problem), "a failure lasts");
        assert_eq!(checker.finish(), Err(problem));
    }
    ended.map_err(|problem| (problem.kind, checker.place().to_string()))
}

fn check(text: &str, kind: JsonKind, place: &str) {
    assert_eq!(read(OPEN, text.as_bytes(), 1), Err((kind, place.to_owned())), "{text}");
}

#[test]
fn what_is_not_json() {
    for text in ["{", "[1,", "\"a", "tru", "-", "1.", "1e", "1e+", "", " ", "{\"a\"", "{\"a\":"] {
        assert_eq!(read(OPEN, text.as_bytes(), 3).unwrap_err().0, JsonKind::Unfinished, "{text}");
    }
    for text in [
        "[1,]",
        "{,}",
        "{\"a\":1,}",
        "01",
        "+1",
        ".5",
        "1.e",
        "nul1",
        "NaN",
        "'a'",
        "{a:1}",
        "[1 2]",
        "1 2",
        "]",
        "[}",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"a\nb\"",
        "\u{feff}1",
        "// a",
        "{\"a\":1}{",
        "[1]]",
        "\u{a0}1",
        "-a",
        "--1",
        "\"\t\"",
    ] {
        assert_eq!(read(OPEN, text.as_bytes(), 2).unwrap_err().0, JsonKind::Syntax, "{text}");
    }
    check(r#""\ud800""#, JsonKind::Surrogate, "body");
    check(r#""\udc00""#, JsonKind::Surrogate, "body");
    check(r#""\ud800\u0041""#, JsonKind::Surrogate, "body");
    check(r#""\ud800\n""#, JsonKind::Surrogate, "body");
    for bytes in
        [&b"\"\xff\""[..], b"\"\xc0\xae\"", b"\"\xed\xa0\x80\"", b"\"\xe2\x82\"", b"\"\xf5\x80\x80\x80\""]
    {
        assert_eq!(read(OPEN, bytes, 1).unwrap_err().0, JsonKind::Utf8);
    }
}

#[test]
fn a_name_twice_is_found_however_it_is_written() {
    check(r#"{"a":1,"b":{"a":1},"a":2}"#, JsonKind::Duplicate, "body/a");
    check(r#"[{"x":[{"a":1,"\u0061":2}]}]"#, JsonKind::Duplicate, "body/0/x/0/a");
    check("{\"\\ud83d\\ude00\":1,\"😀\":2}", JsonKind::Duplicate, "body/😀");
    check(r#"{"/":1,"\/":2}"#, JsonKind::Duplicate, "body/~1");
    assert!(read(OPEN, br#"[{"a":1},{"a":1},{"a":{"a":{}}}]"#, 1).is_ok());
}

#[test]
fn each_limit_holds_to_the_unit() {
    let edge = |limits: JsonLimits, good: &str, bad: &str, kind: JsonKind| {
        assert!(read(limits, good.as_bytes(), 2).is_ok(), "{good}");
        assert_eq!(read(limits, bad.as_bytes(), 2).unwrap_err().0, kind, "{bad}");
    };
    edge(JsonLimits { bytes: 4, ..OPEN }, "1234", "12345", JsonKind::Bytes(4));
    edge(JsonLimits { depth: 2, ..OPEN }, "[{}]", "[{\"a\":[]}]", JsonKind::Depth(2));
    edge(JsonLimits { items: 2, ..OPEN }, "[1,[1,2]]", "[1,[1,2,3]]", JsonKind::Items(2));
    edge(JsonLimits { keys: 1, ..OPEN }, "{\"a\":{\"b\":1}}", "{\"a\":1,\"b\":1}", JsonKind::Keys(1));
    edge(JsonLimits { values: 3, ..OPEN }, "[1,2]", "[1,{\"a\":2}]", JsonKind::Values(3));
    edge(
        JsonLimits { string_bytes: 2, ..OPEN },
        r#"["é","\u00e9","\n\n"]"#,
        "\"abc\"",
        JsonKind::StringBytes(2),
    );
    edge(JsonLimits { key_bytes: 2, ..OPEN }, "{\"é\":\"abc\"}", "{\"éa\":1}", JsonKind::KeyBytes(2));
    edge(JsonLimits { number_bytes: 4, ..OPEN }, "[-1.5,1]", "[1e100]", JsonKind::NumberBytes(4));
}

#[test]
fn hostile_documents_stop_early() {
    let limits = JsonLimits::default();
    let mut checker = JsonChecker::new(limits);
    let problem = checker.feed(&b"[".repeat(1_000_000)).unwrap_err();
    assert_eq!((problem.at, problem.kind), (32, JsonKind::Depth(32)));
    let wide = format!("[{}1]", "1,".repeat(1_000_000));
    assert_eq!(JsonChecker::new(limits).feed(wide.as_bytes()).unwrap_err().at, 2_001);
}

fn document() -> impl Strategy<Value = Value> {
    let text = "(\\PC|[\"\\\\/\n\u{1}]){0,6}";
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(text, inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn agrees_with_serde_json(value in document(), chunk in 1usize..40, pretty: bool,
        damage in prop::option::of((any::<prop::sample::Index>(), prop::sample::select(b"\"\\,:[]{}0-eE.tn u\x00\xff\xc3".to_vec())))) {
        let mut text = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.unwrap();
        if let Some((at, byte)) = damage {
            let at = at.index(text.len());
            text[at] = byte;
        }
        let oracle = serde_json::from_slice::<Value>(&text);
        match read(OPEN, &text, chunk) {
            Ok(summary) => {
                // A number that is too large for a float is JSON all the same.
                prop_assert!(oracle.is_ok() || oracle.unwrap_err().to_string().contains("out of range"));
                prop_assert_eq!(summary.bytes, text.len() as u64);
            }
            Err((JsonKind::Duplicate, _)) => prop_assert!(damage.is_some()),
            Err((kind, _)) => prop_assert!(oracle.is_err(), "{kind:?} {}", String::from_utf8_lossy(&text)),
        }
    }

    #[test]
    fn chunks_do_not_matter(text in "[\\[\\]{}\",:\\\\u0-9a-fD é]{0,30}", chunk in 1usize..8) {
        prop_assert_eq!(read(OPEN, text.as_bytes(), chunk), read(OPEN, text.as_bytes(), 100));
    }
}

fn form(limits: FormLimits, text: &str, chunk: usize) -> Result<usize, FormProblem> {
    let mut checker = FormChecker::new(limits);
    text.as_bytes().chunks(chunk).try_for_each(|chunk| checker.feed(chunk))?;
    checker.finish()
}

#[test]
fn forms() {
    let limits = FormLimits {
        bytes: 40,
        fields: 3,
        name_bytes: 9,
        value_bytes: 4,
        depth: 2,
        duplicates: Duplicates::Refused,
    };
    let check = |text: &str, expected: Result<usize, (usize, FormKind)>| {
        for chunk in [1, 7, 100] {
            let expected = expected.map_err(|(field, kind)| FormProblem { field, kind });
            assert_eq!(form(limits, text, chunk), expected, "{text}");
        }
    };
    check("", Ok(0));
    check("&&a=1&&b&=", Ok(3));
    check("a=1&b=2&c=3&d=4", Err((3, FormKind::Fields(3))));
    check("a=1&%61=2", Err((1, FormKind::Duplicate)));
    check("a+b=1&a%20b=2", Err((1, FormKind::Duplicate)));
    check("a[]=1&a[]=2", Ok(2));
    check("a=12345", Err((0, FormKind::ValueBytes(4))));
    check("a=1=3", Ok(1));
    check("abcdefghij=1", Err((0, FormKind::NameBytes(9))));
    check("a[b][c]=1", Ok(1));
    check("a[][][]=1", Err((0, FormKind::Depth(2))));
    assert_eq!(form(limits, &"a=1&".repeat(11), 100).unwrap_err().kind, FormKind::Bytes(40));
    assert_eq!(form(FormLimits::default(), "a=1&a=2", 1), Ok(2));
    let mut parts = FormChecker::new(limits);
    assert_eq!(parts.field(b"file", 4), Ok(()));
    assert_eq!(parts.field(b"file", 4), Err(FormProblem { field: 1, kind: FormKind::Duplicate }));
    assert_eq!(parts.finish(), Err(FormProblem { field: 1, kind: FormKind::Duplicate }));
}
