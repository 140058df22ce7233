//! Probes: what each answers, in which form, and on which side of an outage.

use e2e::{Config, Gateway, Upstream, eventually};

const CHECK: &str = "health = { every = \"100ms\", timeout = \"100ms\", down_after = 2, up_after = 1 }";

/// The root status of the detailed health.
fn status(gateway: &Gateway) -> Option<String> {
    gateway.admin_get("/health/detailed").json()["status"].as_str().map(str::to_owned)
}

#[test]
fn every_probe_answers() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::to(&upstream);
    for path in ["/health", "/health/startup", "/health/ready"] {
        let answer = gateway.admin_get(path);
        assert_eq!((answer.status, &answer.json()["status"]), (200, &"pass".into()), "{path}: {answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
    assert_eq!(gateway.admin_get("/health/detailed").status, 200);
    assert!(upstream.seen().is_empty(), "a probe reached the upstream");
}

#[test]
fn the_detailed_health_names_the_pool() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start(&Config::to(&[&upstream]).service(CHECK));
    eventually("the details are well", || (status(&gateway)? == "pass").then_some(()));
    let answer = gateway.admin_get("/health/detailed");
    assert_eq!(answer.header("content-type"), Some("application/health+json"));
    let health = answer.json();
    let checks = health["checks"].as_object().unwrap_or_else(|| panic!("no checks in {health}"));
    let (_, pool) = checks.iter().find(|(key, _)| key.contains("api")).unwrap_or_else(|| panic!("{health}"));
    for member in ["status", "componentType", "time"] {
        assert!(pool[0][member].is_string(), "no {member} in {pool}");
    }
}

#[test]
fn a_dead_upstream_shows_in_the_details_but_not_in_the_liveness() {
    let mut upstream = Upstream::text("ok");
    let gateway = Gateway::start(&Config::to(&[&upstream]).service(CHECK));
    eventually("the details are well", || (status(&gateway)? == "pass").then_some(()));
    upstream.kill();
    eventually("the details are not well", || (status(&gateway)? != "pass").then_some(()));
    assert_eq!(gateway.admin_get("/health").status, 200);
    upstream.restart();
    eventually("the details are well again", || (status(&gateway)? == "pass").then_some(()));
}

#[test]
fn a_component_has_its_own_answer() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::to(&upstream);
    assert_eq!(gateway.admin_get("/health/components/nobody").status, 404);
}

#[test]
fn probes_answer_head() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::to(&upstream);
    for path in ["/health", "/health/ready", "/metrics"] {
        let answer = gateway.admin("HEAD", path, &[]);
        assert_eq!((answer.status, answer.body.bytes.len()), (200, 0), "{path}");
    }
}
