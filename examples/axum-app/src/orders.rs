//! What the application is about: a few handlers over [`Orders`] in memory. It knows nothing of Poundlock.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
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
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    item: String,
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
pub(crate) async fn create(State(orders): State<Orders>, Json(order): Json<Order>) -> (StatusCode, String) {
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
