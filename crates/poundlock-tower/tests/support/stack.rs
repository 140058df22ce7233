//! A small request through the layers, down to a service that does nothing. Main functions: [`all`], [`run`].
//! Shared by the allocation test and the benchmark; it counts nothing itself.
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use poundlock_limit::throttle::Bounds;
use poundlock_observe::http::{HttpRecorder, RouteId};
use poundlock_tower::{
    BodyCapLayer, CorrelationLayer, GateLayer, InspectLayer, Inspection, ObserveLayer, ProtocolCheck,
    Rejection, RespondLayer, ShedLayer, ShedPolicy, Throttle, TimeoutLayer, inspect::Mode,
};
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tower::ServiceBuilder;
use tower_service::Service;

/// Answers at once, or at the second look, with 200 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Inner {
    Ready,
    Waits,
}

pub(crate) struct InnerFuture(Inner);

impl Future for InnerFuture {
    type Output = Result<Response<Full<Bytes>>, Rejection>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match std::mem::replace(&mut self.0, Inner::Ready) {
            Inner::Ready => Poll::Ready(Ok(Response::new(Full::new(Bytes::from_static(&[b'x'; 200]))))),
            Inner::Waits => Poll::Pending,
        }
    }
}

impl<B> Service<Request<B>> for Inner {
    type Response = Response<Full<Bytes>>;
    type Error = Rejection;
    type Future = InnerFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> InnerFuture {
        InnerFuture(*self)
    }
}

/// The layers that every request of the gateway passes, in their order.
pub(crate) fn all<R: HttpRecorder + Clone>(
    recorder: R,
    route: RouteId,
    inner: Inner,
) -> impl Service<Request<Full<Bytes>>, Response = Response<impl Body<Data = Bytes>>> {
    ServiceBuilder::new()
        .layer(CorrelationLayer::new())
        .layer(ObserveLayer::new(recorder, route))
        .layer(RespondLayer)
        .layer(GateLayer::new(ProtocolCheck::default()))
        .layer(ShedLayer::new(policy(20)))
        .layer(BodyCapLayer::new(64 * 1024))
        .layer(TimeoutLayer::new((Duration::from_secs(30), "shop".into())))
        .service(inner)
}

/// The inspection of all requests, around a service that does nothing.
pub(crate) fn inspected(
    mode: Mode,
    inner: Inner,
) -> impl Service<Request<Full<Bytes>>, Response = Response<Full<Bytes>>> {
    let inspection = Inspection { mode, ..Inspection::new("shop") };
    ServiceBuilder::new().layer(InspectLayer::new(Arc::new(inspection))).service(inner)
}

/// Three limits around a service that does nothing: by address, by a header's value, and for everybody.
pub(crate) fn limited(inner: Inner) -> impl Service<Request<Full<Bytes>>, Response = Response<Full<Bytes>>> {
    use poundlock_limit::{Bucket, KeySpec, Limit, Plans, Terms};
    use poundlock_tower::{LimitLayer, Limiter, Rule};
    let rule = |name, key: &str| {
        let rate = Bucket::new("1000000/s".parse().expect("a rate"), None).expect("a rate that can be kept");
        let plans = Plans::only(Terms { rate: Some(rate), quota: None });
        Rule::new(Limit::new(name, KeySpec::parse([key]).expect("a key"), plans).expect("a name"))
    };
    let rules = [rule("per-ip", "ip"), rule("per-key", "header:accept-language"), rule("all", "all")];
    let limiter = Limiter::in_memory(rules).expect("three limits");
    ServiceBuilder::new().layer(LimitLayer::for_all(limiter)).service(inner)
}

/// A request with an address.
pub(crate) fn from_somewhere(body: &'static str) -> Request<Full<Bytes>> {
    let mut request = request(body);
    let address = "203.0.113.7:54321".parse().expect("an address");
    request.extensions_mut().insert(poundlock_tower::Peer { address, trusted: false });
    request
}

/// Lets this many at once through, until somebody ticks.
pub(crate) fn policy(limit: u32) -> Arc<ShedPolicy> {
    let bounds = Bounds::new(1, limit, limit).expect("the limit is not 0");
    let throttle = Throttle::new("shop".into(), bounds, NonZeroUsize::MIN);
    Arc::new(ShedPolicy::new(Arc::new(throttle)))
}

/// A request as clients send them; `body` may be empty.
pub(crate) fn request(body: &'static str) -> Request<Full<Bytes>> {
    Request::builder()
        .method(if body.is_empty() { "GET" } else { "POST" })
        .uri("/orders/42?details=all")
        .header("host", "shop.example")
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
        .header("accept", "application/json")
        .header("accept-language", "en-US,en;q=0.5")
        .header("accept-encoding", "gzip, deflate, br")
        .header("content-length", body.len())
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .expect("the parts above are valid")
}

/// Runs a request to the last byte of its answer, and gives the status and the bytes.
pub(crate) fn run<S, B>(service: &mut S, request: Request<Full<Bytes>>) -> (u16, usize)
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    B: Body<Data = Bytes>,
{
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(service.poll_ready(&mut context), Poll::Ready(Ok(()))));
    let mut future = pin!(service.call(request));
    // A service that waits is ready at the second look.
    let answer = match future.as_mut().poll(&mut context) {
        Poll::Pending => future.as_mut().poll(&mut context),
        ready => ready,
    };
    let Poll::Ready(Ok(response)) = answer else { panic!("no answer") };
    let status = response.status().as_u16();
    let mut body = pin!(response.into_body());
    let mut bytes = 0;
    while let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut context) {
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
    (status, bytes)
}
