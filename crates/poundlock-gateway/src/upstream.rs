//! The upstream side: the innermost service of the stack.
//!
//! Main type: [`UpstreamService`]. Each request becomes a [`Call`], which finds an instance and a
//! connection and decides what a failure means. It knows nothing of listeners and counts nothing about clients.

mod body;
mod call;
mod exchange;
mod headers;
mod http1;
mod instance;
mod pool;
mod tunnel;

pub(crate) use body::UpstreamBody;
pub use http1::whole;
pub(crate) use instance::{InFlight, Instance};
pub(crate) use pool::{Bounds, Pool};

use crate::routing::Matched;
use crate::worker::Worker;
use call::Call;
use headers::LastHop;
use http::{Request, Response};
use hyper::body::Incoming;
use poundlock_tower::{CappedBody, InspectedBody, Rejection};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use tower_service::Service;

/// What is left of a request body when it gets here.
pub(crate) type RequestBody = InspectedBody<CappedBody<Incoming>>;

/// Sends requests to the instances of the service they were matched to.
#[derive(Debug, Clone)]
pub(crate) struct UpstreamService {
    worker: Rc<Worker>,
    last_hop: Rc<LastHop>,
}

impl UpstreamService {
    pub(crate) fn new(worker: Rc<Worker>) -> Self {
        Self { worker, last_hop: Rc::default() }
    }
}

impl Service<Request<RequestBody>> for UpstreamService {
    type Response = Response<UpstreamBody>;
    type Error = Rejection;
    // The one box of the request path: an async block has no name to write here.
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Rejection>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let Some(service) = request.extensions().get::<Matched>().and_then(|m| m.service.clone()) else {
            return Box::pin(std::future::ready(Err(Rejection::NoRoute)));
        };
        match Call::new(self.worker.clone(), service, request, &self.last_hop) {
            Ok(call) => Box::pin(call.run()),
            Err(rejection) => Box::pin(std::future::ready(Err(rejection))),
        }
    }
}
