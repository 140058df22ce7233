//! What the inspection of a request costs over a service that does nothing: by mode, by body, by pieces.
//!
//! Times are CPU time of the thread. Each case shows what it allocates, and that its answer is right, before it is timed.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "support/cpu.rs"]
mod cpu;

use bytes::Bytes;
use cpu::{CpuTime, short};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use poundlock_tower::{InspectLayer, InspectedBody, Inspection, Rejection, inspect::Mode};
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tower::service_fn;
use tower_layer::Layer;
use tower_service::Service;

/// Gives the body back.
async fn echo(request: Request<InspectedBody<Pieces>>) -> Result<Response<InspectedBody<Pieces>>, Rejection> {
    Ok(Response::new(request.into_body()))
}

/// A body in pieces of one size.
struct Pieces {
    rest: Bytes,
    size: usize,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let size = self.size.min(self.rest.len());
        let piece = self.rest.split_to(size);
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        Full::new(self.rest.clone()).size_hint()
    }
}

/// A request of a browser; a body makes it a POST of JSON.
fn request(target: &str, body: &Bytes, size: usize) -> Request<Pieces> {
    Request::builder()
        .method(if body.is_empty() { "GET" } else { "POST" })
        .uri(target)
        .header("host", "shop.example")
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
        .header("accept", "application/json")
        .header("accept-language", "en-US,en;q=0.5")
        .header("accept-encoding", "gzip, deflate, br")
        .header("content-type", "application/json")
        .body(Pieces { rest: body.clone(), size })
        .expect("the parts above are valid")
}

/// The bytes that reach the service, or `None` if it is refused.
fn run<S>(service: &mut S, request: Request<Pieces>) -> Option<usize>
where
    S: Service<Request<Pieces>, Response = Response<InspectedBody<Pieces>>, Error = Rejection>,
{
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(answer) = pin!(service.call(request)).poll(&mut context) else { panic!("all is there") };
    let mut body = match answer {
        Ok(response) => pin!(response.into_body()),
        Err(rejection) => {
            assert_eq!(rejection, Rejection::AttackDetected);
            return None;
        }
    };
    let mut bytes = 0;
    while let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut context) {
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
    Some(bytes)
}

/// One kind of request.
struct Case {
    name: &'static str,
    target: String,
    body: Bytes,
    piece: usize,
    blocked: bool,
}

fn cases() -> Vec<Case> {
    let none = Bytes::new();
    let word = "a+lock+for+a+narrow+boat+with+two+paddles+";
    let query: String = word.chars().cycle().take(100).collect();
    let case = |name, target: &str, body: &Bytes, piece| Case {
        name,
        target: target.to_owned(),
        body: body.clone(),
        piece,
        blocked: false,
    };
    let json = json(10 << 10);
    let target = format!("/items?q={query}");
    let attack = case("attack in the head", "/items?q=1'%20OR%20'1'='1'%20--", &none, 1);
    vec![
        case("GET", "/items/42", &none, 1),
        case("GET 100 B", &target, &none, 1),
        case("JSON 10 KB", "/items", &json, json.len()),
        case("JSON 10 KB in pieces", "/items", &json, 1 << 10),
        Case { blocked: true, ..attack },
    ]
}

/// Orders, about so many bytes.
fn json(bytes: usize) -> Bytes {
    let mut text = String::from("{\"lines\":[");
    for n in 0.. {
        text.push_str(&format!(
            "{{\"sku\":\"A-{n:05}\",\"count\":{},\"note\":\"leave it at the door, please\",\"gift\":null}}",
            n % 9
        ));
        if text.len() >= bytes {
            break;
        }
        text.push(',');
    }
    text.push_str("]}");
    text.into()
}

fn inspect(c: &mut Criterion<CpuTime>) {
    for case in cases() {
        for mode in [Mode::Off, Mode::Detect, Mode::Block] {
            let inspection = Inspection { mode, ..Inspection::new("shop") };
            let mut service = InspectLayer::new(Arc::new(inspection)).layer(service_fn(echo));
            let expect = (!case.blocked || mode != Mode::Block).then_some(case.body.len());
            let request = || request(&case.target, &case.body, case.piece);
            // The first scan makes its tables.
            assert_eq!(run(&mut service, request()), expect);
            let prepared = request();
            let allocations = allocation_counter::measure(|| assert_eq!(run(&mut service, prepared), expect));
            let name = format!("inspect/{}/{}", case.name, mode.as_str());
            let (count, most) = (allocations.count_total, allocations.bytes_max);
            println!("{name}: {count} allocations, {most} bytes at once");
            c.bench_function(&name, |bencher| {
                bencher.iter_batched(request, |request| run(&mut service, request), BatchSize::SmallInput)
            });
        }
    }
}

criterion_group!(name = benches; config = short(); targets = inspect);
criterion_main!(benches);
