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
fn item_2_a_sql_injection_is_detected() {
    let upstream = Upstream::text("ok");
    for (mode, status) in [("detect", 200), ("block", 403)] {
        let config = Config::to(&[&upstream]).top(&format!("shield.mode = \"{mode}\""));
        let gateway = Gateway::start(&config);
        let mut client = gateway.client();
        assert_eq!(client.get("/users?id=1%20UNION%20SELECT%20password%20FROM%20users--").status, status);
        let login = [("Content-Type", "application/x-www-form-urlencoded")];
        assert_eq!(client.request("POST", "/login", &login, "user=admin'--+&password=x").status, status);
        assert_eq!(client.get("/users?id=1&name=O'Brien").status, 200, "a name is no attack");
        gateway.wait_metric(2.0, |metrics| {
            metrics.sum("poundlock_shield_findings_total", &[("class", "sqli")]).min(2.0)
        });
    }
}

#[test]
fn item_3_pagination_is_clamped() {
    let upstream = Upstream::text("ok");
    let config =
        Config::to(&[&upstream]).top("[shield]\nmode = \"block\"\n[shield.route.lists]\npage = {}\n");
    let gateway = Gateway::start(&config);
    let mut client = gateway.client();
    for target in ["/items?page=0&per_page=100000", "/items?page=3&per_page=50"] {
        assert_eq!(client.get(target).status, 200);
    }
    let seen: Vec<String> = upstream.seen().iter().map(|seen| seen.head.word(1).to_owned()).collect();
    assert_eq!(seen, ["/items?page=1&per_page=100", "/items?page=3&per_page=50"]);
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
fn item_10_a_validator_that_is_too_strict_is_relaxed_for_one_value_or_route() {
    let upstream = Upstream::text("ok");
    let strict =
        "[shield]\nmode = \"block\"\n[shield.route.all.fields]\n\"query.mail\" = { type = \"email\" }\n";
    let one_value = strict.replace("\"email\"", "\"email\", allow = [\"test@ok\"]");
    // The route that is relaxed stands first.
    let relaxed = "[shield.route.import]\npaths = [\"/import\"]\n[shield.route.all.fields]";
    let one_route = strict.replace("[shield.route.all.fields]", relaxed);
    for (shield, value, route, other) in
        [(strict, 422, 422, 422), (&one_value, 200, 200, 422), (&one_route, 422, 200, 422)]
    {
        let gateway = Gateway::start(&Config::to(&[&upstream]).top(shield));
        let mut client = gateway.client();
        let statuses = ["/users?mail=test@ok", "/import?mail=test@ok", "/users?mail=other@ok"]
            .map(|target| client.get(target).status);
        assert_eq!(statuses, [value, route, other], "{shield}");
        assert_eq!(client.get("/users?mail=test@example.com").status, 200);
    }
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
