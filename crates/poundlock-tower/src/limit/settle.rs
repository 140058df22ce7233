//! Costs that only the answer knows.
//!
//! Main type: [`Settlement`]. A request that ends without an answer has cost nothing.

use super::Limiter;
use http::{HeaderMap, HeaderName};
use poundlock_limit::Reservation;
use std::sync::Arc;

/// What a request was charged by estimate, until it is settled. Dropping it gives the estimate back.
pub(super) struct Settlement {
    limiter: Arc<Limiter>,
    open: Vec<(HeaderName, Reservation)>,
}

impl Settlement {
    pub(super) fn new(limiter: Arc<Limiter>, open: Vec<(HeaderName, Reservation)>) -> Self {
        Self { limiter, open }
    }

    /// Settles by what the answer says, and takes that away: it is not meant for the client. An answer that says nothing, or
    /// no number, has cost what was charged.
    pub(super) fn answered(mut self, headers: &mut HeaderMap) {
        let open = std::mem::take(&mut self.open);
        let said = |name| headers.get(name).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let actual: Vec<Option<u64>> = open.iter().map(|(name, _)| said(name)).collect();
        for ((name, reservation), actual) in open.into_iter().zip(actual) {
            headers.remove(name);
            if let Some(actual) = actual {
                self.limiter.settle(reservation.commit(actual));
            }
        }
    }
}

impl Drop for Settlement {
    fn drop(&mut self) {
        for (_, reservation) in std::mem::take(&mut self.open) {
            self.limiter.settle(reservation.release());
        }
    }
}
