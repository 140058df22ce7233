//! Tests of the HTTP metrics through what a scrape shows. The submodules hold the model and the threads.

mod model;
mod threads;

use super::*;
use crate::testing::{self, Labels, ParsedHistogram, Sample};
use crate::{Format, Limits, Registry};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

fn record(route: RouteId, status: u16, error: Option<ErrorType>) -> RequestRecord {
    RequestRecord {
        route,
        method: Method::Get,
        status,
        error,
        duration: Duration::from_millis(3),
        request_bytes: 0,
        response_bytes: 300,
    }
}

fn limits(label_sets: u32) -> Limits {
    Limits { label_sets: NonZeroU32::new(label_sets).unwrap() }
}

fn scrape(metrics: &HttpMetrics) -> Vec<Sample> {
    let registry = Registry::new(Limits::default());
    registry.register(Arc::new(metrics.clone())).unwrap();
    testing::parse(&registry.render(Format::Text004))
}

fn durations(metrics: &HttpMetrics) -> BTreeMap<Labels, ParsedHistogram> {
    testing::histograms(&scrape(metrics), REQUEST_DURATION)
}

fn series(route: &str, status: &str, error: &str) -> Labels {
    testing::labels([
        ("http_request_method", "GET"),
        ("http_route", route),
        ("http_response_status_code", status),
        ("url_scheme", "http"),
        ("error_type", error),
    ])
}

fn overflow() -> Labels {
    testing::labels([("overflow", "true")])
}

#[test]
fn a_request_is_counted_in_all_four_families() {
    let metrics = HttpMetrics::new(Limits::default());
    let route = metrics.route("/orders/{id}", Scheme::Https);
    let shard = metrics.shard();
    shard.begin(route, Method::Post);
    let active = [("http_request_method", "POST"), ("url_scheme", "https")];
    assert_eq!(testing::value(&scrape(&metrics), ACTIVE_REQUESTS, &active), Some(1.0));
    shard.finish(&RequestRecord { method: Method::Post, request_bytes: 256, ..record(route, 201, None) });

    let samples = scrape(&metrics);
    assert_eq!(testing::value(&samples, ACTIVE_REQUESTS, &active), Some(0.0));
    let labels = testing::labels([
        ("http_request_method", "POST"),
        ("http_route", "/orders/{id}"),
        ("http_response_status_code", "201"),
        ("url_scheme", "https"),
        ("error_type", ""),
    ]);
    let sums = [REQUEST_DURATION, REQUEST_BODY_SIZE, RESPONSE_BODY_SIZE].map(|family| {
        let histogram = testing::histograms(&samples, family).remove(&labels).unwrap();
        assert_eq!(histogram.count, 1, "{family}");
        (histogram.sum, histogram.buckets[0].1)
    });
    assert_eq!(sums, [(0.003, 1), (256.0, 1), (300.0, 0)]);
}

#[test]
fn a_registered_route_starts_at_zero_and_others_do_not_exist() {
    let metrics = HttpMetrics::new(Limits::default());
    assert!(durations(&metrics).is_empty());
    let _ = metrics.route("/", Scheme::Http);
    let shown = durations(&metrics);
    assert_eq!(shown.keys().cloned().collect::<Vec<_>>().len(), 2);
    assert_eq!(shown[&series("/", "200", "")].count, 0);
    assert_eq!(shown[&series("/", "500", "500")].count, 0);
}

#[test]
fn the_same_route_has_the_same_id_and_schemes_differ() {
    let metrics = HttpMetrics::new(Limits::default());
    let http = metrics.route("/", Scheme::Http);
    assert_eq!(http, metrics.route("/", Scheme::Http));
    assert_ne!(http, metrics.route("/", Scheme::Https));
    assert_eq!(metrics.route("_unmatched", Scheme::Http), RouteId::UNMATCHED);
    assert_eq!(metrics.route("_unmatched", Scheme::Https), RouteId::unmatched(Scheme::Https));
}

