//! The table of everything Poundlock can answer by itself.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use poundlock_observe::http::ErrorType;
use poundlock_shield::validate::batch::{JsonKind, JsonProblem};
use poundlock_shield::validate::body::BodyError;
use poundlock_shield::validate::email::EmailError;
use poundlock_shield::validate::multipart::MultipartError;
use poundlock_shield::validate::openapi::OperationError;
use poundlock_shield::validate::upload::UploadError;
use poundlock_shield::validate::{FieldPath, Issues, MAX_ISSUES, Part, Problem};
use poundlock_tower::limit::Refused;
use poundlock_tower::{Rejection, Side};
use std::collections::HashSet;
use std::sync::Arc;

struct Row(Rejection, u16, &'static str, Side, Option<ErrorType>);

/// One row for each variant; see [`is_in_the_table`].
#[rustfmt::skip]
fn table() -> Vec<Row> {
    use Rejection::*;
    use Side::*;
    let s = || "shop".into();
    vec![
        Row(BadRequest("two lengths"), 400, "bad-request", Downstream, None),
        Row(ClientGone, 499, "client-gone", Downstream, Some(ErrorType::Cancelled)),
        Row(ClientTimeout, 408, "client-timeout", Downstream, Some(ErrorType::Timeout)),
        Row(Unauthorized, 401, "unauthorized", Downstream, None),
        Row(MethodNotAllowed("GET"), 405, "method-not-allowed", Downstream, None),
        Row(NoRoute, 404, "no-route", Gateway, None),
        Row(NoPage, 404, "no-page", Downstream, None),
        Row(NoComponent, 404, "no-component", Downstream, None),
        Row(NoLimit, 404, "no-limit", Downstream, None),
        Row(InvalidCall("no number".into()), 422, "invalid-call", Downstream, None),
        Row(BodyTooLarge(10), 413, "body-too-large", Downstream, Some(ErrorType::BodyTooLarge)),
        Row(AttackDetected, 403, "attack-detected", Downstream, None),
        Row(InvalidRequest(invalid(EmailError::NoAt)), 422, "invalid-request", Downstream, None),
        Row(UnsupportedCoding, 501, "unsupported-coding", Downstream, None),
        Row(RateLimited(refused(false)), 429, "rate-limited", Downstream, Some(ErrorType::RateLimited)),
        Row(Denied("per-ip".into()), 403, "denied", Downstream, None),
        Row(LimitsUnavailable, 503, "limits-unavailable", Gateway, Some(ErrorType::LimitsUnavailable)),
        Row(Shed(s()), 503, "shed", Upstream, Some(ErrorType::Shed)),
        Row(UpstreamConnect(s()), 502, "upstream-connect", Upstream, Some(ErrorType::UpstreamConnect)),
        Row(UpstreamReset(s()), 502, "upstream-reset", Upstream, Some(ErrorType::UpstreamReset)),
        Row(UpstreamInvalid(s()), 502, "upstream-invalid", Upstream, Some(ErrorType::UpstreamInvalid)),
        Row(UpstreamTimeout(s()), 504, "upstream-timeout", Upstream, Some(ErrorType::UpstreamTimeout)),
        Row(UpstreamBusy(s()), 503, "upstream-busy", Upstream, Some(ErrorType::UpstreamBusy)),
        Row(NoInstance(s()), 503, "no-instance", Upstream, Some(ErrorType::NoInstance)),
        Row(Internal, 500, "internal", Gateway, Some(ErrorType::Internal)),
    ]
}

fn refused(banned: bool) -> Arc<Refused> {
    Arc::new(Refused { limit: "per-ip".into(), banned, retry_after: Some(7), headers: Vec::new() })
}

fn invalid(problem: impl Into<Problem>) -> Arc<Issues> {
    let mut issues = Issues::default();
    issues.add(FieldPath::field(Part::Body, "a\"b"), problem);
    Arc::new(issues)
}

/// Does not compile when a variant is new: add it here, count it, and give it a row.
const VARIANTS: usize = 25;
fn is_in_the_table(rejection: &Rejection) {
    use Rejection::*;
    match rejection {
        BadRequest(_) | ClientGone | ClientTimeout | MethodNotAllowed(_) | Unauthorized | NoRoute
        | NoPage | NoComponent => {}
        NoLimit | InvalidCall(_) | AttackDetected | InvalidRequest(_) => {}
        RateLimited(_) | Denied(_) | LimitsUnavailable | Shed(_) => {}
        BodyTooLarge(_) | UnsupportedCoding | UpstreamConnect(_) | UpstreamReset(_) | UpstreamInvalid(_) => {}
        UpstreamTimeout(_) | UpstreamBusy(_) | NoInstance(_) | Internal => {}
    }
}

#[test]
fn every_variant_has_one_row_and_a_kind_of_its_own() {
    let table = table();
    table.iter().for_each(|row| is_in_the_table(&row.0));
    let variants: HashSet<_> = table.iter().map(|row| std::mem::discriminant(&row.0)).collect();
    let slugs: HashSet<_> = table.iter().map(|row| row.0.slug()).collect();
    assert_eq!((table.len(), variants.len(), slugs.len()), (VARIANTS, VARIANTS, VARIANTS));
}

#[test]
fn every_row_is_as_the_table_says() {
    for Row(rejection, status, slug, side, error_type) in table() {
        let got = (rejection.status().as_u16(), rejection.slug(), rejection.side(), rejection.error_type());
        assert_eq!(got, (status, slug, side, error_type), "{rejection:?}");
    }
}

#[test]
fn every_problem_is_complete() {
    for Row(rejection, status, slug, side, _) in table() {
        let response = rejection.to_response(Some("id-12345"));
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers().contains_key("connection"), rejection.closes(), "{rejection:?}");
        let problem: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        let text = |member: &str| problem[member].as_str().unwrap_or_default().to_owned();
        assert_eq!(text("type"), format!("urn:poundlock:problem:{slug}"));
        assert_eq!(problem["status"], status);
        assert_eq!(text("side"), side.as_str());
        assert_eq!(text("request_id"), "id-12345");
        assert_eq!(problem.get("service").is_some(), side == Side::Upstream, "{rejection:?}");
        assert!(text("title").len() > 5 && text("detail").len() > 5, "{problem}");
        assert!(!text("detail").contains("{}") && text("detail") != text("title"), "{problem}");
    }
}

