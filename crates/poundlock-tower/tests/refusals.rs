//! Correlation, observe and respond together: whoever refuses, the answer is named, counted and logged once.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use poundlock_observe::http::{HttpMetrics, Scheme};
use poundlock_observe::{Format, Registry};
use poundlock_tower::{
    AccessEntry, AccessSink, BodyCapLayer, CappedBody, CorrelationLayer, GateLayer, ObserveLayer,
    ProtocolCheck, Rejection, RespondLayer, TimeoutLayer,
};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{ServiceBuilder, ServiceExt, service_fn};

/// Keeps the lines of the access log.
#[derive(Default)]
struct Lines(Mutex<Vec<serde_json::Value>>);

impl AccessSink for Lines {
    fn write(&self, entry: &AccessEntry<'_>) {
        self.0.lock().unwrap().push(serde_json::to_value(entry).unwrap());
    }

    fn flush(&self) {}
}

/// What the innermost service does with a request: `/connect` has no upstream, `/slow` never answers, and
/// everything else reads its body and answers whatever came of it, as handlers do.
async fn application<B: Body<Error: std::fmt::Debug>>(
    request: Request<B>,
) -> Result<Response<Full<Bytes>>, Rejection> {
    match request.uri().path() {
        "/connect" => Err(Rejection::UpstreamConnect("shop".into())),
        "/slow" => std::future::pending().await,
        _ => {
            let status = if request.into_body().collect().await.is_ok() { 200 } else { 400 };
            Ok(Response::builder().status(status).body(Full::default()).unwrap())
        }
    }
}

/// Sends a request through the whole stack; checks what the client, the metrics and the log say of it.
async fn check<B>(request: http::request::Builder, body: B, status: u16, slug: &str, error_type: &str)
where
    B: Body<Data = Bytes, Error = Infallible> + 'static,
{
    let metrics = HttpMetrics::new(Default::default());
    let registry = Registry::new(Default::default());
    registry.register(Arc::new(metrics.clone())).unwrap();
    let lines = Arc::new(Lines::default());
    let stack = ServiceBuilder::new()
        .layer(CorrelationLayer::new())
        .layer(
            ObserveLayer::new(metrics.shared(), metrics.route("/shop", Scheme::Http))
                .with_access_log(Some(lines.clone())),
        )
        .layer(RespondLayer)
        .layer(GateLayer::new(ProtocolCheck::default()))
        .layer(BodyCapLayer::new(4))
        .layer(TimeoutLayer::new((Duration::from_secs(2), "shop".into())))
        .service(service_fn(application::<CappedBody<B>>));
    let request = request.header("x-request-id", "chosen-by-the-client");
    let response = stack.oneshot(request.body(body).unwrap()).await.unwrap();

    assert_eq!(response.status(), status);
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_ne!(id, "chosen-by-the-client", "this peer is not trusted");
    let problem = response.into_body().collect().await.unwrap().to_bytes();
    let problem: serde_json::Value = serde_json::from_slice(&problem).unwrap();
    assert_eq!(problem["type"], format!("urn:poundlock:problem:{slug}"));
    assert_eq!(problem["request_id"], id, "one name in header and body");

    let text = String::from_utf8(registry.render(Format::Text004)).unwrap();
    let counted = text.lines().find(|line| {
        line.starts_with("http_server_request_duration_seconds_count{")
            && line.contains(&format!("http_response_status_code=\"{status}\""))
            && line.contains(&format!("error_type=\"{error_type}\""))
            && line.contains("http_route=\"/shop\"")
    });
    assert!(counted.is_some_and(|line| line.ends_with(" 1")), "{counted:?} in\n{text}");

    let lines = lines.0.lock().unwrap();
    assert_eq!(lines.len(), 1, "logged once");
    assert_eq!((&lines[0]["request_id"], &lines[0]["problem"]), (&id.into(), &slug.into()));
    assert_eq!(lines[0]["status"], status);
}

fn get(path: &str) -> http::request::Builder {
    Request::get(path).header("host", "shop.example")
}

/// A body that does not tell its length.
struct Chunks(std::slice::Iter<'static, &'static str>);

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(|part| Ok(Frame::data(Bytes::from_static(part.as_bytes())))))
    }
}

#[tokio::test]
async fn a_gate_refuses() {
    check(Request::get("/"), Full::default(), 400, "bad-request", "").await;
    check(get("/").method("TRACE"), Full::default(), 405, "method-not-allowed", "").await;
}

#[tokio::test]
async fn the_body_cap_refuses_a_declared_length() {
    check(get("/").method("POST"), Full::from("12345"), 413, "body-too-large", "body_too_large").await;
}

#[tokio::test]
async fn the_body_cap_overrules_what_a_service_makes_of_its_broken_body() {
    check(get("/").method("POST"), Chunks(["123", "45"].iter()), 413, "body-too-large", "body_too_large")
        .await;
}

#[tokio::test]
async fn the_inner_service_fails() {
    check(get("/connect"), Full::default(), 502, "upstream-connect", "upstream_connect").await;
}

#[tokio::test(start_paused = true)]
async fn the_inner_service_is_too_slow() {
    check(get("/slow"), Full::default(), 504, "upstream-timeout", "upstream_timeout").await;
}
