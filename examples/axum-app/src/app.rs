//! The router and the layers around it. Main function: [`router`]. It does not listen.

use crate::orders::{self, Orders};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{get, post};
use poundlock_limit::{Bucket, KeySpec, Limit, Plans, Terms};
use poundlock_observe::Registry;
use poundlock_observe::health::HealthBoard;
use poundlock_observe::http::{HttpMetrics, Scheme};
use poundlock_observe::process::register_build_info;
use poundlock_tower::inspect::{Findings, InspectionMetrics, Mode, Record};
use poundlock_tower::limit::RuleMetrics;
use poundlock_tower::{
    BodyCapLayer, ByMatchedPath, CappedBody, CorrelationLayer, GateLayer, InspectLayer, InspectedBody,
    Inspection, LimitLayer, Limiter, ObserveLayer, Operations, ProtocolCheck, RespondLayer, Rule,
    TimeoutLayer, operations_router,
};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceBuilder;

/// Bytes of a request body; an order is small.
const MAX_BODY: u64 = 64 * 1024;
/// The time a handler has for the head of its answer.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Components whose health is watched.
const MAX_COMPONENTS: usize = 16;

/// The application, and the handle through which it tells how it is.
///
/// # Errors
/// When two metrics want the same name.
pub(crate) fn router(orders: Orders) -> anyhow::Result<(Router, Operations)> {
    let metrics = HttpMetrics::new(Default::default());
    let registry = Registry::new(Default::default());
    registry.register(Arc::new(metrics.clone()))?;
    register_build_info(&registry, env!("CARGO_PKG_VERSION"), &[])?;
    let limiter = limits(&registry)?;
    let inspection = inspection(&registry)?;
    let operations = Operations::new(registry, HealthBoard::new(MAX_COMPONENTS).into());

    #[rustfmt::skip]
    let stack = ServiceBuilder::new()
        // Everything below can name the request. Behind a gateway that sets the ID, and only there:
        // `CorrelationLayer::behind_gateway()`.
        .layer(CorrelationLayer::new())
        // Counts refusals too. `Router::layer` runs after routing, so the template is known.
        .layer(ObserveLayer::new(metrics.shared(), ByMatchedPath::new(metrics, Scheme::Http)))
        .layer(RespondLayer)                            // Rejection → HTTP: nothing above can fail
        .layer(GateLayer::new(ProtocolCheck::default())) // nothing below trusts an ambiguous request
        .layer(LimitLayer::for_all(limiter))            // cheapest refusal first
        .layer(BodyCapLayer::new(MAX_BODY))             // before anybody reads a body
        .layer(TimeoutLayer::new((TIMEOUT, "axum-app".into()))) // a body that stalls, too
        .layer(InspectLayer::new(Arc::new(inspection)).with_findings(Some(Arc::new(AuditLog))))
        // These two hand on other types of bodies than axum's handlers take: map them back. A layer that
        // leaves the request body alone needs no such line, and nothing needs one for response bodies.
        .map_request(|request: Request<InspectedBody<CappedBody<Body>>>| request.map(Body::new));

    let router = Router::new()
        .route("/orders", post(orders::create))
        .route("/orders/{id}", get(orders::show))
        .route("/reports/yearly", get(orders::yearly_report))
        .with_state(orders)
        .merge(operations_router(operations.clone()))
        // Last, because it goes around the routes that are there.
        .layer(stack);
    Ok((router, operations))
}

/// Each client address may send 20 requests a second, 50 at once.
fn limits(registry: &Registry) -> anyhow::Result<Limiter> {
    let rate = Bucket::new("20/s".parse()?, NonZeroU64::new(50))
        .map_err(|error| anyhow::anyhow!("the rate cannot be kept: {error:?}"))?;
    let terms = Terms { rate: Some(rate), quota: None };
    let limit = Limit::new("per-client", KeySpec::parse(["ip"])?, Plans::only(terms))?;
    let mut rule = Rule::new(limit);
    rule.metrics = RuleMetrics::new(registry, "per-client")?;
    Ok(Limiter::in_memory([rule])?)
}

/// Attacks are refused. What only one route takes is for its handler to say, with `Valid`.
fn inspection(registry: &Registry) -> anyhow::Result<Inspection> {
    let metrics = InspectionMetrics::new(registry, "axum-app")?;
    Ok(Inspection { mode: Mode::Block, metrics, ..Inspection::new("axum-app") })
}

/// One line of JSON on standard error for each request in which something was found. It is called on the request path, so
/// an application whose standard error may be slow has to write from somewhere else.
struct AuditLog;

impl Findings for AuditLog {
    #[expect(clippy::print_stderr, reason = "this application logs to standard error")]
    fn found(&self, record: &Record<'_>) {
        if let Ok(line) = serde_json::to_string(record) {
            eprintln!("{line}");
        }
    }
}
