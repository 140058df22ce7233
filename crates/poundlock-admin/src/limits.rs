//! Limits over the API: what there is, what a key has left, and calls that change it.
//!
//! Main items: `reading` and `changing`, the routes. What a limit decides is not its affair; `check` asks it as a request would, for
//! applications in any language.

mod model;

pub use model::{BanCall, Check, Checked, GrantCall, KeyBudget, KeyState, Keys, LimitState, Limits};

use crate::{Gateway, refuse};
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::{Extensions, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, Route, delete, get, post};
use axum::{Json, Router};
use poundlock_limit::{Key, LimitId};
use poundlock_store::limits::{Outcome, StoreError};
use poundlock_tower::{Limiter, Rejection};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tower_layer::Layer;
use tower_service::Service;

/// Keys, bans and grants in one answer at most.
const MOST: usize = 1000;
/// The longest ban or grant, in seconds: a year.
const LONGEST: u64 = 365 * 24 * 3600;

type Api = State<Arc<dyn Gateway>>;

/// Calls that read.
pub(crate) fn reading() -> Router<Arc<dyn Gateway>> {
    Router::new()
        .route("/api/v1/limits", get(list).fallback(crate::only_get))
        .route("/api/v1/limits/{limit}/keys", get(keys).fallback(crate::only_get))
}

/// Calls that change something, or charge somebody; and what a key has left, whose paths they share.
pub(crate) fn changing<L>(token: &L) -> Router<Arc<dyn Gateway>>
where
    L: Layer<Route> + Clone + Send + Sync + 'static,
    L::Service: Service<Request, Response: IntoResponse, Error = Infallible, Future: Send>,
    L::Service: Clone + Send + Sync + 'static,
{
    let post_only = |call: MethodRouter<_>| call.route_layer(token.clone()).fallback(crate::only_post);
    let of_key = delete(reset).get(show).route_layer(token.clone()).fallback(crate::get_or_delete);
    let unban = delete(unban).route_layer(token.clone()).fallback(crate::only_delete);
    Router::new()
        .route("/api/v1/limits/check", post_only(post(check)))
        .route("/api/v1/limits/{limit}/keys/{key}", of_key)
        .route("/api/v1/limits/{limit}/grants", post_only(post(grant)))
        .route("/api/v1/limits/{limit}/bans", post_only(post(ban)))
        .route("/api/v1/limits/{limit}/bans/{key}", unban)
}

/// Every limit, with what it has decided, the bans and the grants in force.
#[utoipa::path(get, path = "/api/v1/limits", responses((status = 200, body = Limits)))]
pub(crate) async fn list(State(gateway): Api) -> Json<Limits> {
    Json(Limits::of(&gateway.limiter(), MOST))
}

/// Where a page of keys begins.
#[derive(Deserialize)]
pub(crate) struct From {
    #[serde(default)]
    cursor: u64,
}

/// Keys that are known by name: all in Redis, those with quotas otherwise. Rates in memory are kept under hashes.
#[utoipa::path(
    get,
    path = "/api/v1/limits/{limit}/keys",
    params(("limit" = String, Path), ("cursor" = Option<u64>, Query, description = "`next` of the page before")),
    responses((status = 200, body = Keys), (status = 404), (status = 503))
)]
pub(crate) async fn keys(
    State(gateway): Api,
    Path(limit): Path<String>,
    Query(from): Query<From>,
    request: Request,
) -> Response {
    let limiter = gateway.limiter();
    let Some(id) = limiter.find(&limit) else { return refuse(&Rejection::NoLimit, request.extensions()) };
    match limiter.budgets().scan(id, from.cursor, MOST).await {
        Ok(page) => Json(Keys::of(page)).into_response(),
        Err(_) => refuse(&Rejection::LimitsUnavailable, request.extensions()),
    }
}

/// What a key has left. The key is written as in the request (an address, a header's value) or as it is listed.
#[utoipa::path(
    get,
    path = "/api/v1/limits/{limit}/keys/{key}",
    params(("limit" = String, Path), ("key" = String, Path)),
    responses((status = 200, body = KeyState), (status = 401), (status = 404), (status = 422), (status = 503)),
    security(("token" = []))
)]
pub(crate) async fn show(
    State(gateway): Api,
    Path(named): Path<(String, String)>,
    request: Request,
) -> Response {
    with_key(&gateway, &named, request, async |limiter, id, key| {
        let decisions = limiter.peek(id, key).await?;
        Ok(Json(KeyState::of(limiter, id, &key, &decisions)).into_response())
    })
    .await
}

