//! Builds the routing table from a configuration.
//!
//! Main item: [`build`]. Instances that were there before stay the same, with their health,
//! counters and connections.

use super::Shared;
use super::names::Names;
use super::{shield, throttle};
use crate::config::{Config, Forwarding, Listener, Service as ServiceConfig};
use crate::downstream::Limits;
use crate::routing::{ListenerPolicy, Once, RetryPolicy, Routing, Service};
use crate::upstream::{Bounds, Instance};
use anyhow::Result;
use http::Method;
use poundlock_limit::{LimitSet, client_ip};
use poundlock_observe::http::Scheme;
use poundlock_scale::{HealthThresholds, Percent};
use poundlock_tower::{Limiter, ProtocolCheck, TrustedProxies, operations};
use std::net::SocketAddr;
use std::sync::Arc;

/// The table for this configuration; `old` gives what can be kept.
///
/// # Errors
/// More limits apply to a service than can be decided together, or a throttle or an inspection cannot be counted.
pub(super) fn build(
    config: &Config,
    limiter: &Arc<Limiter>,
    names: &Names,
    old: &Routing,
    shared: &Shared,
) -> Result<Routing> {
    let listeners = config.listeners.iter().map(|l| Arc::new(listener(l, shared))).collect();
    let services = config.services.iter().map(|service| {
        let limits = limiter.of_service(&service.name)?;
        let entry = Arc::new(build_service(config, service, names, old, shared, limits)?);
        Ok((service.hosts.clone(), entry))
    });
    Ok(Routing::new(limiter.clone(), listeners, services.collect::<Result<_>>()?))
}

fn listener(listener: &Listener, shared: &Shared) -> ListenerPolicy {
    let ops = operations::PATHS.map(|path| (path, shared.http.route(path, Scheme::Http)));
    let extra = listener.extra_methods.iter().filter_map(|m| Method::from_bytes(m.as_bytes()).ok());
    ListenerPolicy {
        name: listener.name.as_str().into(),
        trusted_proxies: TrustedProxies::new(listener.trusted_proxies.iter().copied()),
        forwarding: match listener.forwarding {
            Forwarding::XForwardedFor => client_ip::Forwarding::XForwardedFor,
            Forwarding::Forwarded => client_ip::Forwarding::Forwarded,
        },
        strangers: Once::default(),
        protocol: ProtocolCheck::new(extra),
        max_body: listener.max_body,
        max_headers: listener.limits.max_headers,
        max_head_bytes: listener.limits.max_head_bytes,
        times: Limits { head: listener.limits.head_timeout, idle: listener.limits.idle_timeout },
        ops: listener.ops.then_some(ops),
    }
}

fn build_service(
    config: &Config,
    service: &ServiceConfig,
    names: &Names,
    old: &Routing,
    shared: &Shared,
    limits: Arc<LimitSet>,
) -> Result<Service> {
    let thresholds = HealthThresholds {
        down_after: u16::try_from(service.health.down_after).unwrap_or(u16::MAX),
        up_after: u16::try_from(service.health.up_after).unwrap_or(u16::MAX),
    };
    let before = old.services.iter().find(|s| *s.name == *service.name);
    let addresses = service.to.iter().flat_map(|upstream| names.of(upstream));
    let instances = addresses.map(|a| instance(*a, thresholds, before, shared)).collect();
    let share = |most: usize| most.div_ceil(config.workers);
    let bounds = Bounds {
        connections: share(service.pool.max_connections),
        waiting: share(service.pool.max_waiting),
        connect: service.timeout.connect,
        idle: service.pool.idle,
    };
    let retry = RetryPolicy {
        attempts: service.retry.attempts,
        methods: service.retry.methods.iter().filter_map(|m| Method::from_bytes(m.as_bytes()).ok()).collect(),
        budget: Percent::from_ratio(service.retry.budget.as_ratio()),
    };
    let route = shared.http.route(&service.name, Scheme::Http);
    let name = service.name.as_str().into();
    let shed = throttle::policy(service, before, config.workers, shared)?;
    let guards = shield::guards(&config.shield, &service.name, shared.operations.registry())?;
    let built = Service::new(name, route, instances, bounds, service.timeout, retry, limits);
    Ok(built.throttled(shed).guarded(guards))
}

fn instance(
    address: SocketAddr,
    thresholds: HealthThresholds,
    before: Option<&Arc<Service>>,
    shared: &Shared,
) -> Arc<Instance> {
    let known = before.and_then(|s| s.instances.iter().find(|i| i.address == address));
    match known {
        Some(same) if same.thresholds() == thresholds => same.clone(),
        Some(same) => Arc::new(same.with_thresholds(thresholds)),
        None => Arc::new(Instance::new(address, shared.client.peer(&address.to_string()), thresholds)),
    }
}
