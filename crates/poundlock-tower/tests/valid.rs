//! The extractor in an axum router: what is valid arrives, and of everything else every place is told.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Form, Json, Query};
use axum::{Router, routing::get, routing::post};
use garde::Validate;
use http::Request;
use poundlock_tower::{CorrelationLayer, Rejection, Valid};
use serde::Deserialize;
use tower::ServiceExt;

#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct Order {
    #[garde(length(min = 1, max = 5))]
    item: String,
    #[garde(dive)]
    lines: Vec<Line>,
}

#[derive(Deserialize, Validate)]
struct Line {
    #[garde(range(min = 1, max = 9))]
    count: u32,
}

#[derive(Deserialize, Validate)]
struct Page {
    #[garde(range(max = 100))]
    per_page: u32,
}

fn app() -> Router {
    Router::new()
        .route("/json", post(|Valid(Json(order)): Valid<Json<Order>>| async move { order.item }))
        .route("/form", get(form).post(form))
        .route("/both", post(|_: Valid<Query<Page>>, _: Valid<Json<Order>>| async { "both" }))
        .layer(DefaultBodyLimit::max(200))
        .layer(CorrelationLayer::new())
}

async fn form(Valid(Form(page)): Valid<Form<Page>>) -> String {
    page.per_page.to_string()
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Sends a body (with none, a GET), and gives the status and `in pointer: detail` of each error.
async fn check(target: &str, declared: &str, body: &str, status: u16, errors: &[&str]) {
    let method = if declared.is_empty() { "GET" } else { "POST" };
    let request = Request::builder().method(method).uri(target).header("content-type", declared);
    let response = app().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    assert_eq!(response.status(), status, "{target} {body}");
    if status == 200 {
        return;
    }
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert!(response.extensions().get::<Rejection>().is_some(), "the access log knows why");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let text = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(!String::from_utf8_lossy(&text).contains("evil"), "no value is repeated");
    let problem: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(problem["request_id"], id);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let line =
        |e: &serde_json::Value| format!("{}{}: {}", text(&e["in"]), text(&e["pointer"]), text(&e["detail"]));
    let got: Vec<String> = problem["errors"].as_array().unwrap().iter().map(line).collect();
    assert_eq!(got, errors, "{target} {body}");
}

#[tokio::test]
async fn what_is_valid_arrives() {
    check("/json", JSON, r#"{"item":"lock","lines":[{"count":1}]}"#, 200, &[]).await;
    check("/form?per_page=7", "", "", 200, &[]).await;
    check("/form", FORM, "per_page=7", 200, &[]).await;
    check("/both?per_page=7", JSON, r#"{"item":"lock","lines":[]}"#, 200, &[]).await;
}

#[tokio::test]
async fn every_place_that_is_not_valid_is_told() {
    let body = r#"{"item":"evil evil","lines":[{"count":1},{"count":0},{"count":10}]}"#;
    let errors = [
        "body/item: length is greater than 5",
        "body/lines/1/count: lower than 1",
        "body/lines/2/count: greater than 9",
    ];
    check("/json", JSON, body, 422, &errors).await;
    check("/form?per_page=101", "", "", 422, &["query/per_page: greater than 100"]).await;
    check("/form", FORM, "per_page=101", 422, &["body/per_page: greater than 100"]).await;
    check("/both?per_page=101", JSON, body, 422, &["query/per_page: greater than 100"]).await;
}

#[tokio::test]
async fn what_cannot_be_read_is_told_without_what_it_was() {
    let typed = "must be of the type that is asked for here";
    check(
        "/json",
        JSON,
        r#"{"item":"a","lines":[{"count":"evil"}]}"#,
        422,
        &[&format!("body/lines/0/count: {typed}")],
    )
    .await;
    check("/json", JSON, r#"{"item":"a"}"#, 422, &["body/lines: must be given"]).await;
    check(
        "/json",
        JSON,
        r#"{"item":"a","lines":[],"other":1}"#,
        422,
        &["body/other: must not be given here"],
    )
    .await;
    check("/form?per_page=evil", "", "", 422, &[&format!("query/per_page: {typed}")]).await;
    check("/form?a=evil", "", "", 422, &["query/per_page: must be given"]).await;
    check("/form", FORM, "per_page=evil", 422, &[&format!("body/per_page: {typed}")]).await;
    check("/both?per_page=-1", JSON, "{}", 422, &[&format!("query/per_page: {typed}")]).await;
}

#[tokio::test]
async fn other_faults_have_their_own_status() {
    check("/json", JSON, "{evil", 400, &["body: must be JSON"]).await;
    check("/json", "text/plain", "{}", 415, &["body: must have a content type of application/json"]).await;
    check("/form", JSON, "{}", 415, &[&format!("body: must have a content type of {FORM}")]).await;
    check("/json", JSON, &"[".repeat(201), 413, &["body: must not be so long"]).await;
}