#[test]
fn the_error_type_is_the_cause_or_the_status_of_a_server_error() {
    let check = |status, error, status_label: &str, error_label: &str| {
        let metrics = HttpMetrics::new(Limits::default());
        metrics.shard().finish(&record(RouteId::UNMATCHED, status, error));
        let shown = durations(&metrics);
        assert_eq!(shown.keys().collect::<Vec<_>>(), [&series("_unmatched", status_label, error_label)]);
    };
    check(200, None, "200", "");
    check(404, None, "404", "");
    check(503, None, "503", "503");
    check(502, Some(ErrorType::UpstreamConnect), "502", "upstream_connect");
    check(499, Some(ErrorType::Cancelled), "499", "cancelled");
    check(200, Some(ErrorType::UpstreamReset), "200", "upstream_reset");
    check(599, None, "5xx", "5xx");
    check(299, None, "2xx", "");
    check(999, None, "_OTHER", "");
    check(42, None, "_OTHER", "");
    check(0, Some(ErrorType::Panic), "", "panic");
}

#[test]
fn a_status_is_its_own_label_or_shares_that_of_its_class() {
    for code in 1..=u16::MAX {
        let label = status::StatusSlot::of(code).label();
        let class = format!("{}xx", code / 100);
        let expected = [code.to_string(), if (100..600).contains(&code) { class } else { "_OTHER".into() }];
        assert!(expected.contains(&label.to_owned()), "{code} is shown as {label}");
    }
}

#[test]
fn routes_beyond_the_limit_share_the_overflow_series() {
    let metrics = HttpMetrics::new(limits(4));
    let routes: Vec<RouteId> = (0..5).map(|n| metrics.route(&format!("/{n}"), Scheme::Http)).collect();
    assert_eq!(routes.iter().filter(|route| route.is_overflow()).count(), 3);
    assert_eq!(metrics.route("/0", Scheme::Http), routes[0], "a known route is found in a full family");
    let shard = metrics.shard();
    for route in &routes {
        shard.begin(*route, Method::Get);
        shard.finish(&record(*route, 200, None));
    }
    let samples = scrape(&metrics);
    let shown = testing::histograms(&samples, REQUEST_DURATION);
    assert_eq!(shown[&overflow()].count, 3);
    assert_eq!(shown.values().map(|histogram| histogram.count).sum::<u64>(), 5);
    let refused = [("metric", REQUEST_DURATION)];
    assert_eq!(testing::value(&samples, "poundlock_metrics_series_overflow_total", &refused), Some(3.0));
    let active = [("http_request_method", "GET"), ("url_scheme", "http")];
    assert_eq!(testing::value(&samples, ACTIVE_REQUESTS, &active), Some(0.0));
}

#[test]
fn statuses_beyond_the_limit_share_the_overflow_series_in_every_shard() {
    let metrics = HttpMetrics::new(limits(3));
    let route = metrics.route("/", Scheme::Http);
    let shards = [metrics.shard(), metrics.shard()];
    for shard in &shards {
        for status in [200, 404, 410, 404, 410] {
            shard.finish(&record(route, status, None));
        }
    }
    let shown = durations(&metrics);
    assert_eq!(shown[&series("/", "404", "")].count, 4);
    assert_eq!(shown[&overflow()].count, 4);
    assert_eq!(shown.len(), 4);
}

#[test]
fn a_route_name_that_is_too_long_is_refused() {
    let metrics = HttpMetrics::new(Limits::default());
    assert!(metrics.route(&"x".repeat(2_000), Scheme::Http).is_overflow());
}

#[test]
fn an_id_of_another_instance_counts_as_overflow_and_harms_nothing() {
    let other = HttpMetrics::new(Limits::default());
    let _ = other.route("/first", Scheme::Http);
    let foreign = other.route("/second", Scheme::Http);
    let metrics = HttpMetrics::new(Limits::default());
    metrics.shard().finish(&record(foreign, 200, None));
    assert_eq!(durations(&metrics)[&overflow()].count, 1);
}

#[test]
fn a_dropped_shard_keeps_its_counts_and_is_used_again() {
    let metrics = HttpMetrics::new(Limits::default());
    for _ in 0..100 {
        metrics.shard().finish(&record(RouteId::UNMATCHED, 200, None));
    }
    assert_eq!(durations(&metrics)[&series("_unmatched", "200", "")].count, 100);
}

