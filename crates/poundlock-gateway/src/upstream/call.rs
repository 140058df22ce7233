//! One request on its way to an instance, with everything that is tried for it.
//!
//! Main type: [`Call`]. It picks an instance, takes a connection, sends, and decides what a failure
//! means: the next instance, a fresh connection, or a rejection that names the guilty side.

use super::RequestBody;
use super::body::UpstreamBody;
use super::exchange::Exchange;
use super::headers::{self, LastHop, Upgrade};
use super::http1::{Connection, Failure, Head, Incoming, Outgoing};
use super::instance::Instance;
use super::pool::NoConnection;
use super::tunnel;
use crate::routing::Service;
use crate::worker::Worker;
use http::{Method, Request, Response, StatusCode, request};
use poundlock_observe::http::ErrorType;
use poundlock_scale::{Change, Outcome};
use poundlock_tower::{Correlation, Peer, Rejection};
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
    /// Method and extensions; the rest is in `request`.
    head: request::Parts,
    request: Outgoing,
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
        mut request: Request<RequestBody>,
        last_hop: &LastHop,
    ) -> Result<Self, Rejection> {
        let upgrade = hyper::upgrade::on(&mut request);
        let (mut head, body) = request.into_parts();
        let peer = *head.extensions.get::<Peer>().ok_or(Rejection::Internal)?;
        let fallback_host = service.instances.first().map_or("", |i| &*i.label);
        let (asked, lines) = headers::to_upstream(&mut head, &peer, fallback_host, last_hop);
        let upgrade = Some(upgrade).filter(|_| asked == Upgrade::WebSocket);
        service.earn_retry();
        let request = Outgoing::new(&head, &lines, body);
        // The map becomes that of the answer's headers.
        head.headers.clear();
        Ok(Self { worker, service, head, request, upgrade, tried: Vec::new() })
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
        let exchange = Exchange::start(worker.clone(), instance.enter(), &self.head.method, bounds.idle);
        let mut connection = match worker.pool.take(instance, bounds).await {
            Ok(connection) => connection,
            Err(why) => {
                exchange.fail(ErrorType::UpstreamConnect);
                return Attempt::NotSent(why);
            }
        };
        let mut replays = 0;
        loop {
            let failure = match self.send(&mut connection).await {
                Ok(head) => return self.answered(head, connection, exchange),
                Err(failure) => failure,
            };
            // The instance was closing the connection as we wrote to it: that is nobody's
            // failure, so it costs neither an attempt nor the retry budget.
            let stale = connection.reused && matches!(failure, Failure::Closed { begun: false });
            if !(stale && replays < REPLAYS && self.request.rewind()) {
                let rejection = self.rejection(&failure);
                exchange.fail(rejection.error_type().unwrap_or(ErrorType::UpstreamReset));
                return Attempt::Failed(rejection);
            }
            replays += 1;
            connection = match worker.pool.fresh(instance, bounds).await {
                Ok(fresh) => fresh,
                Err(why) => {
                    exchange.fail(ErrorType::UpstreamConnect);
                    return Attempt::NotSent(why);
                }
            };
        }
    }

    async fn send(&mut self, connection: &mut Connection) -> Result<Head, Failure> {
        let to_head = self.head.method == Method::HEAD;
        connection.answer(&mut self.request, to_head, &mut self.head.headers).await
    }

    fn answered(&mut self, head: Head, connection: Box<Connection>, mut exchange: Exchange) -> Attempt {
        if head.status == StatusCode::SWITCHING_PROTOCOLS && !self.may_switch() {
            exchange.fail(ErrorType::UpstreamInvalid);
            return Attempt::Failed(Rejection::UpstreamInvalid(self.service.name.clone()));
        }
        exchange.answered(head.status);
        self.passed(exchange.instance(), Outcome::TrafficOk);
        Attempt::Answered(self.answer(head, connection, exchange))
    }

    fn may_retry(&mut self, rejection: &Rejection, sends: u32) -> bool {
        matches!(rejection, Rejection::UpstreamReset(_))
            && self.request.can_replay()
            && sends < self.service.retry.attempts
            && self.service.retry.methods.contains(&self.head.method)
            && self.service.spend_retry()
            && self.request.rewind()
    }

    /// An instance may not leave HTTP on its own, nor in the middle of a request (RFC 9110 section 7.8).
    fn may_switch(&self) -> bool {
        self.upgrade.is_some() && self.request.is_sent()
    }

    /// Turns the instance's answer into ours.
    fn answer(
        &mut self,
        mut head: Head,
        connection: Box<Connection>,
        exchange: Exchange,
    ) -> Response<UpstreamBody> {
        headers::to_downstream(head.status, &mut head.headers);
        let mut extensions = http::Extensions::new();
        if let Some(reason) = head.reason.take() {
            extensions.insert(reason);
        }
        if self.worker.access_log.is_some() {
            extensions.insert(exchange.note());
        }
        let (status, headers) = (head.status, std::mem::take(&mut head.headers));
        let body = self.body(&head, connection, exchange);
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        *response.extensions_mut() = extensions;
        response
    }

    fn body(&mut self, head: &Head, connection: Box<Connection>, exchange: Exchange) -> UpstreamBody {
        let times = self.service.timeout;
        if head.status != StatusCode::SWITCHING_PROTOCOLS {
            let request = std::mem::take(&mut self.request);
            return UpstreamBody::new(Incoming::new(connection, head, request), exchange, times.idle);
        }
        if let Some(client) = self.upgrade.take() {
            let in_flight = exchange.enter_tunnel();
            tunnel::start(&self.worker, client, connection.into_tunnel(), in_flight, times.upgraded);
        }
        UpstreamBody::none(exchange)
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
    fn rejection(&self, failure: &Failure) -> Rejection {
        let service = self.service.name.clone();
        match failure {
            Failure::Client(broken) => broken.rejection(),
            Failure::Invalid(why) => {
                tracing::debug!(%service, request_id = self.request_id(), %why, "invalid answer");
                Rejection::UpstreamInvalid(service)
            }
            Failure::Closed { .. } => Rejection::UpstreamReset(service),
        }
    }
}
