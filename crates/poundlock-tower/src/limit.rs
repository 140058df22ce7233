//! Rates and quotas by key: who asks for too much is told when to come back.
//!
//! Main types: [`LimitLayer`] and [`Limiter`], what all requests of a configuration share. Order: below `respond`,
//! which answers the refusal, and above whatever reads a body or asks the service: a refusal costs next to nothing.
//! Where budgets are kept is `poundlock-store`'s, what a decision is `poundlock-limit`'s.
//!
//! ```
//! use poundlock_limit::{Bucket, KeySpec, Limit, Plans, Terms};
//! use poundlock_tower::{LimitLayer, Limiter, Rule};
//!
//! let rate = Bucket::new("100/min".parse().unwrap(), None).unwrap();
//! let terms = Terms { rate: Some(rate), quota: None };
//! let limit = Limit::new("per-ip", KeySpec::parse(["ip"]).unwrap(), Plans::only(terms)).unwrap();
//! let limiter = Limiter::in_memory([Rule::new(limit)]).unwrap();
//! let layer = LimitLayer::for_all(limiter);
//! # let _ = layer;
//! ```

mod facts;
mod future;
mod judge;
mod limiter;
mod patterns;
mod rule;
mod settle;
mod told;

pub use future::LimitFuture;
pub use limiter::{BanEntry, GrantEntry, Limiter, LimiterError, defs};
pub use patterns::Patterns;
pub use rule::{DECISIONS, Rule, RuleMetrics};
pub use told::Refused;

use crate::{Rejection, TrustedProxies};
use facts::HeadFacts;
pub(crate) use facts::client_address;
use future::Admitted;
use http::{Request, Response, request::Parts};
use judge::Judged;
use poundlock_limit::LimitSet;
use poundlock_limit::client_ip::Forwarding;
use std::sync::Arc;
use std::task::{Context, Poll};
use told::Pen;
use tower_layer::Layer;
use tower_service::Service;

/// Finds the limits of a request, and what keys are made of beside its headers.
pub trait LimitScope {
    /// The limits that may apply.
    fn limits<'a>(&'a self, head: &'a Parts) -> &'a Arc<LimitSet>;

    /// The service it goes to.
    fn service<'a>(&'a self, head: &'a Parts) -> Option<&'a str>;

    /// Told when a peer that is no proxy of ours sends forwarding headers.
    fn untrusted_forwarding(&self, head: &Parts);
}

/// The same limits for every request, as in an application.
impl LimitScope for Arc<LimitSet> {
    fn limits<'a>(&'a self, _: &'a Parts) -> &'a Arc<LimitSet> {
        self
    }

    fn service<'a>(&'a self, _: &'a Parts) -> Option<&'a str> {
        None
    }

    fn untrusted_forwarding(&self, _: &Parts) {}
}

/// Makes a [`LimitService`].
#[derive(Clone)]
pub struct LimitLayer<C> {
    limiter: Arc<Limiter>,
    scope: C,
    proxies: TrustedProxies,
    forwarding: Forwarding,
}

impl LimitLayer<Arc<LimitSet>> {
    /// All limits of the limiter for every request; forwarding headers are believed from nobody.
    pub fn for_all(limiter: Limiter) -> Self {
        let scope = limiter.all().clone();
        Self::new(Arc::new(limiter), scope)
    }
}

impl<C: LimitScope> LimitLayer<C> {
    /// The limits that `scope` finds; forwarding headers are believed from nobody.
    pub fn new(limiter: Arc<Limiter>, scope: C) -> Self {
        Self { limiter, scope, proxies: TrustedProxies::default(), forwarding: Forwarding::XForwardedFor }
    }

    /// Believes this header from these proxies.
    #[must_use]
    pub fn behind(mut self, proxies: TrustedProxies, forwarding: Forwarding) -> Self {
        (self.proxies, self.forwarding) = (proxies, forwarding);
        self
    }
}

impl<S, C: Clone> Layer<S> for LimitLayer<C> {
    type Service = LimitService<C, S>;

    fn layer(&self, inner: S) -> Self::Service {
        LimitService { layer: self.clone(), pen: Pen::default(), inner }
    }
}

/// Calls the inner service for requests that are within their limits.
#[derive(Clone)]
pub struct LimitService<C, S> {
    layer: LimitLayer<C>,
    pen: Pen,
    inner: S,
}

impl<C, S, B, R> Service<Request<B>> for LimitService<C, S>
where
    C: LimitScope + Clone,
    S: Service<Request<B>, Response = Response<R>, Error: Into<Rejection>> + Clone,
{
    type Response = Response<R>;
    type Error = Rejection;
    type Future = LimitFuture<S, Request<B>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let LimitLayer { limiter, scope, proxies, forwarding } = &self.layer;
        let (head, body) = request.into_parts();
        let set = scope.limits(&head);
        if set.is_empty() {
            return LimitFuture::admitted(
                self.inner.call(Request::from_parts(head, body)),
                Admitted::default(),
            );
        }
        let facts = HeadFacts::new(&head, scope.service(&head), proxies, *forwarding);
        if facts.forwarded_by_stranger() {
            scope.untrusted_forwarding(&head);
        }
        match judge::judge(limiter, set, &facts, &mut self.pen) {
            Judged::Now(Ok(admitted)) => {
                LimitFuture::admitted(self.inner.call(Request::from_parts(head, body)), admitted)
            }
            Judged::Now(Err(rejection)) => LimitFuture::denied(rejection),
            Judged::Later(question) => {
                let answer = question.ask(limiter.clone(), set.clone());
                // The service that was ready is the one that is called; the clone takes its place.
                let inner = self.inner.clone();
                let ready = std::mem::replace(&mut self.inner, inner);
                LimitFuture::waiting(answer, ready, Request::from_parts(head, body))
            }
        }
    }
}

#[cfg(test)]
mod tests;
