//! One request that an instance is answering, from its head to the end of its body.
//!
//! Main type: [`Exchange`]. Whatever way it ends, it is counted once; when it ends well, what is left
//! of its connection goes back to the pool.

use super::http1::Left;
use super::instance::{InFlight, Instance};
use crate::worker::Worker;
use http::{Method, StatusCode};
use poundlock_observe::http::{ClientRecord, ErrorType, HttpClientRecorder};
use poundlock_tower::Upstream;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// An exchange in progress.
#[derive(Debug)]
pub(crate) struct Exchange {
    worker: Rc<Worker>,
    in_flight: InFlight,
    start: Instant,
    method: poundlock_observe::http::Method,
    /// `None` until the head of the answer is here.
    status: Option<u16>,
    counted: bool,
    keep: Duration,
}

impl Exchange {
    /// Starts the clock. `keep` is how long the connection may be idle afterwards.
    pub(crate) fn start(worker: Rc<Worker>, in_flight: InFlight, method: &Method, keep: Duration) -> Self {
        let method = poundlock_observe::http::Method::from_bytes(method.as_str().as_bytes());
        Self { worker, in_flight, start: Instant::now(), method, status: None, counted: false, keep }
    }

    /// The head of the answer is here.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.status = Some(status.as_u16());
    }

    /// The answer is complete, and this is left of its connection.
    pub(crate) fn complete(mut self, left: Option<Left>) {
        self.record(None);
        let (worker, instance, keep) = (&self.worker, self.in_flight.instance(), self.keep);
        match left {
            None => {}
            Some(Left::Idle(connection)) => worker.pool.give_back(instance, connection, keep),
            // A client that goes on sending is given as long as an idle connection.
            Some(Left::Unfinished(unfinished)) => {
                let (worker, instance) = (worker.clone(), instance.clone());
                tokio::task::spawn_local(async move {
                    if let Ok(Some(connection)) = tokio::time::timeout(keep, unfinished.finish()).await {
                        worker.pool.give_back(&instance, connection, keep);
                    }
                });
            }
        }
    }

    /// Who answers.
    pub(crate) fn instance(&self) -> &Instance {
        self.in_flight.instance()
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
