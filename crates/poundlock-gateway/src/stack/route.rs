//! Finds out whose request it is.
//!
//! Main types: [`RouteLayer`], which leaves a [`Matched`] in the request, and [`ByMatch`], by which
//! other layers read it. It refuses nothing: what matches no service is refused further down,
//! where refusals are counted.

use crate::routing::{Matched, Routing};
use http::Request;
use poundlock_observe::http::RouteId;
use poundlock_tower::{Classify, Deadline, ShedPolicy, ShedScope};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_layer::Layer;
use tower_service::Service;

/// Makes a [`Route`].
#[derive(Debug, Clone)]
pub(crate) struct RouteLayer {
    routing: Arc<Routing>,
    listener: usize,
}

impl RouteLayer {
    pub(crate) fn new(routing: Arc<Routing>, listener: usize) -> Self {
        Self { routing, listener }
    }
}

impl<S> Layer<S> for RouteLayer {
    type Service = Route<S>;

    fn layer(&self, inner: S) -> Route<S> {
        Route { inner, layer: self.clone() }
    }
}

/// Matches requests to services.
#[derive(Debug, Clone)]
pub(crate) struct Route<S> {
    inner: S,
    layer: RouteLayer,
}

impl<S, B> Service<Request<B>> for Route<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        let RouteLayer { routing, listener } = &self.layer;
        let matched = routing.find(&routing.listeners[*listener], &request);
        request.extensions_mut().insert(matched);
        self.inner.call(request)
    }
}

/// Reads what [`Route`] has found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ByMatch;

impl Classify for ByMatch {
    fn route<B>(&self, request: &Request<B>) -> RouteId {
        request.extensions().get::<Matched>().map_or(RouteId::UNMATCHED, |m| m.route)
    }

    fn name<B>(&self, request: &Request<B>) -> Arc<str> {
        match request.extensions().get::<Matched>() {
            Some(Matched { ops: Some(path), .. }) => (*path).into(),
            Some(Matched { service: Some(service), .. }) => service.name.clone(),
            _ => "_unmatched".into(),
        }
    }
}

impl ShedScope for ByMatch {
    fn policy<'a, B>(&'a self, request: &'a Request<B>) -> Option<&'a Arc<ShedPolicy>> {
        request.extensions().get::<Matched>()?.service.as_ref()?.shed.as_ref()
    }
}

impl Deadline for ByMatch {
    fn of<B>(&self, request: &Request<B>) -> Option<(Duration, Arc<str>)> {
        let service = request.extensions().get::<Matched>()?.service.as_ref()?;
        Some((service.timeout.request, service.name.clone()))
    }
}
