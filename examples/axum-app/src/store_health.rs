//! Watches the store in the background, so that no request for `/health/detailed` has to. Main type:
//! [`StoreHealth`].

use crate::orders::Orders;
use poundlock_observe::health::{ComponentId, ComponentSpec, HealthError, Observed, Outcome, Thresholds};
use poundlock_tower::Operations;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(5);

/// The component `store`.
pub(crate) struct StoreHealth {
    orders: Orders,
    operations: Operations,
    component: ComponentId,
}

impl StoreHealth {
    /// Adds the component and checks it once.
    ///
    /// # Errors
    /// When there is no room for it.
    pub(crate) fn new(orders: Orders, operations: Operations) -> Result<Self, HealthError> {
        let component = operations.board().add(ComponentSpec {
            name: "store".to_owned(),
            measurement: "entries".to_owned(),
            component_type: "datastore".to_owned(),
            // A shared store should not be: if it failed, every instance would leave the balancer at once.
            critical: false,
            thresholds: Thresholds::default(),
        })?;
        let health = Self { orders, operations, component };
        health.check();
        Ok(health)
    }

    /// Checks it every five seconds.
    pub(crate) async fn watch(self) {
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            ticks.tick().await;
            self.check();
        }
    }

    fn check(&self) {
        let start = Instant::now();
        let observed = Observed { value: self.orders.len() as f64, unit: "orders".to_owned() };
        let outcome = Outcome { observed: Some(observed), ..Outcome::pass(start.elapsed()) };
        self.operations.board().observe(self.component, outcome, self.operations.now());
    }
}
