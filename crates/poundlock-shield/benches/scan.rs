//! What looking at requests costs: a parameter, forms and JSON of 10 and 100 KB, and plain text. Each asserts first that it
//! passes, and that the same with an attack at its end is blocked.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use poundlock_shield::{Action, Head, Location, Place, Policy, Verdict, prepare, scan_request, scan_value};
use std::hint::black_box;

const PROSE: &str =
    "The ship left the harbour at noon, and nobody on the quay could say where it was bound for. ";

fn text(length: usize) -> String {
    PROSE.chars().cycle().take(length).collect()
}

/// Orders, as a shop's page sends them.
fn json(length: usize) -> String {
    let line = |n: usize| {
        format!(
            r#"{{"sku":"A-{n:05}","id":"7f0c1d52-9b1e-4c55-8a77-{n:012}","count":{},"price":12.5,"gift":null,"note":"leave it at the door, please"}}"#,
            n % 9
        )
    };
    format!("[{}]", (0..length / 140).map(line).collect::<Vec<_>>().join(","))
}

fn form(length: usize) -> String {
    let pair = |n: usize| {
        format!(
            "items%5B{n}%5D%5Bname%5D=A+box+of+{n}+pears&items%5B{n}%5D%5Bmail%5D=ann%40example.com&total={n}"
        )
    };
    (0..length / 95).map(pair).collect::<Vec<_>>().join("&")
}

fn scan(target: &str, kind: &str, body: &[u8]) -> Verdict {
    let headers: [(&[u8], &[u8]); 5] = [
        (b"host", b"shop.example.com"),
        (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        (b"accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        (b"cookie", b"session=4f9c0d7ab2; theme=dark"),
        (b"content-type", kind.as_bytes()),
    ];
    scan_request(
        &Head { method: b"POST", target: target.as_bytes(), headers: &headers },
        body,
        &Policy::default(),
    )
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn requests(criterion: &mut Criterion) {
    prepare();
    let query = format!("/search?q={}", text(100).replace(' ', "+").replace(',', "%2C"));
    assert_eq!(scan(&query, FORM, b"").action, Action::Pass);
    assert_eq!(scan(&(query.clone() + "%27+or+1%3D1+--"), FORM, b"").action, Action::Block);
    criterion.bench_function("request/100 B parameter", |b| b.iter(|| scan(black_box(&query), FORM, b"")));
    for size in [10_000, 100_000] {
        let form = form(size);
        let json = json(size);
        assert_eq!(scan("/", FORM, form.as_bytes()).action, Action::Pass);
        assert_eq!(scan("/", FORM, (form.clone() + "&a=%27+or+1%3D1+--").as_bytes()).action, Action::Block);
        assert_eq!(scan("/", JSON, json.as_bytes()).action, Action::Pass);
        assert_eq!(scan("/", JSON, json.replace("]", r#","' or 1=1 --"]"#).as_bytes()).action, Action::Block);
        let mut group = criterion.benchmark_group(format!("body/{} KB", size / 1000));
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function("form", |b| b.iter(|| scan("/", FORM, black_box(form.as_bytes()))));
        group.bench_function("json", |b| b.iter(|| scan("/", JSON, black_box(json.as_bytes()))));
        group.finish();
    }
}

fn texts(criterion: &mut Criterion) {
    let at = Location { place: Place::Body, field: "text".into() };
    let scan = |text: &str| scan_value(text.as_bytes(), &at, &Policy::default());
    let text = text(1_000_000);
    assert_eq!(scan(&text).action, Action::Pass);
    assert_eq!(scan(&(text.clone() + "<script>f()</script>")).action, Action::Block);
    let mut group = criterion.benchmark_group("text");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("1 MB", |b| b.iter(|| scan(black_box(&text))));
}

criterion_group!(benches, requests, texts);
criterion_main!(benches);
