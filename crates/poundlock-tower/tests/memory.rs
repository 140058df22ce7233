//! What one request keeps in memory at once while it is inspected: a bound by what is held, whatever its length.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use poundlock_tower::{InspectLayer, InspectedBody, Inspection, Rejection, inspect::Mode};
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tower::service_fn;
use tower_layer::Layer;
use tower_service::Service;

/// The same piece so many times.
struct Repeated {
    piece: Bytes,
    times: usize,
}

impl Body for Repeated {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let more = self.times > 0;
        self.times = self.times.saturating_sub(1);
        Poll::Ready(more.then(|| Ok(Frame::data(self.piece.clone()))))
    }
}

/// Gives the body back.
async fn echo(
    request: Request<InspectedBody<Repeated>>,
) -> Result<Response<InspectedBody<Repeated>>, Rejection> {
    Ok(Response::new(request.into_body()))
}

const HOLD: usize = 64 << 10;

/// The most bytes at once, beyond the pieces themselves, for a body of `times` pieces.
fn most(mode: Mode, content_type: &str, piece: &'static str, times: usize) -> u64 {
    let inspection = Inspection { mode, hold: HOLD, ..Inspection::new("shop") };
    let mut service = InspectLayer::new(Arc::new(inspection)).layer(service_fn(echo));
    let body = Repeated { piece: Bytes::from_static(piece.as_bytes()), times };
    let request = Request::post("/").header("content-type", content_type).body(body).unwrap();
    let mut passed = 0;
    let measured = allocation_counter::measure(|| {
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(response)) = pin!(service.call(request)).poll(&mut context) else {
            panic!("no answer")
        };
        let mut body = pin!(response.into_body());
        while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
            passed += frame.unwrap().data_ref().map_or(0, Bytes::len);
        }
    });
    assert_eq!(passed, piece.len() * times);
    measured.bytes_max
}

/// Memory does not grow with the body, and is below what is held and `more`.
fn check(content_type: &str, piece: &'static str, more: usize) {
    let times = (256 << 10) / piece.len();
    // The first scan makes its tables.
    most(Mode::Detect, content_type, piece, 1_000);
    for mode in [Mode::Detect, Mode::Block] {
        let (one, four) =
            (most(mode, content_type, piece, times), most(mode, content_type, piece, 4 * times));
        assert!(four <= one + one / 100, "{content_type} {mode:?}: {one} for 256 KiB, {four} for 1 MiB");
        let held = if mode == Mode::Block { 2 * HOLD } else { 0 };
        assert!(one <= (held + more) as u64, "{content_type} {mode:?}: {one}");
    }
}

#[test]
fn memory_is_bounded_by_what_is_held_and_a_window_of_the_scan() {
    check("text/plain", "a lock on the canal, ", 128 << 10);
    check("application/x-www-form-urlencoded", "name=a+lock&", 32 << 10);
    check("application/json", "{\"name\":\"a lock\"}\n", 16 << 10);
    check("application/octet-stream", "\0\u{1}\u{2}binary\0", 128 << 10);
    check("text/plain", "x", 128 << 10);
}
