//! Which series a request to an axum router ends up in.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::routing::get;
use poundlock_observe::http::{HttpMetrics, Scheme};
use poundlock_observe::{Format, Limits, Registry};
use poundlock_tower::{AccessEntry, AccessSink, ByMatchedPath, ObserveLayer};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

/// Keeps the routes of the access log.
#[derive(Default)]
struct Routes(Mutex<Vec<String>>);

impl AccessSink for Routes {
    fn write(&self, entry: &AccessEntry<'_>) {
        self.0.lock().unwrap().push(entry.route.to_owned());
    }

    fn flush(&self) {}
}

struct App {
    router: Router,
    registry: Registry,
    routes: Arc<Routes>,
}

fn app(limits: Limits) -> App {
    let metrics = HttpMetrics::new(limits);
    let registry = Registry::new(limits);
    registry.register(Arc::new(metrics.clone())).unwrap();
    let routes = Arc::new(Routes::default());
    let observe = ObserveLayer::new(metrics.shared(), ByMatchedPath::new(metrics, Scheme::Https))
        .with_access_log(Some(routes.clone()));
    let router = Router::new()
        .route("/orders/{id}", get(|| async { "one" }))
        .nest("/shop", Router::new().route("/items/{item}", get(|| async { "two" })))
        .nest_service("/files", get(|| async { "three" }))
        .layer(observe);
    App { router, registry, routes }
}

/// Sends requests and gives the `http_route` label of every series that counted one, with its value.
async fn check(limits: Limits, requests: &[(&str, &str)], expect: &[(&str, u32)]) {
    let app = app(limits);
    for (method, path) in requests {
        let request = Request::builder().method(*method).uri(*path).body(Body::empty()).unwrap();
        let response = app.router.clone().oneshot(request).await.unwrap();
        to_bytes(response.into_body(), usize::MAX).await.unwrap();
    }
    let text = String::from_utf8(app.registry.render(Format::Text004)).unwrap();
    let mut got: Vec<(&str, u32)> = text
        .lines()
        .filter_map(|line| line.strip_prefix("http_server_request_duration_seconds_count{"))
        .map(|rest| {
            let (labels, value) = rest.rsplit_once("} ").unwrap();
            assert!(labels.contains("overflow=") || labels.contains("url_scheme=\"https\""), "{labels}");
            let route = labels.split("http_route=\"").nth(1).and_then(|rest| rest.split('"').next());
            (route.unwrap_or("overflow"), value.parse().unwrap())
        })
        .filter(|(_, value)| *value > 0)
        .collect();
    got.sort_unstable();
    assert_eq!(got, expect, "{requests:?}\n{text}");
    assert_eq!(app.routes.0.lock().unwrap().len(), requests.len());
}

#[tokio::test]
async fn a_request_is_counted_under_its_template() {
    let requests = [("GET", "/orders/1"), ("GET", "/orders/2?x=y"), ("GET", "/orders/%2e%2e")];
    check(Limits::default(), &requests, &[("/orders/{id}", 3)]).await;
}

#[tokio::test]
async fn a_nested_router_is_counted_under_the_whole_template() {
    check(Limits::default(), &[("GET", "/shop/items/7")], &[("/shop/items/{item}", 1)]).await;
}

#[tokio::test]
async fn a_method_that_is_not_there_is_counted_under_the_template() {
    check(Limits::default(), &[("DELETE", "/orders/1")], &[("/orders/{id}", 1)]).await;
}

#[tokio::test]
async fn the_fallback_and_nested_services_have_no_template() {
    let requests =
        [("GET", "/nowhere"), ("GET", "/orders/1/2"), ("GET", "/shop/none"), ("GET", "/files/a.txt")];
    check(Limits::default(), &requests, &[("_unmatched", 1), ("_unmatched", 3)]).await;
}

#[tokio::test]
async fn templates_beyond_the_limit_of_the_metrics_share_one_series() {
    let limits = Limits { label_sets: 3.try_into().unwrap() };
    let requests = [("GET", "/orders/1"), ("GET", "/shop/items/1"), ("GET", "/shop/items/2")];
    check(limits, &requests, &[("/orders/{id}", 1), ("overflow", 2)]).await;
}

#[tokio::test]
async fn the_access_log_has_templates_too() {
    let app = app(Limits::default());
    for path in ["/orders/1", "/orders/2", "/nowhere"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        drop(app.router.clone().oneshot(request).await.unwrap());
    }
    assert_eq!(*app.routes.0.lock().unwrap(), ["/orders/{id}", "/orders/{id}", "_unmatched"]);
}
