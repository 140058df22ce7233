//! What the workers know: listeners' policies, services and their instances, as one immutable table.
//!
//! Main type: [`Routing`]. A change of the configuration or of a name's addresses builds a new table
//! and swaps it; requests in progress keep the one they began with. It opens nothing.

use crate::downstream::Limits;
use crate::upstream::{Bounds, Instance};
use http::{Method, Request, header};
use poundlock_limit::LimitSet;
use poundlock_limit::client_ip::Forwarding;
use poundlock_observe::http::RouteId;
use poundlock_scale::{Percent, RetryBudget};
use poundlock_tower::limit::Patterns;
use poundlock_tower::{Inspection, Limiter, ProtocolCheck, ShedPolicy, TrustedProxies};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

pub(crate) use crate::config::Timeouts;

/// One state of the world.
#[derive(Debug)]
pub(crate) struct Routing {
    pub(crate) limiter: Arc<Limiter>,
    /// In the order of the configuration, which is that of the sockets.
    pub(crate) listeners: Vec<Arc<ListenerPolicy>>,
    pub(crate) services: Vec<Arc<Service>>,
    exact: HashMap<Box<str>, Arc<Service>>,
    /// Suffixes with their dot, the longest first.
    wildcard: Vec<(Box<str>, Arc<Service>)>,
    any: Option<Arc<Service>>,
}

/// What a listener allows.
#[derive(Debug)]
pub(crate) struct ListenerPolicy {
    pub(crate) name: Arc<str>,
    pub(crate) trusted_proxies: TrustedProxies,
    /// The header that is believed from them.
    pub(crate) forwarding: Forwarding,
    /// Peers that are none and send it all the same.
    pub(crate) strangers: Once,
    pub(crate) protocol: ProtocolCheck,
    pub(crate) max_body: u64,
    pub(crate) max_headers: usize,
    pub(crate) max_head_bytes: usize,
    pub(crate) times: Limits,
    /// Where it serves `/health`, `/health/detailed` and `/metrics`, with their metric rows.
    pub(crate) ops: Option<[(&'static str, RouteId); 3]>,
}

/// Something that is worth saying once.
#[derive(Debug, Default)]
pub(crate) struct Once(AtomicBool);

impl Once {
    /// Whether this is the first time it is asked.
    pub(crate) fn first(&self) -> bool {
        !self.0.load(Ordering::Relaxed) && !self.0.swap(true, Ordering::Relaxed)
    }
}

/// A service as the request path sees it.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: Arc<str>,
    pub(crate) route: RouteId,
    pub(crate) instances: Vec<Arc<Instance>>,
    pub(crate) bounds: Bounds,
    pub(crate) timeout: Timeouts,
    pub(crate) retry: RetryPolicy,
    pub(crate) limits: Arc<LimitSet>,
    /// How it is throttled, if it is.
    pub(crate) shed: Option<Arc<ShedPolicy>>,
    /// How its requests are inspected: the first that matches. Empty when none are.
    pub(crate) guards: Vec<Guard>,
    budget: AtomicU32,
}

/// Some requests, and what is done with them.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) patterns: Patterns,
    pub(crate) inspection: Arc<Inspection>,
}

/// When a request is sent again.
#[derive(Debug, Clone)]
pub(crate) struct RetryPolicy {
    /// In all, the first time included.
    pub(crate) attempts: u32,
    pub(crate) methods: Vec<Method>,
    pub(crate) budget: Percent,
}

/// Where a request goes: a request extension set by the `route` layer.
#[derive(Debug, Clone)]
pub(crate) struct Matched {
    pub(crate) route: RouteId,
    /// One of our own paths, on a listener with `ops`.
    pub(crate) ops: Option<&'static str>,
    pub(crate) service: Option<Arc<Service>>,
}

impl Service {
    pub(crate) fn new(
        name: Arc<str>,
        route: RouteId,
        instances: Vec<Arc<Instance>>,
        bounds: Bounds,
        timeout: Timeouts,
        retry: RetryPolicy,
        limits: Arc<LimitSet>,
    ) -> Self {
        let budget = AtomicU32::new(RetryBudget::new().to_bits());
        Self {
            name,
            route,
            instances,
            bounds,
            timeout,
            retry,
            limits,
            shed: None,
            guards: Vec::new(),
            budget,
        }
    }

    /// The same service, throttled or not.
    pub(crate) fn throttled(mut self, shed: Option<Arc<ShedPolicy>>) -> Self {
        self.shed = shed;
        self
    }

    /// The same service, inspected or not.
    pub(crate) fn guarded(mut self, guards: Vec<Guard>) -> Self {
        self.guards = guards;
        self
    }

    /// A first attempt earns its share of a retry. While the budget is full, which is nearly
    /// always, this writes nothing that another worker would have to fetch.
    pub(crate) fn earn_retry(&self) {
        let _ = self.change_budget(|budget| {
            budget.deposit(self.retry.budget);
            true
        });
    }

    /// Takes one retry out of the budget, if there is one.
    pub(crate) fn spend_retry(&self) -> bool {
        self.change_budget(|budget| budget.withdraw(self.retry.budget))
    }

    fn change_budget(&self, change: impl Fn(&mut RetryBudget) -> bool) -> bool {
        let mut done = false;
        let _ = self.budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| {
            let mut budget = RetryBudget::from_bits(bits);
            done = change(&mut budget);
            (budget.to_bits() != bits).then_some(budget.to_bits())
        });
        done
    }
}

impl Routing {
    pub(crate) fn new(
        limiter: Arc<Limiter>,
        listeners: Vec<Arc<ListenerPolicy>>,
        services: Vec<(Vec<crate::config::HostPattern>, Arc<Service>)>,
    ) -> Self {
        use crate::config::HostPattern;
        let mut table = Self {
            limiter,
            listeners,
            services: Vec::new(),
            exact: HashMap::new(),
            wildcard: Vec::new(),
            any: None,
        };
        for (hosts, service) in services {
            table.services.push(service.clone());
            if hosts.is_empty() {
                table.any = Some(service.clone());
            }
            for host in hosts {
                match host {
                    HostPattern::Exact(host) => _ = table.exact.insert(host.as_str().into(), service.clone()),
                    HostPattern::Subdomains(suffix) => {
                        table.wildcard.push((suffix.as_str().into(), service.clone()));
                    }
                }
            }
        }
        table.wildcard.sort_by_key(|(suffix, _)| std::cmp::Reverse(suffix.len()));
        table
    }

    /// Where this request goes.
    pub(crate) fn find<B>(&self, listener: &ListenerPolicy, request: &Request<B>) -> Matched {
        if let Some((path, route)) =
            listener.ops.iter().flatten().find(|(path, _)| *path == request.uri().path())
        {
            return Matched { route: *route, ops: Some(path), service: None };
        }
        let service = self.service(request).cloned();
        let route = service.as_ref().map_or(RouteId::UNMATCHED, |s| s.route);
        Matched { route, ops: None, service }
    }

    fn service<B>(&self, request: &Request<B>) -> Option<&Arc<Service>> {
        if self.exact.is_empty() && self.wildcard.is_empty() {
            return self.any.as_ref();
        }
        let host = match request.uri().authority() {
            Some(authority) => authority.host(),
            None => without_port(request.headers().get(header::HOST)?.to_str().ok()?),
        };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.exact
            .get(&*host)
            .or_else(|| {
                self.wildcard
                    .iter()
                    .find(|(s, _)| host.len() > s.len() && host.ends_with(&**s))
                    .map(|(_, service)| service)
            })
            .or(self.any.as_ref())
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}
