//! An extractor for axum that accepts only what is valid.
//!
//! Main type: [`Valid`], around [`Json`], [`Form`] or [`Query`]: what serde can read into a type and `garde` finds valid. Else the
//! client is told every place that is wrong, as `application/problem+json`, and no value that it sent.
//!
//! ```
//! use axum::{Json, Router, routing::post};
//! use garde::Validate;
//! use poundlock_tower::Valid;
//!
//! #[derive(serde::Deserialize, Validate)]
//! struct Order {
//!     #[garde(length(min = 1, max = 40))]
//!     item: String,
//!     #[garde(range(min = 1))]
//!     pounds: u32,
//! }
//!
//! async fn create(Valid(Json(order)): Valid<Json<Order>>) -> String {
//!     format!("{} of {}", order.pounds, order.item)
//! }
//! let app: Router = Router::new().route("/orders", post(create));
//! # let _ = app;
//! ```

mod unread;

use crate::{Correlation, Rejection};
use axum::body::Body;
use axum::extract::{Form, FromRequest, FromRequestParts, Json, Query, Request};
use axum::response::{IntoResponse, Response};
use garde::{Report, Validate};
use http::request::Parts;
use poundlock_shield::validate::{FieldPath, Issues, Part, Sentence};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// What `E` extracts, if it is valid.
#[derive(Debug, Clone, Copy, Default)]
pub struct Valid<E>(pub E);

/// Why there is nothing to extract; the answer that the client gets.
#[derive(Debug)]
pub struct Invalid {
    rejection: Rejection,
    correlation: Option<Correlation>,
}

impl Invalid {
    /// What the client is told.
    #[must_use]
    pub fn rejection(&self) -> &Rejection {
        &self.rejection
    }
}

impl IntoResponse for Invalid {
    fn into_response(self) -> Response {
        let id = self.correlation.as_ref().map(Correlation::request_id);
        let mut response = self.rejection.to_response(id).map(Body::from);
        // The access log names the kind of problem.
        response.extensions_mut().insert(self.rejection);
        response
    }
}

impl<T, S> FromRequest<S> for Valid<Json<T>>
where
    T: DeserializeOwned + Validate<Context: Default>,
    S: Send + Sync,
{
    type Rejection = Invalid;

    async fn from_request(request: Request, state: &S) -> Result<Self, Invalid> {
        let correlation = request.extensions().get().cloned();
        let read = Json::<T>::from_request(request, state).await;
        let read = read.map_err(|error| unread::json(&error));
        checked(read, Part::Body, |Json(value)| value, correlation)
    }
}

/// As axum's own: from the query of a `GET`, from the body of everything else.
impl<T, S> FromRequest<S> for Valid<Form<T>>
where
    T: DeserializeOwned + Validate<Context: Default>,
    S: Send + Sync,
{
    type Rejection = Invalid;

    async fn from_request(request: Request, state: &S) -> Result<Self, Invalid> {
        let correlation = request.extensions().get().cloned();
        let in_query = matches!(*request.method(), http::Method::GET | http::Method::HEAD);
        let part = if in_query { Part::Query } else { Part::Body };
        let read = Form::<T>::from_request(request, state).await;
        let read = read.map_err(|error| unread::form(&error, part));
        checked(read, part, |Form(value)| value, correlation)
    }
}

impl<T, S> FromRequestParts<S> for Valid<Query<T>>
where
    T: DeserializeOwned + Validate<Context: Default>,
    S: Send + Sync,
{
    type Rejection = Invalid;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Invalid> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        let read = read.map_err(|error| unread::query(&error));
        checked(read, Part::Query, |Query(value)| value, parts.extensions.get().cloned())
    }
}

fn checked<E, T: Validate<Context: Default>>(
    read: Result<E, Rejection>,
    part: Part,
    value: impl FnOnce(&E) -> &T,
    correlation: Option<Correlation>,
) -> Result<Valid<E>, Invalid> {
    let valid = read.and_then(|read| match value(&read).validate() {
        Ok(()) => Ok(Valid(read)),
        Err(report) => Err(Rejection::InvalidRequest(Arc::new(issues(part, &report)))),
    });
    valid.map_err(|rejection| Invalid { rejection, correlation })
}

/// Every place that is wrong, with the sentence of its rule.
fn issues(part: Part, report: &Report) -> Issues {
    let mut issues = Issues::default();
    for (path, error) in report.iter() {
        issues.add(place(part, &path.to_string()), Sentence::new(error.message()));
    }
    issues
}

/// A place that is written as `items[0].name`.
fn place(part: Part, path: &str) -> FieldPath {
    let names = path.split(['.', '[']).map(|name| name.strip_suffix(']').unwrap_or(name));
    names.filter(|name| !name.is_empty()).fold(FieldPath::whole(part), FieldPath::child)
}
