//! What a full registry renders is accepted by `promtool check metrics`, lint included.
//! Skipped by name where promtool is absent, unless `POUNDLOCK_REQUIRE_TOOLS=1`.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails loudly and names what it skips")]

use poundlock_observe::health::{ComponentSpec, HealthBoard, Thresholds};
use poundlock_observe::http::{
    ClientRecord, ErrorType, HttpClientMetrics, HttpClientRecorder, HttpMetrics, HttpRecorder, Method,
    RequestRecord, RouteId, Scheme,
};
use poundlock_observe::process::{ProcessMetrics, ProcessSample, register_build_info};
use poundlock_observe::{Format, Limits, Registry};
use std::env;
use std::io::{ErrorKind, Write};
use std::num::NonZeroU32;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn promtool_accepts_every_family() {
    let registry = full_registry();
    let Some(promtool) = start_promtool() else { return };
    let (accepted, said) = check(promtool, &registry.render(Format::Text004));
    assert!(accepted, "promtool: {said}");
    assert_eq!(said, "", "promtool has nothing to complain about");
}

/// Guards the guard: a promtool that accepts anything would make the test above worthless.
#[test]
fn promtool_refuses_a_gauge_with_a_counters_name() {
    let Some(promtool) = start_promtool() else { return };
    let (accepted, _) = check(promtool, b"# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n");
    assert!(!accepted);
}

fn full_registry() -> Registry {
    let registry = Registry::new(Limits { label_sets: NonZeroU32::new(3).unwrap() });
    let register = |collector| registry.register(collector).unwrap();
    register(http_metrics());
    register(client_metrics());
    let process = ProcessMetrics::new();
    process.update(ProcessSample {
        cpu_seconds: 0.25,
        resident_bytes: 1 << 24,
        virtual_bytes: 1 << 30,
        open_fds: 12,
        max_fds: f64::INFINITY,
        start_time_seconds: 1.767e9,
        threads: 4,
    });
    register(Arc::new(process));
    let board = HealthBoard::default();
    let spec = ComponentSpec {
        name: "upstream-api".to_owned(),
        measurement: "responseTime".to_owned(),
        component_type: "component".to_owned(),
        critical: true,
        thresholds: Thresholds::default(),
    };
    board.add(spec).unwrap();
    register(Arc::new(board));
    register_build_info(&registry, "0.1.0", &[("commit", "none")]).unwrap();
    for value in ["a\"b", "a\\b", "a\nb", "ü", "too many"] {
        registry.counter("odd_values_total", "With a \\ and\na line.", &[("v", value)]).unwrap().inc();
        registry.histogram("odd_seconds", "H.", &[("v", value)], &[1e-9, 1e9]).unwrap().observe(0.1);
        registry.gauge("odd_ratio", "G.", &[("v", value)]).unwrap().set(f64::MIN_POSITIVE);
    }
    registry
}

fn http_metrics() -> Arc<HttpMetrics> {
    let metrics = HttpMetrics::new(Limits { label_sets: NonZeroU32::new(5).unwrap() });
    let shard = metrics.shard();
    let orders = metrics.route("/orders/{id}", Scheme::Https);
    for (route, status, error) in [
        (orders, 200, None),
        (orders, 502, Some(ErrorType::UpstreamConnect)),
        (orders, 502, Some(ErrorType::UpstreamReset)),
        (RouteId::UNMATCHED, 404, None),
        (RouteId::UNMATCHED, 599, None),
    ] {
        let duration = Duration::from_millis(7);
        shard.begin(route, Method::Get);
        let record = RequestRecord {
            route,
            method: Method::Get,
            status,
            error,
            duration,
            request_bytes: 1,
            response_bytes: 2,
        };
        shard.finish(&record);
    }
    Arc::new(metrics)
}

fn client_metrics() -> Arc<HttpClientMetrics> {
    let metrics = HttpClientMetrics::new(Limits::default());
    let peer = metrics.peer("[::1]:3000");
    let duration = Duration::from_millis(7);
    metrics.shared().record(&ClientRecord {
        peer,
        method: Method::Get,
        status: Some(200),
        error: None,
        duration,
    });
    Arc::new(metrics)
}

fn start_promtool() -> Option<Child> {
    let spawned = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    match spawned {
        Ok(child) => Some(child),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let required = env::var_os("POUNDLOCK_REQUIRE_TOOLS").is_some_and(|value| value == "1");
            assert!(!required, "promtool is required and not installed");
            eprintln!("skipped: promtool is not installed");
            None
        }
        Err(error) => panic!("promtool does not start: {error}"),
    }
}

fn check(mut promtool: Child, text: &[u8]) -> (bool, String) {
    promtool.stdin.take().unwrap().write_all(text).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), said)
}
