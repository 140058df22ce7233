//! One running copy of a service, as all workers see it.
//!
//! Main type: [`Instance`]. It holds counters and health, and no connection: those belong to the
//! workers.

use poundlock_observe::http::PeerId;
use poundlock_scale::{Change, HealthThresholds, InstanceHealth, Outcome};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// An address that serves a service. Lives as long as any routing table that names it.
#[derive(Debug)]
pub(crate) struct Instance {
    /// Unique in this process, so that connections outlive a change of the routing table.
    pub(crate) id: u64,
    pub(crate) address: SocketAddr,
    /// The address as text: a metric label, a log field, a stand-in for `Host`.
    pub(crate) label: Arc<str>,
    /// Where the metrics of requests to this instance are kept.
    pub(crate) peer: PeerId,
    thresholds: HealthThresholds,
    in_flight: AtomicU32,
    health: AtomicU64,
}

impl Instance {
    pub(crate) fn new(address: SocketAddr, peer: PeerId, thresholds: HealthThresholds) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            address,
            label: address.to_string().into(),
            peer,
            thresholds,
            in_flight: AtomicU32::new(0),
            health: AtomicU64::new(InstanceHealth::default().to_bits()),
        }
    }

    /// A copy for other thresholds, with the same identity and health.
    pub(crate) fn with_thresholds(&self, thresholds: HealthThresholds) -> Self {
        Self {
            id: self.id,
            address: self.address,
            label: self.label.clone(),
            peer: self.peer,
            thresholds,
            in_flight: AtomicU32::new(0),
            health: AtomicU64::new(self.health.load(Ordering::Relaxed)),
        }
    }

    pub(crate) fn thresholds(&self) -> HealthThresholds {
        self.thresholds
    }

    /// Requests on this instance now, from all workers.
    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(crate) fn health(&self) -> InstanceHealth {
        InstanceHealth::from_bits(self.health.load(Ordering::Relaxed))
    }

    /// Counts a request until the guard is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self.clone())
    }

    /// Takes an observation in. Costs one load when it changes nothing, which is the common case.
    pub(crate) fn observe(&self, outcome: Outcome) -> Option<Change> {
        let mut change = None;
        let _ = self.health.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| {
            let (next, what) = InstanceHealth::from_bits(bits).observe(outcome, self.thresholds);
            change = what;
            (next.to_bits() != bits).then_some(next.to_bits())
        });
        change
    }
}

/// A request in flight on an instance.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Instance>);

impl InFlight {
    pub(crate) fn instance(&self) -> &Arc<Instance> {
        &self.0
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
