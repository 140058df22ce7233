//! Health and metrics over HTTP, for the admin listener, public listeners with `ops`, and axum apps.
//!
//! Main type: [`Operations`]. It shows what others have measured and probes nothing itself: a
//! request to it costs the same whatever the state of the world.

#[cfg(feature = "axum")]
mod axum;

#[cfg(feature = "axum")]
pub use axum::operations_router;

use crate::{Correlation, Rejection};
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};
use poundlock_observe::health::{HealthBoard, HealthReport, Moment, Readiness, Status};
use poundlock_observe::{Format, Registry};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The paths an [`Operations`] answers on a public listener or in an application.
pub const PATHS: [&str; 3] = ["/health", "/health/detailed", "/metrics"];

/// Called before each scrape, so that sampled metrics are fresh.
type BeforeScrape = Arc<dyn Fn() + Send + Sync>;

/// How far a process is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// Not serving yet.
    Starting,
    /// Serving.
    Started,
    /// On its way out: still serving, but balancers should send nothing new.
    Draining,
}

/// Answers probes and scrapes. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Operations {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Registry,
    board: Arc<HealthBoard>,
    lifecycle: AtomicU8,
    started: Instant,
    before_scrape: Option<BeforeScrape>,
    metrics: Metrics,
}

/// Whether `/metrics` is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metrics {
    /// It is.
    Exposed,
    /// It is a 404.
    Hidden,
}

impl Operations {
    /// Shows this registry and these components; the life begins as [`Lifecycle::Starting`].
    pub fn new(registry: Registry, board: Arc<HealthBoard>) -> Self {
        Self::with(registry, board, Metrics::Exposed, None)
    }

    /// Also decides whether metrics are shown, and calls `before_scrape` before each scrape.
    pub fn with(
        registry: Registry,
        board: Arc<HealthBoard>,
        metrics: Metrics,
        before_scrape: Option<BeforeScrape>,
    ) -> Self {
        let lifecycle = AtomicU8::new(Lifecycle::Starting as u8);
        let inner = Inner { registry, board, lifecycle, started: Instant::now(), before_scrape, metrics };
        Self { inner: Arc::new(inner) }
    }

    /// Moves on in life.
    pub fn enter(&self, lifecycle: Lifecycle) {
        self.inner.lifecycle.store(lifecycle as u8, Ordering::Relaxed);
    }

    /// Where in life the process is.
    pub fn lifecycle(&self) -> Lifecycle {
        match self.inner.lifecycle.load(Ordering::Relaxed) {
            0 => Lifecycle::Starting,
            1 => Lifecycle::Started,
            _ => Lifecycle::Draining,
        }
    }

    /// The metrics that are shown.
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// The components that are shown.
    pub fn board(&self) -> &Arc<HealthBoard> {
        &self.inner.board
    }

    /// The present, on the clocks of the board.
    pub fn now(&self) -> Moment {
        Moment {
            steady: self.inner.started.elapsed(),
            unix: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        }
    }

    /// Answers a request for one of our paths: `/health`, `/health/startup`, `/health/ready`,
    /// `/health/detailed`, `/health/components/{name}` and `/metrics`. Only GET and HEAD are served.
    pub fn respond(&self, head: &Parts) -> Response<Bytes> {
        let refuse = |rejection: Rejection| {
            let id = head.extensions.get::<Correlation>().map(Correlation::request_id);
            rejection.to_response(id)
        };
        if head.method != Method::GET && head.method != Method::HEAD {
            return refuse(Rejection::MethodNotAllowed("GET, HEAD"));
        }
        match head.uri.path() {
            "/health" => health(Status::Pass, json!({ "status": "pass" })),
            "/health/startup" => self.startup(),
            "/health/ready" => self.ready(),
            "/health/detailed" => self.detailed(),
            "/metrics" if self.inner.metrics == Metrics::Exposed => self.metrics(head),
            path => match path.strip_prefix("/health/components/") {
                Some(name) => self.component(name).unwrap_or_else(|| refuse(Rejection::NoComponent)),
                None => refuse(Rejection::NoPage),
            },
        }
    }

