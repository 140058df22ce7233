//! Looks at every request before the service sees it: attacks are told or refused, and what is not valid is.
//!
//! Main types: [`InspectLayer`], and [`Inspection`], what is done with the requests of one route. What an attack is and
//! what is valid is `poundlock-shield`'s; where findings are written is up to [`Findings`].
//!
//! Order: below `body cap`, which counts the bytes that are looked at, and below `timeout`, which ends the wait for a
//! body that stalls; above whatever asks the service, so that a refused request never reaches it.
//!
//! Hostile clients: a request keeps what is held of its body ([`Inspection::hold`]), a window of the scan and, where rules read a
//! body as a whole, `RouteRules::whole_bytes`, however long it is and in whatever pieces it comes. A body that comes ever so slowly
//! but comes is not ended: the number of connections bounds that.
//!
//! ```
//! use poundlock_tower::{InspectLayer, Inspection, inspect::Mode};
//! use std::sync::Arc;
//!
//! let inspection = Inspection { mode: Mode::Block, ..Inspection::new("shop") };
//! let layer = InspectLayer::new(Arc::new(inspection));
//! # let _ = layer;
//! ```

mod body;
mod future;
mod head;
mod held;
mod inspection;
mod look;
mod metrics;
mod pieces;
mod record;
mod share;
mod watch;

pub use body::InspectedBody;
pub use future::InspectFuture;
pub use inspection::{DEFAULT_HOLD, Inspection, MAX_HOLD, Mode};
pub use metrics::{BLOCKED, FINDINGS, INSPECT_SECONDS, InspectionMetrics, REQUESTS};
pub use record::{Action, Findings, Record};
pub use share::Share;

use crate::limit::client_address;
use crate::{Correlation, Rejection, TrustedProxies};
use bytes::Bytes;
use future::Holding;
use http::{Request, Response, request::Parts};
use http_body::Body;
use look::{About, End, Look};
use pieces::Pieces;
use poundlock_limit::client_ip::Forwarding;
use std::error::Error;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;
use watch::Watch;

/// Finds out what is done with a request.
pub trait Inspections {
    /// The inspection of its route, or `None` if it is not looked at.
    fn inspection<'a>(&'a self, head: &'a Parts) -> Option<&'a Arc<Inspection>>;
}

/// The same for every request, as in an application.
impl Inspections for Arc<Inspection> {
    fn inspection<'a>(&'a self, _: &'a Parts) -> Option<&'a Arc<Inspection>> {
        Some(self)
    }
}

/// Makes an [`InspectService`].
#[derive(Clone)]
pub struct InspectLayer<I> {
    inspections: I,
    findings: Option<Arc<dyn Findings>>,
    proxies: TrustedProxies,
    forwarding: Forwarding,
}

impl<I: Inspections> InspectLayer<I> {
    /// Inspects as `inspections` says and tells nobody; forwarding headers are believed from nobody.
    pub fn new(inspections: I) -> Self {
        let (proxies, forwarding) = (TrustedProxies::default(), Forwarding::XForwardedFor);
        Self { inspections, findings: None, proxies, forwarding }
    }

    /// Also tells what was found.
    #[must_use]
    pub fn with_findings(mut self, findings: Option<Arc<dyn Findings>>) -> Self {
        self.findings = findings;
        self
    }

    /// Believes this header from these proxies, so that findings name the client behind them.
    #[must_use]
    pub fn behind(mut self, proxies: TrustedProxies, forwarding: Forwarding) -> Self {
        (self.proxies, self.forwarding) = (proxies, forwarding);
        self
    }
}

impl<S, I: Clone> Layer<S> for InspectLayer<I> {
    type Service = InspectService<I, S>;

    fn layer(&self, inner: S) -> Self::Service {
        InspectService { layer: self.clone(), inner }
    }
}

/// Calls the inner service for requests that are no attacks.
#[derive(Clone)]
pub struct InspectService<I, S> {
    layer: InspectLayer<I>,
    inner: S,
}

impl<I, S, B, R> Service<Request<B>> for InspectService<I, S>
where
    I: Inspections,
    S: Service<Request<InspectedBody<B>>, Response = Response<R>, Error: Into<Rejection>> + Clone,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Unpin,
{
    type Response = Response<R>;
    type Error = Rejection;
    type Future = InspectFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut head, body) = request.into_parts();
        let Some(look) = self.layer.look(&head) else {
            let request = Request::from_parts(head, InspectedBody::untouched(body));
            return InspectFuture::admitted(self.inner.call(request));
        };
        let inspection = look.inspection().clone();
        let watch = match (look.is_refused(), body.is_end_stream()) {
            (false, false) => Some(Watch::new(look, &head, &self.layer)),
            (is_refused, _) => {
                let end = if is_refused { End::Refused } else { End::Complete };
                if let Err(rejection) = self.layer.conclude(look, end, &head) {
                    return InspectFuture::denied(rejection);
                }
                None
            }
        };
        let blocks = inspection.mode == Mode::Block;
        if let (true, Some(rules)) = (blocks, &inspection.rules) {
            head::clamp_pages(rules, &mut head);
        }
        let body = match watch {
            Some(watch) if blocks => {
                // The service that was ready is the one that is called; the clone takes its place.
                let inner = self.inner.clone();
                let ready = std::mem::replace(&mut self.inner, inner);
                let body = Pieces::of(body, &head.headers);
                let holding = Holding::new(watch, body, inspection.hold.min(MAX_HOLD));
                return InspectFuture::holding(holding, ready, head);
            }
            Some(watch) => InspectedBody::told(Pieces::of(body, &head.headers), watch),
            None => InspectedBody::untouched(body),
        };
        InspectFuture::admitted(self.inner.call(Request::from_parts(head, body)))
    }
}

impl<I: Inspections> InspectLayer<I> {
    /// Looks at the head, if the request is to be looked at.
    fn look(&self, head: &Parts) -> Option<Look> {
        let inspection = self.inspections.inspection(head)?;
        if inspection.looks_at(request_id(head)) {
            return Some(Look::at(inspection, head));
        }
        if inspection.mode != Mode::Off {
            inspection.metrics.skip();
        }
        None
    }

    /// Ends a look at a request whose body is not looked at.
    fn conclude(&self, look: Look, end: End, head: &Parts) -> Result<(), Rejection> {
        let about = About {
            request_id: request_id(head),
            method: head.method.as_str(),
            path: head.uri.path(),
            client: client_address(head, &self.proxies, self.forwarding),
        };
        look.conclude(end, &about, self.findings.as_ref())
    }
}

fn request_id(head: &Parts) -> &str {
    head.extensions.get().map_or("", Correlation::request_id)
}

#[cfg(test)]
mod tests;
