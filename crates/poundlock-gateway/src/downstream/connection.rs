//! The requests of one downstream connection on their way into the stack.
//!
//! Main type: [`ConnectionService`]. It says who is asking, keeps the stack in step with the
//! current routing table, and asks clients to leave when the gateway is about to.

use super::activity::Busy;
use super::roster::Control;
use crate::routing::Routing;
use crate::stack::{self, Stack, StackBody};
use crate::worker::Worker;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use poundlock_tower::AmbiguousLength;
use std::cell::RefCell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tower_service::Service;

/// What hyper calls for each request of a connection.
pub(crate) struct ConnectionService {
    worker: Rc<Worker>,
    control: Rc<Control>,
    peer: SocketAddr,
    listener: usize,
    current: RefCell<Current>,
}

/// A routing table and the stack built for it.
struct Current {
    routing: Arc<Routing>,
    stack: Stack,
}

impl ConnectionService {
    pub(crate) fn new(worker: Rc<Worker>, control: Rc<Control>, peer: SocketAddr, listener: usize) -> Self {
        let routing = worker.routing();
        let stack = stack::build(&worker, &routing, listener);
        let current = RefCell::new(Current { routing, stack });
        Self { worker, control, peer, listener, current }
    }
}

impl hyper::service::Service<Request<Incoming>> for ConnectionService {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = AnswerFuture;

    fn call(&self, mut request: Request<Incoming>) -> AnswerFuture {
        let control = &self.control;
        control.requests.set(control.requests.get() + 1);
        if control.activity.is_ambiguous(!request.body().is_end_stream()) {
            request.extensions_mut().insert(AmbiguousLength);
        }
        let mut current = self.current.borrow_mut();
        if let Some(routing) = self.worker.newer_than(&current.routing) {
            let stack = stack::build(&self.worker, &routing, self.listener);
            *current = Current { routing, stack };
        }
        let peer = current.routing.listeners[self.listener].trusted_proxies.peer(self.peer);
        request.extensions_mut().insert(peer);
        AnswerFuture {
            inner: current.stack.call(request),
            busy: Some(control.activity.on_request()),
            worker: self.worker.clone(),
        }
    }
}

pin_project! {
    /// The stack at work on a request.
    pub(crate) struct AnswerFuture {
        #[pin]
        inner: <Stack as Service<Request<Incoming>>>::Future,
        busy: Option<Busy>,
        worker: Rc<Worker>,
    }
}

impl Future for AnswerFuture {
    type Output = Result<Response<AnswerBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        let busy = this.busy.take().expect("a future is not polled after it was ready");
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            busy.upgraded();
        } else if this.worker.leaving.get() {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(response.map(|inner| AnswerBody { inner, busy })))
    }
}

pin_project! {
    /// The answer's body; the connection is busy until it is gone.
    pub(crate) struct AnswerBody {
        #[pin]
        inner: StackBody,
        busy: Busy,
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = <StackBody as Body>::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
