//! Which limits apply to a request, by the service it was matched to.
//!
//! Main type: [`LimitsByMatch`]. It decides nothing: the limit layer does.

use crate::routing::{Matched, Routing};
use http::request::Parts;
use poundlock_limit::LimitSet;
use poundlock_tower::{LimitScope, Peer};
use std::sync::Arc;

/// The limits of a routing table, on one listener.
#[derive(Debug, Clone)]
pub(crate) struct LimitsByMatch {
    routing: Arc<Routing>,
    listener: usize,
}

impl LimitsByMatch {
    pub(crate) fn new(routing: Arc<Routing>, listener: usize) -> Self {
        Self { routing, listener }
    }
}

impl LimitScope for LimitsByMatch {
    fn limits<'a>(&'a self, head: &'a Parts) -> &'a Arc<LimitSet> {
        match head.extensions.get::<Matched>().and_then(|matched| matched.service.as_ref()) {
            Some(service) => &service.limits,
            None => self.routing.limiter.all(),
        }
    }

    fn service<'a>(&'a self, head: &'a Parts) -> Option<&'a str> {
        head.extensions.get::<Matched>()?.service.as_ref().map(|service| &*service.name)
    }

    fn untrusted_forwarding(&self, head: &Parts) {
        let policy = &self.routing.listeners[self.listener];
        let Some(peer) = head.extensions.get::<Peer>().filter(|_| policy.strangers.first()) else { return };
        let ip = peer.address.ip().to_canonical();
        tracing::warn!(
            peer = %ip,
            "a peer that is no trusted proxy sends forwarding headers, which count for nothing; if it is a proxy of yours, \
             add `trusted_proxies = [\"{ip}\"]` to `listen.{}`",
            policy.name
        );
    }
}
