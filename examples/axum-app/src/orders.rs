//! What the application is about: a few handlers over [`Orders`] in memory. All it knows of Poundlock is [`Valid`]: what
//! an order must be.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use garde::Validate;
use poundlock_tower::Valid;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Orders kept.
const MAX_ORDERS: usize = 10_000;
/// Longer than the time-out allows.
const REPORT_TIME: Duration = Duration::from_secs(60);

/// Every order; the identifier of the first is 1. All clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Orders(Arc<Mutex<Vec<Order>>>);

/// One order.
#[derive(Clone, Serialize, Deserialize, Validate)]
pub(crate) struct Order {
    #[garde(length(min = 1, max = 100))]
    item: String,
    #[garde(range(min = 1, max = 1_000))]
    pounds: u32,
}

impl Orders {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Order>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `POST /orders`
pub(crate) async fn create(
    State(orders): State<Orders>,
    Valid(Json(order)): Valid<Json<Order>>,
) -> (StatusCode, String) {
    let mut orders = orders.lock();
    if orders.len() >= MAX_ORDERS {
        return (StatusCode::INSUFFICIENT_STORAGE, "no room for more orders".to_owned());
    }
    orders.push(order);
    (StatusCode::CREATED, format!("/orders/{}", orders.len()))
}

/// `GET /orders/{id}`
pub(crate) async fn show(
    State(orders): State<Orders>,
    Path(id): Path<usize>,
) -> Result<Json<Order>, StatusCode> {
    let order = id.checked_sub(1).and_then(|index| orders.lock().get(index).cloned());
    order.map(Json).ok_or(StatusCode::NOT_FOUND)
}

/// `GET /reports/yearly`
pub(crate) async fn yearly_report() -> &'static str {
    tokio::time::sleep(REPORT_TIME).await;
    "a good year"
}
