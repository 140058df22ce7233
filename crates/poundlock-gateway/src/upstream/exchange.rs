//! One request that an instance is answering, from its head to the end of its body.
//!
//! Main type: [`Exchange`]. Whatever way it ends, it is counted once, and its connection is kept
//! only when it is in step.

use super::body::RequestBody;
use super::instance::InFlight;
use super::pool::Connection;
use crate::worker::Worker;
use http::{Method, StatusCode};
use poundlock_observe::http::{ClientRecord, ErrorType, HttpClientRecorder};
use poundlock_tower::Upstream;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// An exchange in progress.
#[derive(Debug)]
pub(crate) struct Exchange {
    open: Option<Open>,
    worker: Rc<Worker>,
    in_flight: InFlight,
    start: Instant,
    method: poundlock_observe::http::Method,
    /// `None` until the head of the answer is here.
    status: Option<u16>,
    counted: bool,
    keep: Duration,
}

#[derive(Debug)]
struct Open {
    connection: Connection,
    /// A request with a body may still be on its way when the answer is complete.
    sent: Sent,
}

/// Whether the whole request is known to have been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    All,
    PerhapsNot,
}

impl Sent {
    pub(crate) fn of(body: &RequestBody) -> Self {
        if matches!(body, RequestBody::Empty) { Self::All } else { Self::PerhapsNot }
    }
}

impl Exchange {
    /// Starts the clock. `keep` is how long the connection may be idle afterwards.
    pub(crate) fn start(worker: Rc<Worker>, in_flight: InFlight, method: &Method, keep: Duration) -> Self {
        let method = poundlock_observe::http::Method::from_bytes(method.as_str().as_bytes());
        Self {
            open: None,
            worker,
            in_flight,
            start: Instant::now(),
            method,
            status: None,
            counted: false,
            keep,
        }
    }

    /// The head of the answer is here; the connection stays busy until its end, or for good when
    /// it has become something other than HTTP.
    pub(crate) fn answered(&mut self, status: StatusCode, connection: Connection, sent: Sent) {
        self.status = Some(status.as_u16());
        if status != StatusCode::SWITCHING_PROTOCOLS {
            self.open = Some(Open { connection, sent });
        }
    }

    /// The answer is complete: the connection can serve the next request.
    pub(crate) fn complete(mut self) {
        self.record(None);
        let Some(Open { mut connection, sent }) = self.open.take() else { return };
        let (worker, instance, keep) = (self.worker.clone(), self.in_flight.instance().clone(), self.keep);
        match sent {
            Sent::All => worker.pool.give_back(&instance, connection, keep),
            Sent::PerhapsNot => {
                tokio::task::spawn_local(async move {
                    if tokio::time::timeout(keep, connection.sender.ready()).await.is_ok_and(|r| r.is_ok()) {
                        worker.pool.give_back(&instance, connection, keep);
                    }
                });
            }
        }
    }

    /// For the access log.
    pub(crate) fn note(&self) -> Upstream {
        Upstream { address: self.in_flight.instance().label.clone(), duration: self.start.elapsed() }
    }

    /// Counts an upgraded connection as a request in flight on the same instance.
    pub(crate) fn enter_tunnel(&self) -> InFlight {
        self.in_flight.instance().enter()
    }

    /// The instance failed in the middle of its answer.
    pub(crate) fn broken(self) {
        self.fail(ErrorType::UpstreamReset);
    }

    /// There is no answer.
    pub(crate) fn fail(mut self, error: ErrorType) {
        self.record(Some(error));
    }

    fn record(&mut self, error: Option<ErrorType>) {
        if std::mem::replace(&mut self.counted, true) {
            return;
        }
        self.worker.client.record(&ClientRecord {
            peer: self.in_flight.instance().peer,
            method: self.method,
            status: self.status,
            error,
            duration: self.start.elapsed(),
        });
    }
}

impl Drop for Exchange {
    /// An exchange that nobody ended was broken off from our side: the client went away, or the
    /// time-out of the request struck.
    fn drop(&mut self) {
        self.record(Some(ErrorType::Cancelled));
    }
}
