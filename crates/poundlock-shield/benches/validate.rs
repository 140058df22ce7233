//! What validating one value costs, and how fast bodies and files pass. Each asserts first that valid input is accepted and invalid
//! input is not.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use poundlock_shield::sanitize::{html::Markup, sanitize_string};
use poundlock_shield::validate::{
    FieldPath, Part,
    batch::{JsonChecker, JsonLimits},
    email::{EmailLevel, check_email},
    pagination::Pagination,
    schema::Schema,
    upload::{FileKind, UploadInspector, UploadRule},
    url::UrlRule,
};
use serde_json::json;
use std::hint::black_box;

fn fields(criterion: &mut Criterion) {
    let (url, pages) = (UrlRule::default(), Pagination::default());
    assert!(check_email("test@ok", EmailLevel::Standard).is_err() && url.check("http://127.1/").is_err());
    assert!(check_email("ann@example.com", EmailLevel::Standard).is_ok());
    assert_eq!(pages.apply("q=a&per_page=100000").expect("clamped"), "q=a&per_page=100");
    criterion.bench_function("field/email", |b| {
        b.iter(|| check_email(black_box("ann@example.com"), EmailLevel::Standard))
    });
    criterion.bench_function("field/url", |b| b.iter(|| url.check(black_box("https://example.com/a/b?c=d"))));
    criterion.bench_function("page/clean", |b| {
        b.iter(|| pages.apply(black_box("q=some+words&sort=name&page=3&per_page=50")).is_ok())
    });
    criterion.bench_function("page/clamped", |b| {
        b.iter(|| pages.apply(black_box("q=some+words&sort=name&page=3&per_page=5000")).is_ok())
    });
}

/// About 100 KiB of orders.
fn body() -> Vec<u8> {
    let line = |n: u64| json!({"sku": format!("A-{n:05}"), "count": n % 9, "price": 12.5, "note": "leave it at the door, \"please\"", "gift": null});
    serde_json::to_vec(&json!({"id": 7, "lines": (0..1_000).map(line).collect::<Vec<_>>()}))
        .expect("plain JSON")
}

fn json(criterion: &mut Criterion) {
    let body = body();
    let schema = json!({"properties": {"lines": {"items": {
        "required": ["sku", "count"],
        "properties": {"sku": {"pattern": "^A-[0-9]{5}$"}, "count": {"type": "integer", "maximum": 8}},
    }}}});
    let schema = Schema::compile(&schema).expect("a valid schema");
    let check = |body: &[u8]| {
        let mut checker = JsonChecker::new(JsonLimits::default());
        body.chunks(16 << 10).try_for_each(|chunk| checker.feed(chunk)).and_then(|()| checker.finish())
    };
    let broken = [&body[..body.len() - 1], br#","id":8}"#].concat();
    assert!(check(&body).is_ok() && check(&broken).is_err());
    assert!(schema.check_body(&body, JsonLimits::default()).is_ok());
    assert!(schema.check_body(br#"{"lines":[{"sku":"A-1","count":1}]}"#, JsonLimits::default()).is_err());
    let mut group = criterion.benchmark_group("json");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("limits", |b| b.iter(|| check(black_box(&body)).is_ok()));
    group.bench_function("schema", |b| {
        b.iter(|| schema.check_body(black_box(&body), JsonLimits::default()).is_ok())
    });
}

/// A PNG with a mebibyte of what compressed pixels look like.
fn png() -> Vec<u8> {
    let mut state = 1u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\0\0\0\x01\0\x08\x02\0\0\0crc!";
    head.iter().copied().chain(noise.take(1 << 20)).chain(*b"\0\0\0\0IEND\xae\x42\x60\x82").collect()
}

fn uploads(criterion: &mut Criterion) {
    let rule = UploadRule { kinds: vec![FileKind::Png, FileKind::Pdf], ..UploadRule::default() };
    let read = |name: &str, file: &[u8]| {
        let mut inspector = UploadInspector::new(&rule, FieldPath::field(Part::Body, "file"), name, None);
        file.chunks(16 << 10).try_for_each(|chunk| inspector.feed(chunk)).and_then(|()| inspector.finish())
    };
    let png = png();
    let pdf = [b"%PDF-1.7\n".as_slice(), &png[50..]].concat();
    assert!(read("a.png", &png).is_ok() && read("a.pdf", &pdf).is_ok() && read("a.pdf", &png).is_err());
    let mut group = criterion.benchmark_group("upload");
    group.throughput(Throughput::Bytes(png.len() as u64));
    group.bench_function("png", |b| b.iter(|| read("a.png", black_box(&png)).is_ok()));
    group.bench_function("pdf", |b| b.iter(|| read("a.pdf", black_box(&pdf)).is_ok()));
}

fn sanitizers(criterion: &mut Criterion) {
    let plain = "Some plain words, nothing to do here. ".repeat(270);
    let markup = "<p>Some <b>bold</b> words &amp; a <a href=\"https://example.com\">link</a>.</p><script>x()</script>\n".repeat(100);
    assert_eq!(sanitize_string(&plain), plain);
    assert!(!Markup::Rich.clean(&markup).contains("script"));
    let mut group = criterion.benchmark_group("sanitize");
    group.throughput(Throughput::Bytes(plain.len() as u64));
    group.bench_function("string", |b| b.iter(|| sanitize_string(black_box(&plain)).len()));
    group.throughput(Throughput::Bytes(markup.len() as u64));
    group.bench_function("html", |b| b.iter(|| Markup::Rich.clean(black_box(&markup)).len()));
}

criterion_group!(benches, fields, json, uploads, sanitizers);
criterion_main!(benches);
