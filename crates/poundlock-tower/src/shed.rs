//! Adaptive throttling: a service is given no more requests at once than it keeps up with, and what is too much is
//! refused at once.
//!
//! Main types: [`ShedLayer`], and [`Throttle`], what all requests to one service share. How the limit is found and who
//! goes first is `poundlock-limit`'s; nothing here has a timer, so somebody has to call [`Throttle::tick`].
//!
//! A request counts from when it is admitted until the head of its answer has come, or until it is given up. Only what
//! the service itself has answered says how fast it is; refusals of our own from further down are looked at by kind.
//!
//! Order: below `respond`, which answers the refusal, and above everything that does work for a request: at ten times
//! what a service can bear, nine of ten requests must cost next to nothing.
//!
//! ```
//! use poundlock_limit::{Micros, throttle::{Bounds, Pressure}};
//! use poundlock_tower::{ShedLayer, ShedPolicy, Throttle};
//! use std::{num::NonZeroUsize, sync::Arc, time::{Duration, Instant}};
//!
//! let throttle = Arc::new(Throttle::new("shop".into(), Bounds::default(), NonZeroUsize::MIN));
//! let layer = ShedLayer::new(Arc::new(ShedPolicy::new(throttle.clone())));
//! # let _ = layer;
//! // Somewhere a task or a thread has the time:
//! let tick = move |begin: Instant| {
//!     let now = Micros(begin.elapsed().as_micros() as u64);
//!     throttle.tick(now, Pressure::default(), 0x5eed)
//! };
//! # assert_eq!(tick(Instant::now()).limit, 20);
//! # let _ = Duration::from_millis(50);
//! ```

mod future;
mod priorities;
mod spell;
mod throttle;
mod ticket;

pub use future::ShedFuture;
pub use priorities::Priorities;
pub use spell::Turn;
pub use throttle::{Throttle, Tick};

use crate::limit::client_address;
use crate::{Peer, Rejection, TrustedProxies};
use http::Request;
use poundlock_limit::client_ip::Forwarding;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use ticket::Ticket;
use tower_layer::Layer;
use tower_service::Service;

/// How requests to one service are throttled.
#[derive(Debug, Clone)]
pub struct ShedPolicy {
    /// What is shared by all requests to the service.
    pub throttle: Arc<Throttle>,
    /// Which of them matter more than others.
    pub priorities: Priorities,
}

impl ShedPolicy {
    /// All requests matter the same.
    pub fn new(throttle: Arc<Throttle>) -> Self {
        Self { throttle, priorities: Priorities::default() }
    }
}

/// Finds out how a request is throttled.
pub trait ShedScope {
    /// The policy of the service it goes to, or `None` if it is not throttled.
    fn policy<'a, B>(&'a self, request: &'a Request<B>) -> Option<&'a Arc<ShedPolicy>>;
}

/// The same policy for every request, as in an application.
impl ShedScope for Arc<ShedPolicy> {
    fn policy<'a, B>(&'a self, _: &'a Request<B>) -> Option<&'a Arc<ShedPolicy>> {
        Some(self)
    }
}

/// Makes a [`ShedService`].
#[derive(Debug, Clone)]
pub struct ShedLayer<C> {
    scope: C,
    desk: usize,
    proxies: TrustedProxies,
    forwarding: Forwarding,
}

impl<C: ShedScope> ShedLayer<C> {
    /// Throttles as `scope` says, at desk 0; forwarding headers are believed from nobody.
    pub fn new(scope: C) -> Self {
        Self { scope, desk: 0, proxies: TrustedProxies::default(), forwarding: Forwarding::XForwardedFor }
    }

    /// Decides at this desk of each throttle, counted from 0: one for each worker, and they never wait for each other.
    #[must_use]
    pub fn at_desk(mut self, desk: usize) -> Self {
        self.desk = desk;
        self
    }

    /// Believes this header from these proxies, so that clients behind them are told apart.
    #[must_use]
    pub fn behind(mut self, proxies: TrustedProxies, forwarding: Forwarding) -> Self {
        (self.proxies, self.forwarding) = (proxies, forwarding);
        self
    }
}

impl<S, C: Clone> Layer<S> for ShedLayer<C> {
    type Service = ShedService<C, S>;

    fn layer(&self, inner: S) -> Self::Service {
        ShedService { layer: self.clone(), inner }
    }
}

/// Calls the inner service for requests that it has room for.
#[derive(Debug, Clone)]
pub struct ShedService<C, S> {
    layer: ShedLayer<C>,
    inner: S,
}

impl<C, S, B> Service<Request<B>> for ShedService<C, S>
where
    C: ShedScope,
    S: Service<Request<B>, Error: Into<Rejection>>,
{
    type Response = S::Response;
    type Error = Rejection;
    type Future = ShedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let ShedLayer { scope, desk, proxies, forwarding } = &self.layer;
        let Some(policy) = scope.policy(&request).cloned() else {
            return ShedFuture::admitted(self.inner.call(request), None);
        };
        let (head, body) = request.into_parts();
        let trusted = head.extensions.get::<Peer>().is_some_and(|peer| peer.trusted);
        let priority = policy.priorities.of(&head, trusted);
        let key = client_address(&head, proxies, *forwarding).map_or(0, share_key);
        match Ticket::take(policy, *desk, priority, key) {
            Ok(ticket) => {
                let inner = self.inner.call(Request::from_parts(head, body));
                ShedFuture::admitted(inner, Some(ticket))
            }
            Err(rejection) => ShedFuture::denied(rejection),
        }
    }
}

/// Who shares with others as one: an IPv4 address, or a network of IPv6 that is given to one customer (/64). It is spread
/// by the table of shares, which has a secret seed.
fn share_key(client: IpAddr) -> u64 {
    match client.to_canonical() {
        IpAddr::V4(ip) => ip.to_bits().into(),
        IpAddr::V6(ip) => (ip.to_bits() >> 64) as u64,
    }
}

#[cfg(test)]
mod tests;
