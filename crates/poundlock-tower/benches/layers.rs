//! What the layers cost a small request over a service that does nothing: each alone, then all.
//!
//! Times are CPU time of the thread, which other work on the machine disturbs least. Allocations are counted
//! first and printed above the times; the counter adds about 2 ns to each.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "support/cpu.rs"]
mod cpu;
#[path = "../tests/support/stack.rs"]
mod stack;

use bytes::Bytes;
use cpu::{CpuTime, short};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use poundlock_observe::http::{HttpMetrics, HttpRecorder, RouteId, Scheme};
use poundlock_observe::{Format, Registry};
use poundlock_tower::inspect::Mode;
use poundlock_tower::{
    BodyCapLayer, CorrelationLayer, GateLayer, ObserveLayer, ProtocolCheck, Rejection, RespondLayer,
    ShedLayer, TimeoutLayer,
};
use stack::{Inner, all, from_somewhere, inspected, limited, policy, run};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tower_layer::Layer;
use tower_service::Service;

/// A request with a body, for the layers that look at one.
const ORDER: &str = r#"{"item":"lock","pounds":1}"#;

fn measure<S, B>(c: &mut Criterion<CpuTime>, name: &str, mut service: S, body: &'static str)
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    B: Body<Data = Bytes>,
{
    // Opens the series, and shows that the work is done before it is timed.
    assert_eq!(run(&mut service, from_somewhere(body)), (200, 200), "{name}");
    let prepared = from_somewhere(body);
    let allocations = allocation_counter::measure(|| assert_eq!(run(&mut service, prepared).0, 200));
    println!("layers/{name}: {} allocations, {} bytes", allocations.count_total, allocations.bytes_total);
    c.bench_function(&format!("layers/{name}"), |bencher| {
        bencher.iter_batched(
            || from_somewhere(body),
            |request| run(&mut service, request),
            BatchSize::SmallInput,
        )
    });
}

fn each_alone(c: &mut Criterion<CpuTime>, recorder: impl HttpRecorder + Clone, route: RouteId) {
    measure(c, "none", Inner::Ready, "");
    measure(c, "correlation", CorrelationLayer::new().layer(Inner::Ready), "");
    measure(c, "observe", ObserveLayer::new(recorder, route).layer(Inner::Ready), "");
    measure(c, "respond", RespondLayer.layer(Inner::Ready), "");
    measure(c, "gate", GateLayer::new(ProtocolCheck::default()).layer(Inner::Ready), "");
    measure(c, "shed", ShedLayer::new(policy(20)).layer(Inner::Ready), "");
    refusals(c);
    measure(c, "body-cap", BodyCapLayer::new(64 * 1024).layer(Inner::Ready), "");
    let timeout = TimeoutLayer::new((Duration::from_secs(30), "shop".into()));
    measure(c, "timeout", timeout.layer(Inner::Ready), "");
}

/// What it costs to be refused, without the answer that is made of it.
fn refusals(c: &mut Criterion<CpuTime>) {
    let mut service = ShedLayer::new(policy(1)).layer(Inner::Waits);
    let _in_the_only_place = service.call(from_somewhere(""));
    let mut refuse = |request| {
        let answer = pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(answer, Poll::Ready(Err(Rejection::Shed(_)))));
    };
    c.bench_function("layers/shed, refused", |bencher| {
        bencher.iter_batched(|| from_somewhere(""), &mut refuse, BatchSize::SmallInput)
    });
}

fn layers(c: &mut Criterion<CpuTime>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("no I/O is asked for");
    let _in_runtime = runtime.enter();
    let metrics = HttpMetrics::new(Default::default());
    let registry = Registry::new(Default::default());
    registry.register(Arc::new(metrics.clone())).expect("the registry is empty");
    let route = metrics.route("/orders/{id}", Scheme::Http);
    let shard = Rc::new(metrics.shard());
    each_alone(c, shard.clone(), route);
    measure(c, "three limits", limited(Inner::Ready), "");
    measure(c, "inspect", inspected(Mode::Block, Inner::Ready), "");
    measure(c, "none, with a body", Inner::Waits, ORDER);
    measure(c, "all", all(shard.clone(), route, Inner::Ready), "");
    measure(c, "all, service waits", all(shard.clone(), route, Inner::Waits), "");
    measure(c, "all, service waits, with a body", all(shard, route, Inner::Waits), ORDER);
    measure(c, "all, service waits, shared metrics", all(metrics.shared(), route, Inner::Waits), "");
    assert_counted(&registry);
}

/// What was timed was also counted, and nothing went wrong.
fn assert_counted(registry: &Registry) {
    let text = String::from_utf8(registry.render(Format::Text004)).expect("text is UTF-8");
    let counts = text.lines().filter(|line| line.starts_with("http_server_request_duration_seconds_count"));
    for line in counts.filter(|line| !line.ends_with(" 0")) {
        assert!(line.contains("status_code=\"200\"") && line.contains("/orders/{id}"), "{line}");
    }
    assert!(text.contains("http_request_method=\"POST\""), "{text}");
}

criterion_group!(name = benches; config = short(); targets = layers);
criterion_main!(benches);
