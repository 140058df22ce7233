//! One request on its way to an instance, with everything that is tried for it.
//!
//! Main type: [`Call`]. It picks an instance, takes a connection, sends, and decides what a failure
//! means: the next instance, a fresh connection, or a rejection that names the guilty side.

use super::body::{RequestBody, UpstreamBody};
use super::exchange::{Exchange, Sent};
use super::headers::{self, LastHop, Upgrade};
use super::instance::Instance;
use super::pool::{Connection, NoConnection};
use super::tunnel;
use crate::routing::Service;
use crate::worker::Worker;
use http::{Request, Response, request};
use hyper::body::Incoming;
use poundlock_observe::http::ErrorType;
use poundlock_scale::{Change, Outcome};
use poundlock_tower::{BodyError, CappedBody, Correlation, Peer, Rejection};
use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;

/// How many instances are asked for a connection before the service counts as unreachable.
/// Nothing has been sent to those that refuse, so this costs the upstream nothing.
const CONNECT_TRIES: usize = 5;
/// How many used connections may die under one request before that counts as a failure.
const REPLAYS: u32 = 3;

/// One request and everything that is tried for it.
pub(super) struct Call {
    worker: Rc<Worker>,
    service: Arc<Service>,
    head: request::Parts,
    /// Taken by the first attempt that is sent.
    body: Option<RequestBody>,
    upgrade: Option<hyper::upgrade::OnUpgrade>,
    /// Instances that failed this request.
    tried: Vec<u64>,
}

/// What an attempt on one instance came to.
#[expect(
    clippy::large_enum_variant,
    reason = "lives for one match; a box would cost an allocation per request"
)]
enum Attempt {
    Answered(Response<UpstreamBody>),
    /// Nothing was sent: another instance may be asked whatever the method.
    NotSent(NoConnection),
    /// It was sent and failed.
    Failed(Rejection),
}

impl Call {
    /// Prepares the head for the upstream.
    pub(super) fn new(
        worker: Rc<Worker>,
        service: Arc<Service>,
        mut request: Request<CappedBody<Incoming>>,
        last_hop: &LastHop,
    ) -> Result<Self, Rejection> {
        let upgrade = hyper::upgrade::on(&mut request);
        let (mut head, body) = request.into_parts();
        let peer = *head.extensions.get::<Peer>().ok_or(Rejection::Internal)?;
        let fallback_host = service.instances.first().map_or("", |i| &*i.label);
        let upgrade = match headers::to_upstream(&mut head, &peer, fallback_host, last_hop) {
            Upgrade::WebSocket => Some(upgrade),
            Upgrade::No => None,
        };
        service.earn_retry();
        Ok(Self { worker, service, head, body: Some(RequestBody::new(body)), upgrade, tried: Vec::new() })
    }

    /// Tries until there is an answer or nothing more to try.
    pub(super) async fn run(mut self) -> Result<Response<UpstreamBody>, Rejection> {
        let (mut connects, mut sends) = (0, 0);
        loop {
            let instance = self.pick().ok_or_else(|| Rejection::NoInstance(self.service.name.clone()))?;
            match self.attempt(&instance).await {
                Attempt::Answered(response) => return Ok(response),
                Attempt::NotSent(why) => {
                    connects += 1;
                    let rejection = self.no_connection(&instance, why);
                    if connects >= CONNECT_TRIES || !self.another_than(&instance) {
                        return Err(rejection);
                    }
                }
                Attempt::Failed(rejection) => {
                    sends += 1;
                    self.warn(&instance, &rejection);
                    if !self.may_retry(&rejection, sends) {
                        return Err(rejection);
                    }
                    self.another_than(&instance);
                }
            }
        }
    }

    /// Excludes an instance from the next pick; false when no other is left.
    fn another_than(&mut self, instance: &Instance) -> bool {
        self.tried.push(instance.id);
        self.service.instances.iter().any(|i| !self.tried.contains(&i.id))
    }

    /// An instance that is up and untried; when there is none, any untried one; then any.
    fn pick(&self) -> Option<Arc<Instance>> {
        let all = &self.service.instances;
        let random = fastrand::u64(..);
        let load = |may: &dyn Fn(&Instance) -> bool| {
            poundlock_scale::p2c(all.len(), random, |i| may(&all[i]).then(|| all[i].in_flight()))
        };
        // If everything is down, trying is better than refusing: probes may be wrong or late.
        load(&|i| i.health().is_up() && !self.tried.contains(&i.id))
            .or_else(|| load(&|i| !self.tried.contains(&i.id)))
            .or_else(|| load(&|_| true))
            .map(|i| all[i].clone())
    }

    async fn attempt(&mut self, instance: &Arc<Instance>) -> Attempt {
        let worker = self.worker.clone();
        let bounds = self.service.bounds;
        let mut exchange = Exchange::start(worker.clone(), instance.enter(), &self.head.method, bounds.idle);
        let mut connection = match worker.pool.take(instance, bounds).await {
            Ok(connection) => connection,
            Err(why) => {
                exchange.fail(ErrorType::UpstreamConnect);
                return Attempt::NotSent(why);
            }
        };
        let mut replays = 0;
        loop {
            let reused = connection.reused;
            let sent = Sent::of(self.body.as_ref().unwrap_or(&RequestBody::Empty));
            match self.send(&mut connection).await {
                Ok(response) if self.is_unasked_upgrade(&response) => {
                    exchange.fail(ErrorType::UpstreamInvalid);
                    return Attempt::Failed(Rejection::UpstreamInvalid(self.service.name.clone()));
                }
                Ok(response) => {
                    exchange.answered(response.status(), connection, sent);
                    self.passed(instance, Outcome::TrafficOk);
                    return Attempt::Answered(self.answer(response, exchange));
                }
                // The instance was closing the connection as we wrote to it: that is nobody's
                // failure, so it costs neither an attempt nor the retry budget.
                Err(_) if reused && replays < REPLAYS && self.can_replay() => {
                    replays += 1;
                    match worker.pool.fresh(instance, bounds).await {
                        Ok(fresh) => connection = fresh,
                        Err(why) => {
                            exchange.fail(ErrorType::UpstreamConnect);
                            return Attempt::NotSent(why);
                        }
                    }
                }
                Err(error) => {
                    let rejection = self.rejection(&error);
                    exchange.fail(rejection.error_type().unwrap_or(ErrorType::UpstreamReset));
                    return Attempt::Failed(rejection);
                }
            }
        }
    }

