//! What one request costs: `begin` and `finish` on an exclusive and on a shared shard, and an attempt at an
//! upstream. Each checks afterwards that every request was counted.

use criterion::{Criterion, criterion_group, criterion_main};
use poundlock_observe::http::{
    ClientRecord, HttpClientMetrics, HttpClientRecorder, HttpMetrics, HttpRecorder, Method, RequestRecord,
    RouteId, Scheme,
};
use poundlock_observe::{Format, Limits, Registry};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

const ROUTES: usize = 64;

/// Requests that differ, so that neither the branch predictor nor one cache line does all the work.
fn requests(metrics: &HttpMetrics) -> Vec<RequestRecord> {
    let routes: Vec<RouteId> =
        (0..ROUTES).map(|n| metrics.route(&format!("/route/{n}"), Scheme::Http)).collect();
    let one = |n: usize| RequestRecord {
        route: routes[n * 7 % ROUTES],
        method: [Method::Get, Method::Post][n % 2],
        status: [200, 201, 404, 200][n / 2 % 4],
        error: None,
        duration: Duration::from_micros((n as u64 * 7_919) % 300_000),
        request_bytes: (n as u64 * 31) % 2_000,
        response_bytes: (n as u64 * 977) % 100_000,
    };
    (0..1_024).map(one).collect()
}

fn counted(collector: Arc<dyn poundlock_observe::Collect>, name: &str) -> u64 {
    let registry = Registry::new(Limits::default());
    registry.register(collector).expect("the name is free");
    let text = String::from_utf8(registry.render(Format::Text004)).expect("text");
    let lines = text.lines().filter(|line| line.starts_with(name));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

fn bench_server<R: HttpRecorder>(criterion: &mut Criterion, name: &str, open: impl Fn(&HttpMetrics) -> R) {
    let metrics = HttpMetrics::new(Limits::default());
    let requests = requests(&metrics);
    let recorder = open(&metrics);
    let done = Cell::new(0_usize);
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| {
            let request = black_box(&requests[done.get() % requests.len()]);
            recorder.begin(request.route, request.method);
            recorder.finish(request);
            done.set(done.get() + 1);
        });
    });
    let counted = counted(Arc::new(metrics), "http_server_request_duration_seconds_count");
    assert_eq!(counted, done.get() as u64, "every request was counted");
}

fn server(criterion: &mut Criterion) {
    bench_server(criterion, "record/exclusive", HttpMetrics::shard);
    bench_server(criterion, "record/shared", HttpMetrics::shared);
}

fn client(criterion: &mut Criterion) {
    let metrics = HttpClientMetrics::new(Limits::default());
    let peer = metrics.peer("127.0.0.1:3000");
    let shard = metrics.shard();
    let done = Cell::new(0_u64);
    let call = |n: u64| ClientRecord {
        peer,
        method: Method::Get,
        status: Some(200),
        error: None,
        duration: Duration::from_micros(n * 7_919 % 300_000),
    };
    criterion.bench_function("record/client-exclusive", |bencher| {
        bencher.iter(|| {
            shard.record(black_box(&call(done.get())));
            done.set(done.get() + 1);
        });
    });
    let counted = counted(Arc::new(metrics), "http_client_request_duration_seconds_count");
    assert_eq!(counted, done.get(), "every attempt was counted");
}

criterion_group!(benches, server, client);
criterion_main!(benches);