#[test]
fn live_shards_never_share_storage() {
    let matrix: matrix::Matrix<cell::ClientCell> = matrix::Matrix::new(Limits::default(), 1);
    matrix.release(matrix.exclusive());
    let all = [matrix.exclusive(), matrix.exclusive(), matrix.shared()];
    assert!(
        !Arc::ptr_eq(&all[0], &all[1]) && !Arc::ptr_eq(&all[1], &all[2]) && !Arc::ptr_eq(&all[0], &all[2])
    );
    assert!(Arc::ptr_eq(&all[2], &matrix.shared()));
}

#[test]
fn a_finish_without_a_begin_does_not_show_a_negative_gauge() {
    let metrics = HttpMetrics::new(Limits::default());
    metrics.shard().finish(&record(RouteId::UNMATCHED, 200, None));
    let active = [("http_request_method", "GET"), ("url_scheme", "http")];
    assert_eq!(testing::value(&scrape(&metrics), ACTIVE_REQUESTS, &active), Some(0.0));
}

#[test]
fn a_request_may_end_on_another_shard() {
    let metrics = HttpMetrics::new(Limits::default());
    metrics.shared().begin(RouteId::UNMATCHED, Method::Get);
    metrics.shard().finish(&record(RouteId::UNMATCHED, 200, None));
    let active = [("http_request_method", "GET"), ("url_scheme", "http")];
    assert_eq!(testing::value(&scrape(&metrics), ACTIVE_REQUESTS, &active), Some(0.0));
}

#[test]
fn shards_can_be_shared_by_pointer_and_moved_between_threads() {
    fn is_recorder<R: HttpRecorder>(_: &R) {}
    fn is_send<T: Send>(_: &T) {}
    fn is_shareable<T: Send + Sync + Clone>(_: &T) {}
    let metrics = HttpMetrics::new(Limits::default());
    is_shareable(&metrics);
    is_send(&metrics.shard());
    is_shareable(&metrics.shared());
    is_recorder(&Rc::new(metrics.shard()));
    is_recorder(&Arc::new(metrics.shared()));
    let dynamic: Rc<dyn HttpRecorder> = Rc::new(metrics.shard());
    dynamic.finish(&record(RouteId::UNMATCHED, 200, None));
    assert_eq!(durations(&metrics)[&series("_unmatched", "200", "")].count, 1);
}

#[test]
fn methods_are_read_by_exact_spelling() {
    for method in Method::ALL {
        assert_eq!(Method::from_str(method.as_str()), method);
    }
    for other in ["get", "", "GETS", "PROPFIND"] {
        assert_eq!(Method::from_bytes(other.as_bytes()), Method::Other);
    }
}

#[test]
fn enums_are_dense() {
    for (index, error) in ErrorType::ALL.into_iter().enumerate() {
        assert_eq!(error as usize, index);
    }
    for (index, method) in Method::ALL.into_iter().enumerate() {
        assert_eq!(method as usize, index);
    }
}

#[test]
fn a_peer_is_counted_by_address() {
    let metrics = HttpClientMetrics::new(limits(4));
    let peers = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"].map(|address| metrics.peer(address));
    assert_eq!(peers[2], PeerId::OVERFLOW);
    let call = ClientRecord {
        peer: peers[0],
        method: Method::Get,
        status: None,
        error: Some(ErrorType::UpstreamConnect),
        duration: Duration::from_secs(11),
    };
    metrics.shard().record(&call);
    metrics.shared().record(&ClientRecord { peer: peers[2], ..call });

    let registry = Registry::new(Limits::default());
    registry.register(Arc::new(metrics)).unwrap();
    let samples = testing::parse(&registry.render(Format::Text004));
    let shown = testing::histograms(&samples, CLIENT_REQUEST_DURATION);
    let failed = testing::labels([
        ("server_address", "10.0.0.1:80"),
        ("http_request_method", "GET"),
        ("http_response_status_code", ""),
        ("error_type", "upstream_connect"),
    ]);
    assert_eq!(shown.len(), 5, "two for each registered peer, and the overflow");
    assert_eq!((shown[&failed].count, shown[&failed].sum), (1, 11.0));
    assert_eq!(shown[&overflow()].count, 1);
}
