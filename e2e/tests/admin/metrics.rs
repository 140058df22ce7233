//! Metrics: three formats by `Accept`, judged by promtool and by a real Prometheus.

use e2e::{Client, Gateway, Metrics, Upstream, eventually, free_address, tool};

/// What Prometheus 2.42 sends.
const PROMETHEUS_2: &str = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
    text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
/// What Prometheus sends with native histograms enabled.
const PROMETHEUS_NATIVE: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,\
    application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,\
    text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

const HISTOGRAM: &str = "http_server_request_duration_seconds";

/// A gateway that has served some requests, of which one failed.
fn busy() -> (Upstream, Gateway) {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::to(&upstream);
    for n in 0..5 {
        assert_eq!(gateway.get(&format!("/{n}")).status, 200);
    }
    gateway.wait_metric(5.0, |metrics| metrics.requests(&[]));
    (upstream, gateway)
}

fn scrape(gateway: &Gateway, accept: &str) -> (String, Vec<u8>) {
    let answer = gateway.admin("GET", "/metrics", &[("Accept", accept)]);
    assert_eq!(answer.status, 200);
    (answer.header("content-type").unwrap_or("").to_owned(), answer.body.bytes)
}

#[test]
fn text_is_what_a_curious_person_gets() {
    let (_upstream, gateway) = busy();
    for accept in ["*/*", "text/plain", "text/html,*/*;q=0.8", "text/plain;version=0.0.4"] {
        let (form, body) = scrape(&gateway, accept);
        assert!(form.starts_with("text/plain") && form.contains("version=0.0.4"), "{accept}: {form}");
        let text = String::from_utf8_lossy(&body).into_owned();
        assert!(text.contains(&format!("# TYPE {HISTOGRAM} histogram")), "{text}");
        assert!(!text.contains("# EOF"), "OpenMetrics under the name of text");
    }
}

#[test]
fn openmetrics_is_what_prometheus_gets() {
    let (_upstream, gateway) = busy();
    let (form, body) = scrape(&gateway, PROMETHEUS_2);
    assert!(form.starts_with("application/openmetrics-text") && form.contains("version=1.0.0"), "{form}");
    assert!(String::from_utf8_lossy(&body).ends_with("# EOF\n"));
}

#[test]
fn protobuf_is_what_prometheus_gets_for_native_histograms() {
    let (_upstream, gateway) = busy();
    let (form, body) = scrape(&gateway, PROMETHEUS_NATIVE);
    assert!(
        form.starts_with("application/vnd.google.protobuf") && form.contains("encoding=delimited"),
        "{form}"
    );
    let families = delimited(&body);
    let named =
        |name: &str| families.iter().any(|family| family.windows(name.len()).any(|w| w == name.as_bytes()));
    assert!(named(HISTOGRAM) && named("poundlock_build_info"), "{} families", families.len());
}

/// Splits length-delimited messages; panics unless they fill the input exactly.
fn delimited(mut input: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while !input.is_empty() {
        let last = input.iter().position(|byte| byte & 0x80 == 0).expect("a varint ends");
        let length = input[..=last].iter().rev().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f));
        let (message, rest) = input[last + 1..].split_at(length);
        messages.push(message);
        input = rest;
    }
    messages
}

#[test]
fn buckets_count_and_sum_agree() {
    let (_upstream, gateway) = busy();
    let metrics = gateway.metrics();
    let bucket = |le| metrics.sum(&format!("{HISTOGRAM}_bucket"), &[("le", le)]);
    assert_eq!((bucket("+Inf"), metrics.requests(&[])), (5.0, 5.0));
    assert!(bucket("0.005") <= bucket("0.01") && bucket("5") <= bucket("10.0") + bucket("10"));
    let sum = metrics.sum(&format!("{HISTOGRAM}_sum"), &[]);
    assert!(sum > 0.0 && sum < 5.0, "{sum} s for five small requests");
}

#[test]
fn paths_and_hosts_of_clients_do_not_become_labels() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    for n in 0..50 {
        client.send(format!("GET /secret-{n} HTTP/1.1\r\nHost: host-{n}.example\r\n\r\n"));
        assert_eq!(client.receive().status, 200);
    }
    gateway.wait_metric(50.0, |metrics| metrics.requests(&[]));
    let text = gateway.admin_get("/metrics").text();
    assert!(!text.contains("secret-") && !text.contains("host-"), "{text}");
}

#[test]
fn refused_requests_are_counted() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::to(&upstream);
    assert_eq!(gateway.client().request("BREW", "/", &[], "").status, 400);
    gateway.wait_metric(1.0, |metrics| metrics.requests(&[("http_response_status_code", "400")]));
    assert!(!gateway.admin_get("/metrics").text().contains("BREW"));
}

#[test]
fn metrics_can_be_switched_off() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start(&e2e::Config::to(&[&upstream]).top("metrics = { prometheus = false }"));
    assert_eq!(gateway.admin_get("/metrics").status, 404);
}

#[test]
fn promtool_accepts_the_metrics() {
    let Some(promtool) = tool("promtool") else { return };
    let (_upstream, gateway) = busy();
    let text = gateway.admin_get("/metrics").text();
    let (accepted, complaints) = promtool.run(&["check", "metrics"], &text);
    assert!(accepted && complaints.is_empty(), "{complaints}");
}

#[test]
fn a_real_prometheus_scrapes_the_gateway() {
    let Some(prometheus) = tool("prometheus") else { return };
    let (_upstream, gateway) = busy();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (file, data, listen) =
        (folder.path().join("prometheus.yml"), folder.path().join("data"), free_address());
    let job = format!(
        "scrape_configs: [{{job_name: gateway, scrape_interval: 1s, static_configs: [{{targets: ['{}']}}]}}]",
        gateway.admin_address()
    );
    std::fs::write(&file, job).expect("a temporary folder can be written");
    let running = prometheus.start(&[
        &format!("--config.file={}", file.display()),
        &format!("--storage.tsdb.path={}", data.display()),
        &format!("--web.listen-address={listen}"),
    ]);
    let query = |expression: &str| {
        let mut client = Client::try_connect(listen).ok()?;
        let answer = client.try_request("GET", &format!("/api/v1/query?query={expression}"), &[], "").ok()?;
        let answer = Some(answer).filter(|answer| answer.status == 200)?;
        answer.json()["data"]["result"][0]["value"][1].as_str().map(str::to_owned)
    };
    let up = e2e::eventually_within(e2e::PATIENCE * 2, "a scrape", || query("up"));
    assert_eq!(up, "1", "{}", running.output());
    assert_eq!(query(&format!("sum({HISTOGRAM}_count)")).as_deref(), Some("5"));
}

#[test]
fn scrapes_do_not_disturb_each_other() {
    let (_upstream, gateway) = busy();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(Metrics::parse(&gateway.admin_get("/metrics").text()).requests(&[]), 5.0);
                }
            });
        }
    });
    eventually("nothing is active", || {
        (gateway.metrics().sum("http_server_active_requests", &[]) == 0.0).then_some(())
    });
}
