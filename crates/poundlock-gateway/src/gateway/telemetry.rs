//! What the gateway measures about itself, wired to one registry.
//!
//! Main item: [`shared`]. Names and help texts of the gateway's own metrics are here; the cells
//! are `poundlock-observe`'s.

use super::audit::Audit;
use super::{Shared, access_log, process::Sampler};
use crate::config::Config;
use crate::routing::Routing;
use anyhow::Result;
use arc_swap::ArcSwap;
use poundlock_observe::exposition::{Collect, Family, Kind, Number, Visitor};
use poundlock_observe::health::{DEFAULT_MAX_COMPONENTS, HealthBoard};
use poundlock_observe::http::{HttpClientMetrics, HttpMetrics};
use poundlock_observe::process::{ProcessMetrics, register_build_info};
use poundlock_observe::registry::Counter;
use poundlock_observe::{Limits, Registry};
use poundlock_tower::operations::Metrics;
use poundlock_tower::{Limiter, Operations, Throttle};
use std::sync::Arc;

/// Downstream connections that broke HTTP before there was a request to count.
const PROTOCOL_ERRORS: &str = "poundlock_downstream_protocol_errors_total";
/// Instances by state.
const UPSTREAM_INSTANCES: &str = "poundlock_upstream_instances";

/// The limit of a throttled service, and what there is of it.
const CONCURRENCY_LIMIT: &str = "poundlock_concurrency_limit";
const CONCURRENCY_IN_FLIGHT: &str = "poundlock_concurrency_in_flight";

/// Everything that workers and background share, before there is a routing table.
pub(super) fn shared(config: &Config) -> Result<Shared> {
    let limits = Limits::default();
    let registry = Registry::new(limits);
    let limiter = Arc::new(Limiter::in_memory([])?);
    let routing = Arc::new(ArcSwap::from_pointee(Routing::new(limiter, Vec::new(), Vec::new())));
    let http = HttpMetrics::new(limits);
    let client = HttpClientMetrics::new(limits);
    let process = Arc::new(ProcessMetrics::new());
    registry.register(Arc::new(http.clone()))?;
    registry.register(Arc::new(client.clone()))?;
    registry.register(Arc::new(Instances(routing.clone())))?;
    registry.register(Arc::new(Throttles(routing.clone())))?;
    registry.register(process.clone())?;
    register_build_info(&registry, env!("CARGO_PKG_VERSION"), &[])?;
    let board = Arc::new(HealthBoard::new(DEFAULT_MAX_COMPONENTS));
    registry.register(board.clone())?;
    let metrics = if config.metrics.prometheus { Metrics::Exposed } else { Metrics::Hidden };
    let sampler = Sampler::new();
    let before_scrape = Arc::new(move || sampler.sample(&process));
    let rooms = config.listeners.iter().map(|l| l.max_connections.div_ceil(config.workers)).collect();
    Ok(Shared {
        routing,
        http,
        client,
        protocol_errors: ProtocolErrors::new(&registry)?,
        access_log: access_log::open(config.access_log.as_ref(), &registry)?,
        audit: Arc::new(Audit::start(&registry)?),
        operations: Operations::with(registry, board, metrics, Some(before_scrape)),
        rooms,
    })
}

/// Counts what hyper refuses before there is a request.
pub(crate) struct ProtocolErrors {
    malformed: Counter,
    too_large: Counter,
    broken_off: Counter,
}

impl ProtocolErrors {
    fn new(registry: &Registry) -> Result<Self> {
        let counter = |reason| {
            let help = "Downstream connections that ended because what came was not HTTP, by reason.";
            registry.counter(PROTOCOL_ERRORS, help, &[("reason", reason)])
        };
        Ok(Self {
            malformed: counter("malformed")?,
            too_large: counter("head_too_large")?,
            broken_off: counter("broken_off")?,
        })
    }

    pub(crate) fn count(&self, error: &hyper::Error) {
        if error.is_parse_too_large() {
            self.too_large.inc();
        } else if error.is_parse() {
            self.malformed.inc();
        } else if error.is_incomplete_message() {
            self.broken_off.inc();
        }
    }
}

/// Shows `poundlock_upstream_instances{service,release,state}`.
struct Instances(Arc<ArcSwap<Routing>>);

impl Collect for Instances {
    fn names(&self) -> &[&'static str] {
        &[UPSTREAM_INSTANCES]
    }

    fn collect(&self, to: &mut dyn Visitor) {
        let help = "Instances of each service by state.";
        to.family(&Family { name: UPSTREAM_INSTANCES, help, kind: Kind::Gauge });
        for service in &self.0.load().services {
            let up = service.instances.iter().filter(|i| i.health().is_up()).count() as u64;
            for (state, n) in [("up", up), ("down", service.instances.len() as u64 - up)] {
                // Addresses given in the configuration belong to no release of ours.
                let labels = [("service", &*service.name), ("release", "static"), ("state", state)];
                to.number(&labels, Number::Int(n));
            }
        }
    }
}

/// Shows `poundlock_concurrency_limit{service}` and `poundlock_concurrency_in_flight{service}`.
struct Throttles(Arc<ArcSwap<Routing>>);

impl Throttles {
    fn family(&self, to: &mut dyn Visitor, name: &'static str, help: &str, value: fn(&Throttle) -> u32) {
        to.family(&Family { name, help, kind: Kind::Gauge });
        for policy in self.0.load().services.iter().filter_map(|service| service.shed.as_ref()) {
            let labels = [("service", &**policy.throttle.service())];
            to.number(&labels, Number::Int(value(&policy.throttle).into()));
        }
    }
}

impl Collect for Throttles {
    fn names(&self) -> &[&'static str] {
        &[CONCURRENCY_LIMIT, CONCURRENCY_IN_FLIGHT]
    }

    fn collect(&self, to: &mut dyn Visitor) {
        let help = "Requests that a service is given at once at most.";
        self.family(to, CONCURRENCY_LIMIT, help, Throttle::limit);
        let help = "Requests that a throttled service has now, and whose answers have not begun.";
        self.family(to, CONCURRENCY_IN_FLIGHT, help, Throttle::in_flight);
    }
}
