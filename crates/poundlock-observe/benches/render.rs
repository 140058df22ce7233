//! What a scrape of about 10,000 series costs in each format: counters of a registry, and the histograms of
//! a gateway with four shards. Each checks first that what it renders is complete.

use criterion::{Criterion, criterion_group, criterion_main};
use poundlock_observe::http::{HttpMetrics, HttpRecorder, Method, RequestRecord, Scheme};
use poundlock_observe::{Format, Limits, Registry};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

const FORMATS: [(&str, Format); 3] =
    [("text", Format::Text004), ("openmetrics", Format::OpenMetrics100), ("protobuf", Format::Protobuf)];

const ROUTES: u64 = 122;

/// 10 families of 1,000 counters with three labels.
fn counters() -> Registry {
    let registry = Registry::new(Limits::default());
    for family in 0..10 {
        for n in 0..1_000_u64 {
            let id = n.to_string();
            let labels = [("service", "api"), ("release", "v1"), ("id", id.as_str())];
            let counter = registry.counter(&format!("bench_{family}_total"), "Counted.", &labels);
            counter.expect("the name is valid").add(n * 7_919);
        }
    }
    registry
}

/// Two label sets for each route, three histograms for each of them: 10,004 series.
fn histograms() -> Registry {
    let metrics = HttpMetrics::new(Limits::default());
    let shards: Vec<_> = (0..4).map(|_| metrics.shard()).collect();
    for n in 0..ROUTES {
        let route = metrics.route(&format!("/api/v1/route/{n}/{{id}}"), Scheme::Http);
        for (shard, k) in shards.iter().zip(0..) {
            for status in [200, 500] {
                shard.begin(route, Method::Get);
                let record = RequestRecord {
                    route,
                    method: Method::Get,
                    status,
                    error: None,
                    duration: Duration::from_micros(n * k * 1_337),
                    request_bytes: n * k,
                    response_bytes: n * k * 100,
                };
                shard.finish(&record);
            }
        }
    }
    let registry = Registry::new(Limits::default());
    registry.register(Arc::new(metrics)).expect("the names are free");
    registry
}

fn lines(registry: &Registry, start: &str) -> usize {
    let text = String::from_utf8(registry.render(Format::Text004)).expect("text");
    text.lines().filter(|line| line.starts_with(start)).count()
}

fn render(criterion: &mut Criterion) {
    let counters = counters();
    assert_eq!(lines(&counters, "bench_"), 10_000);
    let histograms = histograms();
    assert_eq!(lines(&histograms, "http_server_re"), ROUTES as usize * 2 * (17 + 12 + 12));
    for (name, format) in FORMATS {
        for (kind, registry) in [("counters", &counters), ("histograms", &histograms)] {
            let size = registry.render(format).len();
            criterion.bench_function(&format!("render/{name}/{kind}"), |bencher| {
                bencher.iter(|| assert_eq!(black_box(registry.render(format)).len(), size));
            });
        }
    }
}

criterion_group!(benches, render);
criterion_main!(benches);
