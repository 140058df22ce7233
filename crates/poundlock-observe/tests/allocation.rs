//! What the hot path allocates: nothing once a series exists. And what a series costs in memory.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use allocation_counter::measure;
use poundlock_observe::correlation::{RequestId, TraceContext};
use poundlock_observe::http::{
    ClientRecord, ErrorType, HttpClientMetrics, HttpClientRecorder, HttpMetrics, HttpRecorder, Method,
    RequestRecord, Scheme,
};
use poundlock_observe::{Limits, Registry};
use std::hint::black_box;
use std::time::Duration;

fn requests(recorder: &impl HttpRecorder, record: &RequestRecord) {
    for status in [200, 404, 502, 599] {
        recorder.begin(record.route, record.method);
        recorder.finish(&RequestRecord { status, ..*record });
    }
}

#[test]
fn a_request_allocates_nothing_once_its_series_exist() {
    let metrics = HttpMetrics::new(Limits::default());
    let record = RequestRecord {
        route: metrics.route("/", Scheme::Http),
        method: Method::Get,
        status: 200,
        error: Some(ErrorType::UpstreamReset),
        duration: Duration::from_millis(3),
        request_bytes: 10,
        response_bytes: 1_000,
    };
    let (exclusive, shared) = (metrics.shard(), metrics.shared());
    let first = measure(|| requests(&exclusive, &record));
    assert!(first.count_total > 0, "the first request opens cells, or nothing is measured");
    requests(&shared, &record);
    let later = measure(|| {
        requests(&exclusive, &record);
        requests(&shared, &record);
    });
    assert_eq!(later.count_total, 0);
}

#[test]
fn an_attempt_allocates_nothing_once_its_series_exists() {
    let metrics = HttpClientMetrics::new(Limits::default());
    let shard = metrics.shard();
    let peer = metrics.peer("127.0.0.1:3000");
    let duration = Duration::from_millis(3);
    let call = ClientRecord { peer, method: Method::Get, status: Some(200), error: None, duration };
    shard.record(&call);
    assert_eq!(measure(|| shard.record(&call)).count_total, 0);
}

#[test]
fn identifiers_allocate_nothing() {
    let header = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let used = measure(|| {
        let mut written = [0; 55];
        TraceContext::parse(black_box(header)).unwrap().child(7).write_to(&mut written);
        black_box(written);
        black_box(RequestId::v7(black_box(1), black_box(2)));
        black_box(RequestId::accept(black_box(b"0123456789abcdef")).unwrap());
    });
    assert_eq!(used.count_total, 0);
}

/// Three labels of 32 bytes together cost 156 bytes on a 64-bit machine; the bound leaves room for allocators.
#[test]
fn a_counter_series_costs_at_most_200_bytes() {
    const SERIES: u64 = 1_792;
    let registry = Registry::new(Limits::default());
    let used = measure(|| {
        for n in 0..SERIES {
            let id = n.to_string();
            let labels = [("service", "api"), ("release", "v1"), ("id", id.as_str())];
            registry.counter("bench_total", "Counted.", &labels).unwrap();
        }
    });
    let each = used.bytes_current / SERIES as i64;
    assert!((1..=200).contains(&each), "{each} bytes");
}
