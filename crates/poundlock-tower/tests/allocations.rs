//! How often the layers allocate for one small request. One more should be a decision; one fewer lowers the bound.
#[path = "support/stack.rs"]
mod stack;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use poundlock_observe::http::{HttpMetrics, Scheme};
use poundlock_shield::{Head, Policy, RequestScan};
use poundlock_tower::inspect::Mode;
use stack::{Inner, all, from_somewhere, inspected, limited, request, run};
use std::rc::Rc;
use tower_service::Service;

/// Allocations of all layers for one request, beyond those of the bare service.
fn check(mut inner: Inner, body: &'static str, at_most: u64) {
    let metrics = HttpMetrics::new(Default::default());
    let route = metrics.route("/orders/{id}", Scheme::Http);
    let mut service = all(Rc::new(metrics.shard()), route, inner);
    // The first request opens the cells of its series.
    assert_eq!(run(&mut service, request(body)), (200, 200));
    let layers = count(&mut service, body) - count(&mut inner, body);
    assert!(layers <= at_most, "{layers} allocations, not {at_most}: {inner:?} {body:?}");
}

fn count<S, B>(service: &mut S, body: &'static str) -> u64
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    B: Body<Data = Bytes>,
{
    let counted = allocation_counter::measure(|| assert_eq!(run(service, request(body)), (200, 200)));
    assert_eq!(counted.count_current, 0, "everything is given back");
    counted.count_total
}

#[tokio::test]
async fn a_small_request_costs_few_allocations() {
    check(Inner::Ready, "", 10);
    check(Inner::Waits, "", 10);
    check(Inner::Waits, "{\"item\":\"lock\"}", 12);
}

#[test]
fn three_limits_admit_without_an_allocation() {
    let mut service = limited(Inner::Ready);
    // The first requests make the budgets and the buffer of the headers.
    for _ in 0..3 {
        assert_eq!(run(&mut service, from_somewhere("")), (200, 200));
    }
    let mut bare = Inner::Ready;
    let with = prepared(&mut service);
    let without = prepared(&mut bare);
    // The answer's map of headers grows by the five that say what is left: that is the map's, not the layer's.
    assert_eq!(with, without + MAP_OF_HEADERS, "allocations with limits and without: {with}, {without}");
}

/// What `http::HeaderMap` allocates to hold its first headers: its table and its entries.
const MAP_OF_HEADERS: u64 = 2;

/// Allocations of one call, without those of making the request.
fn prepared<S, B>(service: &mut S) -> u64
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    B: Body<Data = Bytes>,
{
    let mut request = Some(from_somewhere(""));
    allocation_counter::measure(|| {
        let request = request.take().expect("measured once");
        assert_eq!(run(service, request), (200, 200));
    })
    .count_total
}

#[test]
fn an_inspection_without_a_body_allocates_what_the_scan_does() {
    // The first scan makes its tables.
    scan();
    let scanned = scan();
    for (mode, of_scan) in [(Mode::Off, 0), (Mode::Detect, scanned), (Mode::Block, scanned)] {
        let mut service = inspected(mode, Inner::Ready);
        let with = prepared(&mut service);
        let without = prepared(&mut Inner::Ready);
        assert_eq!(with, without + of_scan, "{mode:?}, without {without}");
    }
}

/// Allocations of a look at the head of the request.
fn scan() -> u64 {
    let (head, _) = from_somewhere("").into_parts();
    let headers: Vec<(&[u8], &[u8])> =
        head.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())).collect();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).as_bytes();
    let head = Head { method: head.method.as_str().as_bytes(), target, headers: &headers };
    let policy = Policy::default();
    allocation_counter::measure(|| drop(RequestScan::new(&head, &policy).finish())).count_total
}
