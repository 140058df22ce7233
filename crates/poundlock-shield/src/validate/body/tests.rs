//! Bodies of each type, whole and in pieces: the answer is the same.

use super::super::{
    batch::{FormLimits, JsonLimits},
    email::EmailLevel,
    number::IntegerRule,
    openapi::{OpenApi, OpenApiOptions, Unknown},
    pagination::{OnExcess, Pagination},
    rule::{FieldCheck, FieldRule, Pointer, Presence, Sizes, Target},
    schema::Schema,
    upload::{FileKind, UploadRule},
};
use super::*;
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use serde_json::json;
use std::{io::Write, sync::Arc};

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn required(target: Target) -> FieldRule {
    FieldRule {
        presence: Presence::Required,
        ..FieldRule::new(target, FieldCheck::Email(EmailLevel::Standard))
    }
}

fn json_mail() -> RouteRules {
    let mail = required(Target::Json(Pointer::parse("/mail").unwrap()));
    RouteRules { fields: vec![mail], whole_bytes: 2_000, ..RouteRules::default() }
}

fn form_mail() -> RouteRules {
    let mail = required(Target::Named(Part::Body, "mail".to_owned()));
    let form = FormLimits { fields: 3, ..FormLimits::default() };
    RouteRules { fields: vec![mail], form, whole_bytes: 2_000, ..RouteRules::default() }
}

fn uploads() -> RouteRules {
    let rule =
        UploadRule { kinds: vec![FileKind::Png, FileKind::Json, FileKind::Text], ..UploadRule::default() };
    RouteRules { upload: Some(Arc::new(UploadRule { max_bytes: 1_000, ..rule })), ..RouteRules::default() }
}

