//! The real program on a free port: what a client, a scraper and a person with Ctrl-C see of the layers.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body, SendBody};

/// A running application; ends with the test.
struct App {
    child: Child,
    url: String,
    agent: Agent,
}

impl App {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_axum-app"))
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .into();
        Self { child, url, agent }
    }

    fn get(&self, path: &str) -> Response<Body> {
        self.agent.get(format!("{}{path}", self.url)).call().unwrap()
    }

    fn post(&self, body: impl ureq::AsSendBody) -> Response<Body> {
        let request = self.agent.post(format!("{}/orders", self.url));
        request.header("content-type", "application/json").send(body).unwrap()
    }

    /// The value of the one line of `/metrics` with this name and these labels.
    fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let text = self.get("/metrics").into_body().read_to_string().unwrap();
        let mut lines = text.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{'))
                && labels.iter().all(|label| line.contains(label))
        });
        let line = lines.next().unwrap_or_else(|| panic!("no {name} {labels:?} in\n{text}"));
        assert_eq!(lines.next(), None, "{name} {labels:?} is ambiguous");
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    fn count(&self, labels: &[&str]) -> f64 {
        self.metric("http_server_request_duration_seconds_count", labels)
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A refusal: the status, the kind of problem, and the same name in header and body.
fn check_problem(response: Response<Body>, status: u16, slug: &str) {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let problem: serde_json::Value = response.into_body().read_json().unwrap();
    assert_eq!(problem["type"], format!("urn:poundlock:problem:{slug}"));
    assert_eq!(problem["status"], status);
    assert_eq!(problem["request_id"], id);
}

#[test]
fn requests_are_named_and_counted_by_template() {
    let app = App::start();
    assert_eq!(app.post(r#"{"item":"lock","pounds":1}"#).status(), 201);
    for path in ["/orders/1", "/orders/1?cache=no"] {
        let response = app.get(path);
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-request-id"].len(), 36);
        assert_eq!(response.into_body().read_to_string().unwrap(), r#"{"item":"lock","pounds":1}"#);
    }
    assert_eq!(app.count(&[r#"http_route="/orders/{id}""#, r#"status_code="200""#]), 2.0);
    assert_eq!(app.count(&[r#"http_route="/orders""#, r#"status_code="201""#]), 1.0);
}

#[test]
fn paths_without_a_route_are_counted_together() {
    let app = App::start();
    for path in ["/nowhere", "/wp-admin/setup.php", "/orders/1/2"] {
        assert_eq!(app.get(path).status(), 404);
    }
    assert_eq!(app.count(&[r#"http_route="_unmatched""#]), 3.0);
    let text = app.get("/metrics").into_body().read_to_string().unwrap();
    assert!(!text.contains("wp-admin"), "never a raw path");
}

#[test]
fn a_body_over_the_cap_is_a_413_problem_whether_its_length_is_declared_or_not() {
    let app = App::start();
    let body = format!(r#"{{"item":"{}","pounds":1}}"#, "x".repeat(64 * 1024));
    check_problem(app.post(&body), 413, "body-too-large");
    let mut chunked = body.as_bytes();
    check_problem(app.post(SendBody::from_reader(&mut chunked)), 413, "body-too-large");
    let labels = [r#"http_route="/orders""#, r#"status_code="413""#, r#"error_type="body_too_large""#];
    assert_eq!(app.count(&labels), 2.0);
}

#[test]
fn a_handler_that_is_too_slow_is_a_504_problem() {
    let app = App::start();
    check_problem(app.get("/reports/yearly"), 504, "upstream-timeout");
    let labels =
        [r#"http_route="/reports/yearly""#, r#"status_code="504""#, r#"error_type="upstream_timeout""#];
    assert_eq!(app.count(&labels), 1.0);
}

#[test]
fn an_attack_is_a_403_problem_in_the_target_and_in_the_body() {
    let app = App::start();
    check_problem(app.get("/orders/1?q=1'%20OR%20'1'='1'%20--"), 403, "attack-detected");
    check_problem(app.post(r#"{"item":"<script>alert(1)</script>","pounds":1}"#), 403, "attack-detected");
    assert_eq!(app.metric("poundlock_shield_requests_total", &[r#"verdict="block""#]), 2.0);
    assert_eq!(app.metric("poundlock_shield_blocked_total", &[r#"class="sqli""#]), 1.0);
    assert_eq!(app.get("/orders/1").status(), 404, "nothing was ordered");
}

#[test]
fn an_order_that_is_not_valid_is_a_422_problem_with_every_place() {
    let app = App::start();
    let mut response = app.post(r#"{"item":"","pounds":0}"#);
    let problem: serde_json::Value = response.body_mut().read_json().unwrap();
    let places: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].clone()).collect();
    assert_eq!((places, &problem["status"]), (vec!["/item".into(), "/pounds".into()], &422.into()));
    check_problem(app.post(r#"{"item":"lock"}"#), 422, "invalid-request");
    check_problem(app.post("{"), 400, "unreadable-body");
}

#[test]
fn health_tells_of_the_store() {
    let app = App::start();
    assert_eq!(app.get("/health").status(), 200);
    let response = app.get("/health/detailed");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/health+json");
    let report: serde_json::Value = response.into_body().read_json().unwrap();
    assert_eq!(report["status"], "pass");
    assert_eq!(report["checks"]["store:entries"][0]["observedUnit"], "orders");
}

#[test]
fn ctrl_c_lets_requests_finish_and_exits_with_success() {
    let mut app = App::start();
    let (agent, url) = (app.agent.clone(), app.url.clone());
    let slow =
        std::thread::spawn(move || agent.get(format!("{url}/reports/yearly")).call().unwrap().status());
    // The scrape itself is one request in flight.
    let in_flight = |app: &App| app.metric("http_server_active_requests", &["\"GET\""]);
    (0..10_000).find(|_| in_flight(&app) == 2.0).expect("the slow request is in flight for a second");
    let pid = Pid::from_child(&app.child);
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(slow.join().unwrap(), 504, "answered, not cut off");
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| tell.send(app.child.wait().unwrap().success()));
        let exited = told.recv_timeout(Duration::from_secs(30));
        if exited.is_err() {
            kill_process(pid, Signal::KILL).unwrap();
        }
        assert_eq!(exited, Ok(true), "within seconds, and with success");
    });
}

#[test]
fn a_wrong_flag_is_explained() {
    for arguments in [&["--port", "1"][..], &["--listen"], &["--listen", "nowhere"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_axum-app"))
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut message = String::new();
        child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
        assert!(!child.wait().unwrap().success());
        assert!(message.contains("--listen ADDR") || message.contains("not an address"), "{message}");
    }
}
