//! The whole request path, in reading order. A request enters at the top and comes out at the
//! bottom, on its way to an instance; its answer goes back up.
//!
//! Each layer stands where it stands for the reason beside it. There is no buffer in the stack, and
//! `poll_ready` refuses nothing.

mod inspections;
mod limits;
mod ops;
mod route;

use crate::routing::Routing;
use crate::upstream::{UpstreamBody, UpstreamService};
use crate::worker::Worker;
use inspections::InspectionsByMatch;
use limits::LimitsByMatch;
use ops::{Ops, OpsLayer};
use poundlock_observe::http::HttpShard;
use poundlock_tower::{
    BodyCap, BodyCapLayer, CorrelationLayer, CorrelationService, Gate, GateLayer, InspectLayer,
    InspectService, LimitLayer, LimitService, ObserveLayer, ObserveService, ObservedBody, ProtocolCheck,
    RespondLayer, RespondService, ResponseBody, ShedLayer, ShedService, TimeoutLayer, TimeoutService,
};
use route::{ByMatch, Route, RouteLayer};
use std::rc::Rc;
use std::sync::Arc;
use tower::ServiceBuilder;

/// Builds the stack for one downstream connection and one routing table.
#[rustfmt::skip]
pub(crate) fn build(worker: &Rc<Worker>, routing: &Arc<Routing>, listener: usize) -> Stack {
    let policy = routing.listeners[listener].clone();
    ServiceBuilder::new()
        .layer(CorrelationLayer::new())                       // everything below can name the request
        .layer(RouteLayer::new(routing.clone(), listener))    // everything below knows whose request it is
        .layer(observe(worker))                               // counts and times refusals too
        .layer(RespondLayer)                                  // Rejection → HTTP: nothing above can fail
        .layer(GateLayer::new(policy.protocol.clone()))       // nothing below trusts an ambiguous request
        .layer(shed(worker, routing, listener))               // the cheapest refusal, before any work for the request
        .layer(limit(routing, listener))                      // rates and quotas, before a body is read
        .layer(OpsLayer::new(worker.operations.clone()))      // below the gates: nothing is exempt from them
        .layer(BodyCapLayer::new(policy.max_body))            // before anybody reads a body
        .layer(TimeoutLayer::new(ByMatch))                    // the wait for a body, and the whole upstream call, retries included
        .layer(inspect(worker, routing, listener))            // the last before the service: what is refused never reaches an instance
        .service(UpstreamService::new(worker.clone()))        // balance, pool, retry budget, passive health
}

/// The same, as a type.
pub(crate) type Stack = CorrelationService<
    Route<
        ObserveService<
            RespondService<Gate<ProtocolCheck, Shed<Limit<Ops<BodyCap<Timeout<Inspect<UpstreamService>>>>>>>>,
            Rc<HttpShard>,
            ByMatch,
        >,
    >,
>;

type Shed<S> = ShedService<ByMatch, S>;
type Limit<S> = LimitService<LimitsByMatch, S>;
type Timeout<S> = TimeoutService<ByMatch, S>;
type Inspect<S> = InspectService<InspectionsByMatch, S>;

/// What comes back up.
pub(crate) type StackBody = ObservedBody<ResponseBody<ResponseBody<UpstreamBody>>, Rc<HttpShard>>;

fn observe(worker: &Worker) -> ObserveLayer<Rc<HttpShard>, ByMatch> {
    ObserveLayer::new(worker.http.clone(), ByMatch).with_access_log(worker.access_log.clone())
}

fn shed(worker: &Worker, routing: &Routing, listener: usize) -> ShedLayer<ByMatch> {
    let policy = &routing.listeners[listener];
    ShedLayer::new(ByMatch).at_desk(worker.index).behind(policy.trusted_proxies.clone(), policy.forwarding)
}

fn limit(routing: &Arc<Routing>, listener: usize) -> LimitLayer<LimitsByMatch> {
    let policy = &routing.listeners[listener];
    LimitLayer::new(routing.limiter.clone(), LimitsByMatch::new(routing.clone(), listener))
        .behind(policy.trusted_proxies.clone(), policy.forwarding)
}

fn inspect(worker: &Worker, routing: &Routing, listener: usize) -> InspectLayer<InspectionsByMatch> {
    let policy = &routing.listeners[listener];
    InspectLayer::new(InspectionsByMatch)
        .with_findings(Some(worker.findings.clone()))
        .behind(policy.trusted_proxies.clone(), policy.forwarding)
}