#[test]
fn a_refusal_by_a_limit_says_when_to_come_back() {
    let response = Rejection::RateLimited(refused(true)).to_response(None);
    assert_eq!(response.headers()["retry-after"], "7");
    let problem: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(
        (&problem["type"], &problem["limit"]),
        (&"urn:poundlock:problem:banned".into(), &"per-ip".into())
    );
    let never = Refused { retry_after: None, ..(*refused(false)).clone() };
    let response = Rejection::RateLimited(Arc::new(never)).to_response(None);
    assert!(!response.headers().contains_key("retry-after"));
}

#[test]
fn without_an_id_there_is_no_member_for_it() {
    let problem: serde_json::Value =
        serde_json::from_slice(Rejection::NoRoute.to_response(None).body()).unwrap();
    assert_eq!(problem.get("request_id"), None);
}

#[test]
fn what_is_not_valid_is_listed_by_place_and_has_the_status_of_its_kind() {
    let check = |problem: Problem, status: u16, slug: &str| {
        let rejection = Rejection::InvalidRequest(invalid(problem));
        assert_eq!((rejection.status().as_u16(), rejection.slug()), (status, slug), "{rejection:?}");
    };
    let json = |kind| JsonProblem { at: 7, kind };
    check(EmailError::NoAt.into(), 422, "invalid-request");
    check(json(JsonKind::Depth(3)).into(), 422, "invalid-request");
    check(json(JsonKind::Syntax).into(), 400, "unreadable-body");
    check(json(JsonKind::Bytes(3)).into(), 413, "input-too-large");
    check(UploadError::TooLarge(3).into(), 413, "input-too-large");
    check(BodyError::Bomb.into(), 413, "input-too-large");
    check(BodyError::Coding.into(), 415, "unsupported-media-type");
    check(BodyError::Ambiguous.into(), 400, "unreadable-body");
    check(MultipartError::Start.into(), 400, "unreadable-body");
    check(OperationError::NotJson.into(), 400, "unreadable-body");
    check(UploadError::Declared("image/png").into(), 415, "unsupported-media-type");
    check(OperationError::MediaType("text/plain".into()).into(), 415, "unsupported-media-type");

    let mut issues = (*invalid(EmailError::NoAt)).clone();
    for _ in 0..MAX_ISSUES + 1 {
        issues.add(FieldPath::whole(Part::Query), json(JsonKind::Syntax));
    }
    let response = Rejection::InvalidRequest(Arc::new(issues)).to_response(Some("id-12345"));
    assert_eq!(response.status(), 422, "faults of several kinds");
    let problem: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    let first = serde_json::json!({"in": "body", "pointer": "/a\"b", "detail": EmailError::NoAt.to_string()});
    assert_eq!(problem["errors"][0], first);
    assert_eq!(problem["errors"].as_array().unwrap().len(), MAX_ISSUES);
    assert_eq!(problem["more_errors"], 2);
}
