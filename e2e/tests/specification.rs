//! The acceptance list of the specification, item by item, as its author would try it.

use e2e::{Config, Gateway, Redis, Upstream, curl};

/// A gateway that serves its operations on the public listener, as in the specification.
fn gateway(upstream: &Upstream) -> Gateway {
    Gateway::start(&Config::to(&[upstream]).listener("ops = true"))
}

/// `curl ADDRESS/PATH`; `None` without curl.
fn public(gateway: &Gateway, path: &str) -> Option<String> {
    let answer = curl(&[&format!("http://{}{path}", gateway.public_address())])?;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    Some(answer)
}

#[test]
fn item_1_requests_are_tracked_and_appear_in_the_metrics() {
    let upstream = Upstream::answering(|request| {
        let status = if request.head.word(1) == "/missing" { "404 Not Found" } else { "200 OK" };
        format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")
    });
    let gateway = gateway(&upstream);
    for path in ["/a", "/b", "/missing"] {
        gateway.get(path);
    }
    gateway.client().request("POST", "/a", &[], "body");
    gateway.wait_metric(4.0, |metrics| metrics.requests(&[]));
    let metrics = gateway.metrics();
    let count = |method, status| {
        metrics.requests(&[
            ("http_request_method", method),
            ("http_response_status_code", status),
            ("url_scheme", "http"),
        ])
    };
    assert_eq!((count("GET", "200"), count("GET", "404"), count("POST", "200")), (2.0, 1.0, 1.0));
    assert!(metrics.sum("http_server_request_duration_seconds_sum", &[]) > 0.0);
}

#[test]
fn item_7_health_answers() {
    let upstream = Upstream::text("not this");
    let Some(answer) = public(&gateway(&upstream), "/health") else { return };
    assert!(answer.contains("\"status\":\"pass\""), "{answer}");
    assert!(upstream.seen().is_empty());
}

#[test]
fn item_7_detailed_health_answers() {
    let upstream = Upstream::text("not this");
    let Some(answer) = public(&gateway(&upstream), "/health/detailed") else { return };
    assert!(answer.to_lowercase().contains("content-type: application/health+json\r\n"), "{answer}");
    assert!(answer.contains("\"checks\""), "{answer}");
}

#[test]
fn item_7_metrics_answer() {
    let upstream = Upstream::text("not this");
    let Some(answer) = public(&gateway(&upstream), "/metrics") else { return };
    assert!(answer.contains("# TYPE http_server_request_duration_seconds histogram\n"), "{answer}");
}

#[test]
fn item_8_of_150_quick_requests_about_100_pass() {
    let upstream = Upstream::text("not this");
    let allowed = [("RATE_LIMIT_REQUESTS", "100"), ("RATE_LIMIT_WINDOW_SECONDS", "60")];
    let config = Config::to(&[&upstream]).listener("ops = true");
    let gateway =
        Gateway::start(&allowed.iter().fold(config, |config, (name, value)| config.env(name, value)));
    let mut client = gateway.client();
    let statuses: Vec<u16> = (0..150).map(|_| client.get("/health").status).collect();
    let passed = statuses.iter().filter(|status| **status == 200).count();
    // One token grows each 600 ms: a slow machine may see a few more.
    assert!((100..=105).contains(&passed), "{passed} passed");
    assert_eq!(statuses[..100], [200; 100]);
    assert_eq!(statuses[149], 429);
}

#[test]
fn item_9_two_gateways_share_a_limit_through_redis() {
    let Some(redis) = Redis::start() else { return };
    let upstream = Upstream::text("ok");
    let config = Config::to(&[&upstream])
        .env("REDIS_URL", &redis.url())
        // A busy machine may be slower than the 20 ms of the default.
        .top("store.deadline = \"2s\"")
        .top("limits.per-ip = { key = \"ip\", rate = \"100/h\" }");
    let gateways = [Gateway::start(&config), Gateway::start(&config)];
    let mut clients = gateways.each_ref().map(Gateway::client);
    let statuses: Vec<u16> = (0..150).map(|n| clients[n % 2].get("/").status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 100);
    assert_eq!(statuses[100..], [429; 50]);
}

#[test]
fn without_ops_these_paths_belong_to_the_service() {
    let upstream = Upstream::text("the service's own");
    let gateway = Gateway::start(&Config::to(&[&upstream]).listener("ops = false"));
    for path in ["/health", "/health/detailed", "/metrics"] {
        assert_eq!(gateway.get(path).text(), "the service's own", "{path}");
    }
}

#[test]
fn with_ops_everything_else_belongs_to_the_service() {
    let upstream = Upstream::text("the service's own");
    let gateway = gateway(&upstream);
    for path in ["/", "/healthy", "/health/ready", "/api/v1/status", "/metrics2"] {
        assert_eq!(gateway.get(path).text(), "the service's own", "{path}");
    }
}
