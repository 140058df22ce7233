//! The readiness probe: every layer calls the very instance it has polled ready, and hides no "not yet".
//!
//! Calling a clone of the instance that was polled is the commonest mistake of tower middleware: it takes
//! the place of somebody else in a service that counts its places.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use poundlock_limit::throttle::Bounds;
use poundlock_limit::{Bucket, KeySpec, Limit, Plans, Terms};
use poundlock_observe::http::{HttpMetrics, RouteId};
use poundlock_tower::{
    BodyCapLayer, CorrelationLayer, GateLayer, InspectLayer, Inspection, LimitLayer, Limiter, ObserveLayer,
    ProtocolCheck, Rejection, RespondLayer, Rule, ShedLayer, ShedPolicy, Throttle, TimeoutLayer,
    inspect::Mode,
};
use std::future::{Ready, ready};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tower::ServiceBuilder;
use tower_layer::Layer;
use tower_service::Service;

/// Not ready at the first look, ready at the second, then good for one call. A clone starts afresh.
#[derive(Debug, Default)]
struct Probe {
    looks: u32,
}

impl Clone for Probe {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<B> Service<Request<B>> for Probe {
    type Response = Response<Full<Bytes>>;
    type Error = Rejection;
    type Future = Ready<Result<Self::Response, Rejection>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        self.looks += 1;
        if self.looks >= 2 { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        assert!(self.looks >= 2, "called without having been polled ready");
        self.looks = 0;
        ready(Ok(Response::default()))
    }
}

async fn check<L>(name: &str, layer: L)
where
    L: Layer<Probe>,
    L::Service: Service<Request<Full<Bytes>>> + Clone,
{
    let mut service = layer.layer(Probe::default());
    let mut context = Context::from_waker(Waker::noop());
    for round in 0..3 {
        assert!(service.poll_ready(&mut context).is_pending(), "{name} hides that its service is not ready");
        assert!(matches!(service.poll_ready(&mut context), Poll::Ready(Ok(()))), "{name}, round {round}");
        // What a server does that keeps a spare; it must not matter.
        drop(service.clone());
        // A layer that waits for the body keeps the instance that was ready.
        let body = Full::from(if round == 0 { "" } else { "a body" });
        let request = Request::post("/").header("host", "shop.example").body(body).unwrap();
        assert!(service.call(request).await.is_ok(), "{name}, round {round}");
    }
}

#[tokio::test]
async fn every_layer_calls_the_instance_it_polled() {
    let recorder = HttpMetrics::new(Default::default()).shared();
    let observe = ObserveLayer::new(recorder, RouteId::UNMATCHED);
    let timeout = TimeoutLayer::new((Duration::from_secs(1), "shop".into()));
    let throttle = Throttle::new("shop".into(), Bounds::default(), NonZeroUsize::MIN);
    let shed = ShedLayer::new(Arc::new(ShedPolicy::new(Arc::new(throttle))));
    let inspect = |mode| InspectLayer::new(Arc::new(Inspection { mode, ..Inspection::new("shop") }));
    check("correlation", CorrelationLayer::new()).await;
    check("observe", observe.clone()).await;
    check("respond", RespondLayer).await;
    check("gate", GateLayer::new(ProtocolCheck::default())).await;
    check("shed", shed.clone()).await;
    check("limit", limit()).await;
    check("body cap", BodyCapLayer::new(1024)).await;
    check("timeout", timeout.clone()).await;
    check("inspect, not at all", inspect(Mode::Off)).await;
    check("inspect, only to tell", inspect(Mode::Detect)).await;
    check("inspect", inspect(Mode::Block)).await;
    let all = ServiceBuilder::new()
        .layer(CorrelationLayer::new())
        .layer(observe)
        .layer(RespondLayer)
        .layer(GateLayer::new(ProtocolCheck::default()))
        .layer(shed)
        .layer(limit())
        .layer(BodyCapLayer::new(1024))
        .layer(timeout)
        .layer(inspect(Mode::Block))
        .into_inner();
    check("all of them", all).await;
}

fn limit() -> LimitLayer<Arc<poundlock_limit::LimitSet>> {
    let rate = Bucket::new("1000/s".parse().unwrap(), None).unwrap();
    let terms = Terms { rate: Some(rate), quota: None };
    let limit = Limit::new("all", KeySpec::parse(["all"]).unwrap(), Plans::only(terms)).unwrap();
    LimitLayer::for_all(Limiter::in_memory([Rule::new(limit)]).unwrap())
}