/// Forgets what a key has spent, and that it was banned.
#[utoipa::path(
    delete,
    path = "/api/v1/limits/{limit}/keys/{key}",
    params(("limit" = String, Path), ("key" = String, Path)),
    responses((status = 204), (status = 401), (status = 404), (status = 422), (status = 503)),
    security(("token" = []))
)]
pub(crate) async fn reset(
    State(gateway): Api,
    Path(named): Path<(String, String)>,
    request: Request,
) -> Response {
    with_key(&gateway, &named, request, async |limiter, id, key| {
        limiter.reset(id, key).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

/// Lets a key spend more at once, for a time.
#[utoipa::path(
    post,
    path = "/api/v1/limits/{limit}/grants",
    params(("limit" = String, Path)),
    request_body = GrantCall,
    responses((status = 204), (status = 401), (status = 404), (status = 422)),
    security(("token" = []))
)]
pub(crate) async fn grant(State(gateway): Api, Path(limit): Path<String>, request: Request) -> Response {
    let call = |limiter: &Limiter, GrantCall { key, extra, seconds }: GrantCall| {
        let (id, key) = find(limiter, &limit, &key)?;
        limiter.grant(id, key, extra, lasting(seconds)?);
        Ok(())
    };
    change(&gateway, request, call).await
}

/// Shuts a key out, for a time.
#[utoipa::path(
    post,
    path = "/api/v1/limits/{limit}/bans",
    params(("limit" = String, Path)),
    request_body = BanCall,
    responses((status = 204), (status = 401), (status = 404), (status = 422)),
    security(("token" = []))
)]
pub(crate) async fn ban(State(gateway): Api, Path(limit): Path<String>, request: Request) -> Response {
    let call = |limiter: &Limiter, BanCall { key, seconds }: BanCall| {
        let (id, key) = find(limiter, &limit, &key)?;
        limiter.ban(id, key, lasting(seconds)?);
        Ok(())
    };
    change(&gateway, request, call).await
}

/// Lets a key in again.
#[utoipa::path(
    delete,
    path = "/api/v1/limits/{limit}/bans/{key}",
    params(("limit" = String, Path), ("key" = String, Path)),
    responses((status = 204), (status = 401), (status = 404), (status = 422)),
    security(("token" = []))
)]
pub(crate) async fn unban(
    State(gateway): Api,
    Path(named): Path<(String, String)>,
    request: Request,
) -> Response {
    with_key(&gateway, &named, request, async |limiter, id, key| {
        limiter.unban(id, &key);
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

/// Charges a key as a request would, and says whether it is within the limit: 200 whatever the answer.
#[utoipa::path(
    post,
    path = "/api/v1/limits/check",
    request_body = Check,
    responses((status = 200, body = Checked), (status = 401), (status = 404), (status = 422), (status = 503)),
    security(("token" = []))
)]
pub(crate) async fn check(State(gateway): Api, request: Request) -> Response {
    let (extensions, call) = match body::<Check>(request).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let limiter = gateway.limiter();
    let (id, key) = match find(&limiter, &call.limit, &call.key) {
        Ok(found) => found,
        Err(rejection) => return refuse(&rejection, &extensions),
    };
    match limiter.check(id, key, call.cost).await {
        Outcome::Decided(verdict) => Json(Checked::of(&verdict)).into_response(),
        Outcome::Unlimited => Json(Checked::unlimited()).into_response(),
        Outcome::Unavailable => refuse(&Rejection::LimitsUnavailable, &extensions),
    }
}

/// Performs a call about one key, which people have named.
async fn with_key(
    gateway: &Arc<dyn Gateway>,
    (limit, key): &(String, String),
    request: Request,
    perform: impl AsyncFnOnce(&Limiter, LimitId, Key) -> Result<Response, StoreError>,
) -> Response {
    let limiter = gateway.limiter();
    let (id, key) = match find(&limiter, limit, key) {
        Ok(found) => found,
        Err(rejection) => return refuse(&rejection, request.extensions()),
    };
    match perform(&limiter, id, key).await {
        Ok(response) => response,
        Err(_) => refuse(&Rejection::LimitsUnavailable, request.extensions()),
    }
}

/// Reads a call and performs it.
async fn change<T: DeserializeOwned>(
    gateway: &Arc<dyn Gateway>,
    request: Request,
    perform: impl FnOnce(&Limiter, T) -> Result<(), Rejection>,
) -> Response {
    let (extensions, call) = match body(request).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    match perform(&gateway.limiter(), call) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(rejection) => refuse(&rejection, &extensions),
    }
}

/// The JSON of a call. Every extractor failure is a problem, as everything that the API refuses.
pub(crate) async fn body<T: DeserializeOwned>(request: Request) -> Result<(Extensions, T), Response> {
    let extensions = request.extensions().clone();
    match Json::<T>::from_request(request, &()).await {
        Ok(Json(call)) => Ok((extensions, call)),
        Err(error) => {
            let mut response = refuse(&Rejection::InvalidCall(error.body_text().into()), &extensions);
            response.headers_mut().remove(header::CONNECTION);
            Err(response)
        }
    }
}

fn find(limiter: &Limiter, limit: &str, key: &str) -> Result<(LimitId, Key), Rejection> {
    let id = limiter.find(limit).ok_or(Rejection::NoLimit)?;
    let fault = || {
        Rejection::InvalidCall(
            "this limit has no such key: give it as a request does, or as it is listed".into(),
        )
    };
    Ok((id, limiter.key(id, key).ok_or_else(fault)?))
}

fn lasting(seconds: u64) -> Result<Duration, Rejection> {
    match seconds {
        1..=LONGEST => Ok(Duration::from_secs(seconds)),
        _ => Err(Rejection::InvalidCall("`seconds` must be from 1 to 31536000".into())),
    }
}
