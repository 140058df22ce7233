//! The admin API: probes, metrics, and what is running, over HTTP.
//!
//! Main items: [`router`] and [`Gateway`], the trait through which it asks the gateway. Calls that
//! change something need the bearer token. It knows no sockets and holds no state.

pub mod limits;
mod model;
mod openapi;
pub mod shield;
mod token;

pub use model::{
    ConfigProblem, InstanceState, InstanceStatus, ListenerStatus, Phase, Reloaded, ServiceStatus, Status,
};
pub use token::Token;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Extensions, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, middleware};
use poundlock_tower::{Correlation, CorrelationLayer, Limiter, Operations, Rejection};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// An answer that takes a while.
pub type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What the API asks of the gateway.
pub trait Gateway: Send + Sync + 'static {
    /// What is running.
    fn status(&self) -> Status;

    /// The limits as they are now.
    fn limiter(&self) -> Arc<Limiter>;

    /// What the shield does, and what came of it.
    fn shield(&self) -> shield::ShieldState;

    /// The latest lines of the shield's audit log, the latest last; all that are kept when nothing is said.
    fn findings(&self, since: Option<Duration>) -> Vec<Box<str>>;

    /// Reads the configuration again and takes it over, or says what is wrong with it.
    fn reload(&self) -> Pending<Result<Reloaded, serde_json::Value>>;
}

/// The whole admin API.
pub fn router(gateway: Arc<dyn Gateway>, operations: Operations, token: Token) -> Router {
    // The token is asked for by the calls themselves: a wrong method is wrong with it, too.
    let token = middleware::from_fn_with_state(token, token::required);
    let changing = Router::new()
        .merge(limits::changing(&token))
        .merge(shield::asking(&token))
        .route("/api/v1/reload", post(reload).route_layer(token).fallback(only_post));
    let reading = Router::new()
        .route("/api/v1/status", get(status).fallback(only_get))
        .route("/api/v1/openapi.json", get(document).fallback(only_get))
        .merge(limits::reading())
        .merge(shield::reading());
    let probes = [
        "/health",
        "/health/startup",
        "/health/ready",
        "/health/detailed",
        "/health/components/{name}",
        "/metrics",
    ]
    .into_iter()
    .fold(Router::new(), |router, path| router.route(path, any(operate)))
    .with_state(operations);
    Router::new()
        .merge(changing)
        .merge(reading)
        .with_state(gateway)
        .merge(probes)
        .fallback(no_page)
        .layer(CorrelationLayer::new())
}

/// What is running: version, phase, listeners, services and their instances.
#[utoipa::path(get, path = "/api/v1/status", responses((status = 200, body = Status)))]
async fn status(State(gateway): State<Arc<dyn Gateway>>) -> Json<Status> {
    Json(gateway.status())
}

/// Reads the configuration again and takes it over.
#[utoipa::path(
    post,
    path = "/api/v1/reload",
    responses(
        (status = 200, body = Reloaded),
        (status = 401, description = "The bearer token is missing or wrong", content_type = "application/problem+json"),
        (status = 422, description = "The configuration is invalid; the running one was not changed",
         content_type = "application/problem+json", body = ConfigProblem),
    ),
    security(("token" = []))
)]
async fn reload(State(gateway): State<Arc<dyn Gateway>>, request: Request) -> Response {
    let request_id = id(request.extensions()).map(str::to_owned);
    match gateway.reload().await {
        Ok(reloaded) => Json(reloaded).into_response(),
        Err(problems) => {
            let problem = Json(ConfigProblem::new(problems, request_id));
            let media_type = [(header::CONTENT_TYPE, "application/problem+json")];
            (StatusCode::UNPROCESSABLE_ENTITY, media_type, problem).into_response()
        }
    }
}

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", responses((status = 200, description = "OpenAPI 3.1")))]
async fn document() -> Json<serde_json::Value> {
    Json(openapi::document())
}

async fn operate(State(operations): State<Operations>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    operations.respond(&head).map(Into::into)
}

async fn no_page(request: Request) -> Response {
    refuse(&Rejection::NoPage, request.extensions())
}

async fn only_get(request: Request) -> Response {
    refuse(&Rejection::MethodNotAllowed("GET, HEAD"), request.extensions())
}

async fn only_post(request: Request) -> Response {
    refuse(&Rejection::MethodNotAllowed("POST"), request.extensions())
}

async fn only_delete(request: Request) -> Response {
    refuse(&Rejection::MethodNotAllowed("DELETE"), request.extensions())
}

async fn get_or_delete(request: Request) -> Response {
    refuse(&Rejection::MethodNotAllowed("GET, HEAD, DELETE"), request.extensions())
}

/// The problem, with the ID of the request that it answers.
fn refuse(rejection: &Rejection, request: &Extensions) -> Response {
    rejection.to_response(id(request)).map(Into::into)
}

fn id(request: &Extensions) -> Option<&str> {
    request.get::<Correlation>().map(Correlation::request_id)
}
