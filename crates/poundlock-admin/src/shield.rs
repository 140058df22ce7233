//! The shield over the API: what it does, what it found lately, and verdicts for applications in any language.
//!
//! Main items: `reading` and `asking`, the routes. What an attack is, `poundlock-shield` decides.

mod model;

pub use model::{Recent, RequestCall, ScanCall, ScanPlace, Scanned, ShieldRouteState, ShieldState, Totals};

use crate::limits::body;
use crate::{Gateway, refuse};
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, Route, get, post};
use axum::{Json, Router};
use base64::Engine as _;
use poundlock_shield::{Head, Level, Location, Place, Policy, Verdict, scan_request, scan_value};
use poundlock_tower::Rejection;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tower_layer::Layer;
use tower_service::Service;

/// The most bytes that are scanned for one call: its thread does nothing else in that time.
const MOST_SCANNED: usize = 1 << 20;
/// The most headers of a request that is scanned.
const MOST_HEADERS: usize = 500;
/// Findings in one answer at most.
const MOST_FINDINGS: usize = 10_000;

type Api = State<Arc<dyn Gateway>>;

/// Calls that anybody on this machine may make.
pub(crate) fn reading() -> Router<Arc<dyn Gateway>> {
    Router::new().route("/api/v1/shield", get(state).fallback(crate::only_get))
}

/// Calls that need the token: findings say who did what, and a scan takes time.
pub(crate) fn asking<L>(token: &L) -> Router<Arc<dyn Gateway>>
where
    L: Layer<Route> + Clone + Send + Sync + 'static,
    L::Service: Service<Request, Response: IntoResponse, Error = Infallible, Future: Send>,
    L::Service: Clone + Send + Sync + 'static,
{
    let with_token = |call: MethodRouter<_>| call.route_layer(token.clone());
    Router::new()
        .route("/api/v1/shield/findings", with_token(get(findings)).fallback(crate::only_get))
        .route("/api/v1/shield/scan", with_token(post(scan)).fallback(crate::only_post))
}

/// Routes in the order in which they are asked, and how many requests came to what.
#[utoipa::path(get, path = "/api/v1/shield", responses((status = 200, body = ShieldState)))]
pub(crate) async fn state(State(gateway): Api) -> Json<ShieldState> {
    Json(gateway.shield())
}

/// How far to look back.
#[derive(Deserialize)]
pub(crate) struct Since {
    /// Seconds; everything that is kept, when nothing is said.
    since: Option<u64>,
}

/// The latest findings, as they are in the audit log, the latest last.
#[utoipa::path(
    get,
    path = "/api/v1/shield/findings",
    params(("since" = Option<u64>, Query, description = "How many seconds to look back; all that is kept in memory, when nothing is said")),
    responses((status = 200, body = Recent), (status = 401), (status = 422)),
    security(("token" = []))
)]
pub(crate) async fn findings(State(gateway): Api, request: Request) -> Response {
    let Ok(Query(Since { since })) = Query::try_from_uri(request.uri()) else {
        return refuse(
            &Rejection::InvalidCall("`since` must be a number of seconds".into()),
            request.extensions(),
        );
    };
    let mut lines = gateway.findings(since.map(Duration::from_secs));
    let more = lines.len().saturating_sub(MOST_FINDINGS);
    // The oldest go first.
    lines.drain(..more);
    let findings = lines.into_iter().filter_map(|line| RawValue::from_string(line.into()).ok()).collect();
    Json(Recent { findings }).into_response()
}

/// Says whether a value or a request is an attack: 200 whatever the verdict. Nothing is recorded.
#[utoipa::path(
    post,
    path = "/api/v1/shield/scan",
    request_body = ScanCall,
    responses((status = 200, body = Scanned), (status = 401), (status = 422)),
    security(("token" = []))
)]
pub(crate) async fn scan(request: Request) -> Response {
    let (extensions, call) = match body::<ScanCall>(request).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    match verdict(&call) {
        Ok(verdict) => Json(Scanned::of(&verdict)).into_response(),
        Err(why) => refuse(&Rejection::InvalidCall(why.into()), &extensions),
    }
}

/// The verdict that a call asks for, or what is wrong with the call.
fn verdict(call: &ScanCall) -> Result<Verdict, &'static str> {
    let level = Level::new(call.level.unwrap_or(1)).ok_or("`level` must be from 1 to 4")?;
    let policy = Policy { level, ..Policy::default() };
    match (&call.value, &call.request) {
        (Some(value), None) => {
            let place: Place = call.place.unwrap_or_default().into();
            let location = Location { place, field: call.field.clone().unwrap_or_default() };
            match value.len() > MOST_SCANNED {
                true => Err("`value` must have at most 1 MiB"),
                false => Ok(scan_value(value.as_bytes(), &location, &policy)),
            }
        }
        (None, Some(request)) => request_verdict(request, &policy),
        _ => Err("either `value` or `request` must be given"),
    }
}

fn request_verdict(request: &RequestCall, policy: &Policy) -> Result<Verdict, &'static str> {
    let encoded = request.body_base64.as_deref().unwrap_or_default();
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded);
    let mut body = decoded.map_err(|_| "`body_base64` is not Base64")?;
    match (&request.body, body.is_empty()) {
        (Some(_), false) => return Err("either `body` or `body_base64` may be given"),
        (Some(text), true) => body = text.clone().into_bytes(),
        (None, _) => {}
    }
    if body.len() > MOST_SCANNED || request.headers.len() > MOST_HEADERS {
        return Err("a request must have at most 1 MiB and 500 headers");
    }
    let headers: Vec<(&[u8], &[u8])> =
        request.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let head =
        Head { method: request.method.as_bytes(), target: request.target.as_bytes(), headers: &headers };
    Ok(scan_request(&head, &body, policy))
}
