//! A stack is `Send` when the service inside is, and works just as well when it is not.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use poundlock_limit::LimitSet;
use poundlock_limit::throttle::Bounds;
use poundlock_observe::http::{HttpMetrics, RouteId};
use poundlock_tower::{
    BodyCap, BodyCapLayer, CappedBody, CorrelationLayer, CorrelationService, Gate, GateLayer, InspectLayer,
    InspectService, InspectedBody, Inspection, LimitLayer, LimitService, Limiter, ObserveLayer,
    ObserveService, ProtocolCheck, Rejection, RespondLayer, RespondService, ShedLayer, ShedPolicy,
    ShedService, Throttle, TimeoutLayer, TimeoutService, inspect::Mode,
};
use std::cell::Cell;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tower::{ServiceBuilder, ServiceExt, service_fn};

type Inspected = Request<InspectedBody<CappedBody<Full<Bytes>>>>;
type Outbound = Response<Full<Bytes>>;

type Limiting<S> = LimitService<Arc<LimitSet>, S>;
type Inspecting<S> = InspectService<Arc<Inspection>, S>;
type Timed<S> = TimeoutService<(Duration, Arc<str>), S>;
type Shedding<S> = ShedService<Arc<ShedPolicy>, S>;
type Refusing<S> = RespondService<Gate<ProtocolCheck, Shedding<Limiting<BodyCap<Timed<Inspecting<S>>>>>>>;
type Stack<S, R> = CorrelationService<ObserveService<Refusing<S>, R, RouteId>>;

fn stack<S, R: Clone>(recorder: R, inner: S) -> Stack<S, R> {
    let throttle = Throttle::new("shop".into(), Bounds::default(), NonZeroUsize::MIN);
    let inspection = Inspection { mode: Mode::Block, hold: 3, ..Inspection::new("shop") };
    ServiceBuilder::new()
        .layer(CorrelationLayer::new())
        .layer(ObserveLayer::new(recorder, RouteId::UNMATCHED))
        .layer(RespondLayer)
        .layer(GateLayer::new(ProtocolCheck::default()))
        .layer(ShedLayer::new(Arc::new(ShedPolicy::new(Arc::new(throttle)))))
        .layer(LimitLayer::for_all(Limiter::in_memory([]).unwrap()))
        .layer(BodyCapLayer::new(1024))
        .layer(TimeoutLayer::new((Duration::from_secs(5), "shop".into())))
        .layer(InspectLayer::new(Arc::new(inspection)))
        .service(inner)
}

fn request() -> Request<Full<Bytes>> {
    let body = Full::new(Bytes::from_static(b"a body"));
    Request::post("/").header("host", "shop.example").body(body).unwrap()
}

/// Answers with the length of the body.
async fn answer(request: Inspected) -> Result<Outbound, Rejection> {
    let body = request.into_body().collect().await.map_err(|_| Rejection::ClientGone)?.to_bytes();
    Ok(Response::new(Full::new(body.len().to_string().into())))
}

fn check_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn over_a_service_that_is_send_so_are_the_stack_its_future_and_its_body() {
    let recorder = Arc::new(HttpMetrics::new(Default::default()).shared());
    let service = check_send(stack(recorder, service_fn(answer)));
    let response = check_send(check_send(service.oneshot(request())).await.unwrap());
    let future = check_send(response.into_body().collect());
    assert_eq!(future.await.unwrap().to_bytes(), "6");
}

#[tokio::test]
async fn over_a_service_that_is_not_send_the_stack_works_with_the_shard_of_one_thread() {
    let recorder = Rc::new(HttpMetrics::new(Default::default()).shard());
    let calls = Rc::new(Cell::new(0));
    let counting = calls.clone();
    let inner = service_fn(move |request| {
        let calls = counting.clone();
        async move {
            calls.set(calls.get() + 1);
            answer(request).await
        }
    });
    let response = stack(recorder, inner).oneshot(request()).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "6");
    assert_eq!(calls.get(), 1);
}