    /// Sends what is still there to send. What never left comes back, to be sent again.
    async fn send(&mut self, connection: &mut Connection) -> Result<Response<Incoming>, hyper::Error> {
        let body = self.body.take().unwrap_or(RequestBody::Empty);
        // Only a request that may be sent twice is worth a copy of its head.
        let replayable = matches!(body, RequestBody::Empty) && self.head.method.is_safe();
        let mut request = Request::new(body);
        *request.method_mut() = self.head.method.clone();
        *request.uri_mut() = self.head.uri.clone();
        *request.headers_mut() = match replayable {
            true => self.head.headers.clone(),
            false => std::mem::take(&mut self.head.headers),
        };
        match connection.sender.try_send_request(request).await {
            Ok(response) => Ok(response),
            Err(mut failure) => {
                if let Some(unsent) = failure.take_message() {
                    let (head, body) = unsent.into_parts();
                    (self.head.headers, self.body) = (head.headers, Some(body));
                } else if replayable {
                    self.body = Some(RequestBody::Empty);
                }
                Err(failure.into_error())
            }
        }
    }

    /// Whether all of the request is still here and may be sent (again).
    fn can_replay(&self) -> bool {
        self.body.is_some()
    }

    fn may_retry(&self, rejection: &Rejection, sends: u32) -> bool {
        matches!(rejection, Rejection::UpstreamReset(_))
            && self.can_replay()
            && sends < self.service.retry.attempts
            && self.service.retry.methods.contains(&self.head.method)
            && self.service.spend_retry()
    }

    /// An instance may not leave HTTP on its own (RFC 9110 section 7.8).
    fn is_unasked_upgrade(&self, response: &Response<Incoming>) -> bool {
        response.status() == http::StatusCode::SWITCHING_PROTOCOLS && self.upgrade.is_none()
    }

    /// Turns the instance's answer into ours.
    fn answer(&mut self, mut response: Response<Incoming>, exchange: Exchange) -> Response<UpstreamBody> {
        let switched = response.status() == http::StatusCode::SWITCHING_PROTOCOLS;
        let theirs = switched.then(|| hyper::upgrade::on(&mut response));
        let (mut head, body) = response.into_parts();
        headers::to_downstream(&mut head);
        self.note(&mut head, &exchange);
        if let (Some(theirs), Some(ours)) = (theirs, self.upgrade.take()) {
            let in_flight = exchange.enter_tunnel();
            tunnel::start(&self.worker, ours, theirs, in_flight, self.service.timeout.upgraded);
        }
        let body = UpstreamBody::new(body, exchange, self.service.timeout.idle);
        Response::from_parts(head, body)
    }

    /// Leaves a note for the access log, where there is one.
    fn note(&self, head: &mut http::response::Parts, exchange: &Exchange) {
        if self.worker.access_log.is_some() {
            head.extensions.insert(exchange.note());
        }
    }

    fn passed(&self, instance: &Instance, outcome: Outcome) {
        if let Some(Change::WentDown) = instance.observe(outcome) {
            tracing::warn!(service = %self.service.name, instance = %instance.label,
                "instance is down: requests to it failed");
        }
    }

    fn no_connection(&self, instance: &Instance, why: NoConnection) -> Rejection {
        match why {
            NoConnection::Connect(error) => {
                self.failed(instance, &format_args!("cannot connect: {error}"));
                Rejection::UpstreamConnect(self.service.name.clone())
            }
            NoConnection::Busy => Rejection::UpstreamBusy(self.service.name.clone()),
        }
    }

    fn warn(&self, instance: &Instance, rejection: &Rejection) {
        if matches!(rejection, Rejection::UpstreamReset(_) | Rejection::UpstreamInvalid(_)) {
            self.failed(instance, &rejection.slug());
        }
    }

    /// Tells the log and the instance's health. Once it is known to be down, only those who want
    /// to see everything are told of each request: an outage must not fill a disk.
    fn failed(&self, instance: &Instance, why: &dyn std::fmt::Display) {
        let (service, request_id) = (&self.service.name, self.request_id());
        if instance.health().is_up() {
            tracing::warn!(%service, instance = %instance.label, request_id, %why, "request to instance failed");
        } else {
            tracing::debug!(%service, instance = %instance.label, request_id, %why, "request to instance failed");
        }
        self.passed(instance, Outcome::TrafficFailed);
    }

    fn request_id(&self) -> &str {
        self.head.extensions.get::<Correlation>().map_or("", Correlation::request_id)
    }

    /// Who broke the exchange: the client whose body we were sending, or the instance.
    fn rejection(&self, error: &hyper::Error) -> Rejection {
        let mut cause = error.source();
        while let Some(error) = cause {
            match error.downcast_ref::<BodyError>() {
                Some(broken) => return broken.rejection(),
                None => cause = error.source(),
            }
        }
        let service = self.service.name.clone();
        if error.is_parse() { Rejection::UpstreamInvalid(service) } else { Rejection::UpstreamReset(service) }
    }
}