/// Checks a body whole, byte by byte, and in pieces of 7: the answer is the same each time.
fn body(
    rules: &RouteRules,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<(), String> {
    let head = RequestHead { method, path, query: "", headers };
    let read = |size: usize| {
        let mut check = BodyCheck::new(rules, &head);
        body.chunks(size).try_for_each(|chunk| check.feed(chunk)).and_then(|()| check.finish(now()))
    };
    let whole = read(body.len().max(1)).map_err(|issues| issues.to_string());
    for size in [1, 7] {
        assert_eq!(
            whole,
            read(size).map_err(|issues| issues.to_string()),
            "{method} {path} in pieces of {size}"
        );
    }
    whole
}

fn check(rules: &RouteRules, declared: &str, bytes: &[u8], expect: Result<(), &str>) {
    let got = body(rules, "POST", "/a", &[("Content-Type", declared)], bytes);
    assert_eq!(got, expect.map_err(str::to_owned), "{declared}: {}", String::from_utf8_lossy(bytes));
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";
const BAD_MAIL: Result<(), &str> = Err("body/mail: must have a domain with at least one dot after the @");

#[test]
fn fields_of_json_and_of_forms() {
    check(&json_mail(), JSON, br#"{"mail":"ann@example.com"}"#, Ok(()));
    check(&json_mail(), "application/x+json; charset=utf-8", br#"{"mail":"test@ok"}"#, BAD_MAIL);
    check(
        &json_mail(),
        JSON,
        br#"{"mail":"ann@example.com""#,
        Err("body/mail: must be a complete JSON document (at byte 25)"),
    );
    check(&json_mail(), JSON, br#"{}"#, Err("body/mail: must be given"));
    check(&form_mail(), FORM, b"mail=ann%40example.com&x=1", Ok(()));
    check(&form_mail(), FORM, b"mail=test%40ok", BAD_MAIL);
    check(
        &form_mail(),
        FORM,
        b"mail=a%40example.com&mail=b%40example.com",
        Err("body/mail: must be given once"),
    );
    check(&form_mail(), FORM, b"a=&b=&c=&d=", Err("body: must have at most 3 fields (at field 3)"));
    let part = "--b\r\nContent-Disposition: form-data; name=mail\r\n\r\ntest@ok\r\n--b--\r\n";
    check(&form_mail(), MULTIPART, part.as_bytes(), BAD_MAIL);
    check(&form_mail(), MULTIPART, part.replace("@ok", "@example.com").as_bytes(), Ok(()));
    check(&form_mail(), MULTIPART, b"--b--", Err("body/mail: must be given"));
}

#[test]
fn nobody_escapes_a_rule_by_another_type_or_by_no_body() {
    for declared in ["text/plain", "", FORM] {
        check(&json_mail(), declared, b"x=1", Err("body: must have a content type of application/json"));
    }
    let forms = "body: must have a content type of application/x-www-form-urlencoded, multipart/form-data";
    check(&form_mail(), JSON, b"{}", Err(forms));
    check(&json_mail(), JSON, b"", Err("body: must be given"));
    assert_eq!(body(&json_mail(), "GET", "/a", &[], b""), Ok(()));
    assert_eq!(body(&json_mail(), "GET", "/a", &[], b"x").map_err(drop), Err(()));
    let two = [("content-type", JSON), ("content-type", "text/plain")];
    assert_eq!(
        body(&json_mail(), "POST", "/a", &two, b"{}"),
        Err("body: must declare its type once".to_owned())
    );
    assert_eq!(body(&RouteRules::default(), "POST", "/a", &two, b"{}"), Ok(()));
}

#[test]
fn a_content_coding_is_undone_before_rules_are_asked() {
    let zipped = |text: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let with = |coding: &str, bytes: &[u8]| {
        body(&json_mail(), "POST", "/a", &[("content-type", JSON), ("content-encoding", coding)], bytes)
    };
    assert_eq!(with("gzip", &zipped(br#"{"mail":"ann@example.com"}"#)), Ok(()));
    assert_eq!(with("gzip", &zipped(br#"{"mail":"test@ok"}"#)), BAD_MAIL.map_err(str::to_owned));
    let long = format!(r#"{{"mail":"{}"}}"#, " ".repeat(3_000));
    assert_eq!(
        with("gzip", &zipped(long.as_bytes())).map_err(|e| e.contains("at most 2000 bytes")),
        Err(true)
    );
    assert_eq!(with("gzip", b"not gzip at all").map_err(|e| e.contains("content coding")), Err(true));
    assert_eq!(with("zstd", b"x").map_err(|e| e.contains("other than gzip")), Err(true));
}

#[test]
fn sizes_hold_for_every_body_if_they_are_asked_for() {
    let json = JsonLimits { items: 2, ..JsonLimits::default() };
    let rules = RouteRules { json, sizes: Sizes::Always, ..RouteRules::default() };
    check(&rules, JSON, b"[1,2]", Ok(()));
    check(&rules, JSON, b"[1,2,3]", Err("body/2: must have at most 2 items in an array (at byte 5)"));
    check(&rules, "text/plain", b"[1,2,3]", Ok(()));
    check(&RouteRules { sizes: Sizes::WhereRead, ..rules }, JSON, b"[1,2,3]", Ok(()));
}

/// A grey pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\nIDATx\x9c\x63\x68\0\0\0\x82\0\x81\x77\xcd\x72\xb6\0\0\0\0IEND\xae\x42\x60\x82";

#[test]
fn files_in_forms_and_files_that_are_the_body() {
    let form = |name: &str, bytes: &[u8]| {
        let head = format!("--b\r\nContent-Disposition: form-data; name=f; filename=\"{name}\"\r\n\r\n");
        [head.as_bytes(), bytes, b"\r\n--b--\r\n"].concat()
    };
    check(&uploads(), MULTIPART, &form("a.png", PNG), Ok(()));
    check(
        &uploads(),
        MULTIPART,
        &form("a.php", PNG),
        Err("body/f: must have one of the extensions png, json, txt, log, md"),
    );
    check(
        &uploads(),
        MULTIPART,
        &form("a.png", b"hello"),
        Err("body/f: must hold a PNG image, as its name says"),
    );
    check(&uploads(), MULTIPART, &form("a.txt", &[b'x'; 1_001]), Err("body/f: must have at most 1000 bytes"));
    let put = |path: &str, declared: &str, bytes: &[u8]| {
        body(&uploads(), "PUT", path, &[("content-type", declared)], bytes)
    };
    assert_eq!(put("/files/a.png", "image/png", PNG), Ok(()));
    assert_eq!(put("/avatar", "image/png", PNG), Ok(()));
    assert_eq!(put("/files/a.png", "application/octet-stream", PNG), Ok(()));
    assert!(put("/files/a.php", "image/png", PNG).is_err());
    assert!(put("/files/a%2Ephp", "application/json", b"{}").is_err());
    assert!(put("/avatar", "application/octet-stream", PNG).is_err());
}

#[test]
fn schemas_and_documents() {
    let schema = Schema::compile(&json!({"properties": {"n": {"maximum": 3}}})).unwrap();
    let rules = RouteRules { schema: Some(Arc::new(schema)), ..RouteRules::default() };
    check(&rules, JSON, br#"{"n":3}"#, Ok(()));
    check(&rules, JSON, br#"{"n":4}"#, Err("body/n: value is greater than the maximum of 3"));
    let document = json!({"openapi": "3.1.0", "paths": {"/items/{id}": {
        "parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}],
        "post": {
            "parameters": [{"name": "q", "in": "query", "schema": {"type": "integer"}}],
            "requestBody": {"required": true, "content": {
                "application/json": {"schema": {"required": ["n"]}}, "text/plain": {}}},
        },
    }}});
    let openapi = OpenApi::compile(&document, OpenApiOptions::default()).unwrap();
    let rules = RouteRules { openapi: Some(Arc::new(openapi)), ..RouteRules::default() };
    let post = |declared: &str, bytes: &[u8]| {
        body(&rules, "POST", "/items/7", &[("content-type", declared)], bytes)
            .map_err(|text| text.split(':').next().unwrap().to_owned())
    };
    assert_eq!(post(JSON, br#"{"n":1}"#), Ok(()));
    assert_eq!(post(JSON, b"{}"), Err("body".to_owned()));
    assert_eq!(post("text/plain", b"x"), Ok(()));
    assert_eq!(post("text/html", b"x"), Err("body".to_owned()));
    assert_eq!(post(JSON, b""), Err("body".to_owned()));

    let head = |method: &str, path: &str, query: &str| {
        let head = RequestHead { method, path, query, headers: &[] };
        rules.check_head(&head, now()).map_err(|issues| issues.to_string())
    };
    assert_eq!(head("POST", "/items/7", "q=1"), Ok(()));
    assert!(
        head("POST", "/items/x", "q=y").is_err_and(|e| e.contains("path/id: ") && e.contains("query/q: "))
    );
    assert_eq!(head("GET", "/items/7", ""), Err("path: must be asked for with one of POST".to_owned()));
    assert_eq!(head("POST", "/other", ""), Err("path: must be one that the API has".to_owned()));
}

#[test]
fn named_values_of_the_head_and_pages() {
    let named = |part, name: &str| {
        FieldRule::new(
            Target::Named(part, name.to_owned()),
            FieldCheck::Integer(IntegerRule { min: 1, max: 9 }),
        )
    };
    let pagination = Pagination { on_excess: OnExcess::Refuse, ..Pagination::default() };
    let rules = RouteRules {
        fields: vec![
            named(Part::Query, "n"),
            named(Part::Header, "x-n"),
            named(Part::Cookie, "n"),
            required(Target::Named(Part::Body, "mail".to_owned())),
        ],
        pagination: Some(pagination),
        unknown: Unknown::Refused,
        ..RouteRules::default()
    };
    let head = RequestHead {
        method: "POST",
        path: "/",
        query: "n=0&page=0&other=1",
        headers: &[("X-N", "10"), ("cookie", "m=1; n=x")],
    };
    let issues = rules.check_head(&head, now()).unwrap_err();
    let places: Vec<String> = issues.as_slice().iter().map(|issue| issue.path.to_string()).collect();
    assert_eq!(places, ["query/n", "header/x-n", "cookie/n", "query/other", "query/page"]);
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same(
        text in "[{}\\[\\]\":,a-z0-9@.&=%\\-\r\n]{0,60}",
        declared in prop_oneof![Just(JSON), Just(FORM), Just(MULTIPART), Just("text/plain")],
        sizes in proptest::collection::vec(1usize..9, 1..20),
    ) {
        for rules in [json_mail(), form_mail(), uploads()] {
            let head = RequestHead { method: "POST", path: "/a.txt", query: "", headers: &[("content-type", declared)] };
            let mut whole = BodyCheck::new(&rules, &head);
            let expect = whole.feed(text.as_bytes()).and_then(|()| whole.finish(now()));
            let mut pieces = BodyCheck::new(&rules, &head);
            let (mut rest, mut sizes) = (text.as_bytes(), sizes.iter().cycle());
            let mut got = Ok(());
            while got.is_ok() && !rest.is_empty() {
                let size = (*sizes.next().unwrap()).min(rest.len());
                got = pieces.feed(&rest[..size]);
                rest = &rest[size..];
            }
            let got = got.and_then(|()| pieces.finish(now()));
            prop_assert_eq!(got, expect);
        }
    }
}