    fn startup(&self) -> Response<Bytes> {
        match self.lifecycle() {
            Lifecycle::Starting => health(Status::Fail, json!({ "status": "fail", "output": "starting" })),
            _ => health(Status::Pass, json!({ "status": "pass" })),
        }
    }

    fn ready(&self) -> Response<Bytes> {
        let output = match (self.lifecycle(), self.inner.board.ready()) {
            (Lifecycle::Starting, _) => "starting".to_owned(),
            (Lifecycle::Draining, _) => "draining".to_owned(),
            (_, Readiness::NotReady(names)) => format!("failing: {}", names.join(", ")),
            (_, Readiness::Ready) => return health(Status::Pass, json!({ "status": "pass" })),
        };
        health(Status::Fail, json!({ "status": "fail", "output": output }))
    }

    fn detailed(&self) -> Response<Bytes> {
        let report = self.inner.board.report(self.now());
        let body = serde_json::to_value(&report).unwrap_or(Value::Null);
        health(report.status, body)
    }

    fn component(&self, name: &str) -> Option<Response<Bytes>> {
        let report = self.inner.board.report(self.now());
        let check = report.component(name)?;
        Some(health(check.status, serde_json::to_value(check).unwrap_or(Value::Null)))
    }

    fn metrics(&self, head: &Parts) -> Response<Bytes> {
        if let Some(sample) = &self.inner.before_scrape {
            sample();
        }
        let accept = head.headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
        let format = Format::negotiate(accept);
        let mut response = Response::new(Bytes::from(self.inner.registry.render(format)));
        let content_type = HeaderValue::from_static(format.content_type());
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
        response
    }
}

fn health(status: Status, body: Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status.http_status()).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(HealthReport::CONTENT_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use poundlock_observe::health::{ComponentSpec, Outcome, Thresholds};
    use std::time::Duration;

    fn operations() -> Operations {
        Operations::new(Registry::new(Default::default()), Arc::new(HealthBoard::new(8)))
    }

    fn check(operations: &Operations, path: &str, status: u16) -> String {
        let (head, ()) = http::Request::builder().uri(path).body(()).unwrap().into_parts();
        let response = operations.respond(&head);
        assert_eq!(response.status(), status, "{path}");
        String::from_utf8(response.into_body().to_vec()).unwrap()
    }

    #[test]
    fn readiness_follows_the_life_and_liveness_does_not() {
        let operations = operations();
        for (lifecycle, startup, ready) in
            [(Lifecycle::Starting, 503, 503), (Lifecycle::Started, 200, 200), (Lifecycle::Draining, 200, 503)]
        {
            operations.enter(lifecycle);
            check(&operations, "/health", 200);
            check(&operations, "/health/startup", startup);
            check(&operations, "/health/ready", ready);
        }
    }

    #[test]
    fn a_failing_critical_component_takes_readiness_and_the_report_but_not_liveness() {
        let operations = operations();
        operations.enter(Lifecycle::Started);
        let spec = ComponentSpec {
            name: "db".into(),
            measurement: "responseTime".into(),
            component_type: "datastore".into(),
            critical: true,
            thresholds: Thresholds { down_after: 1, ..Thresholds::default() },
        };
        let id = operations.board().add(spec).unwrap();
        operations.board().observe(id, Outcome::fail(Duration::ZERO, "refused"), operations.now());
        check(&operations, "/health", 200);
        assert!(check(&operations, "/health/ready", 503).contains("db"));
        assert!(check(&operations, "/health/detailed", 503).contains("db:responseTime"));
        assert!(check(&operations, "/health/components/db", 503).contains("refused"));
        check(&operations, "/health/components/none", 404);
    }

    #[test]
    fn metrics_can_be_hidden() {
        let board = Arc::new(HealthBoard::new(8));
        let registry = Registry::new(Default::default());
        check(&Operations::with(registry.clone(), board.clone(), Metrics::Hidden, None), "/metrics", 404);
        check(&Operations::new(registry, board), "/metrics", 200);
    }
}
