//! Routes of an axum application, by the template that matched.
//!
//! Main type: [`ByMatchedPath`]. It never uses the path a client sent: a template is one of the
//! closed set that the application wrote.

use super::Classify;
use arc_swap::ArcSwap;
use axum::extract::MatchedPath;
use http::Request;
use poundlock_observe::http::{HttpMetrics, RouteId, Scheme};
use std::collections::HashMap;
use std::sync::Arc;

/// Templates remembered. An application has fewer; beyond, each request takes the lock of the metrics.
const MAX_TEMPLATES: usize = 4_096;

/// The route of a request whose path matches no template.
const UNMATCHED: &str = "_unmatched";

/// Counts requests under axum's [`MatchedPath`], such as `/orders/{id}`. Cheap to clone; all clones
/// share what they have learned.
///
/// Order: in a `Router::layer`, which runs after routing and so after the template is known; around
/// the whole router it would find none. What comes through the fallback or a `nest_service` has no
/// template either and is counted as `_unmatched`.
///
/// ```
/// use poundlock_observe::http::{HttpMetrics, Scheme};
/// use poundlock_tower::{ByMatchedPath, ObserveLayer};
/// let metrics = HttpMetrics::new(Default::default());
/// let layer = ObserveLayer::new(metrics.shared(), ByMatchedPath::new(metrics, Scheme::Http));
/// # let _ = layer;
/// ```
#[derive(Clone)]
pub struct ByMatchedPath {
    shared: Arc<Shared>,
}

struct Shared {
    metrics: HttpMetrics,
    scheme: Scheme,
    unmatched: Arc<str>,
    // Written once a template, read on every request.
    known: ArcSwap<HashMap<Arc<str>, RouteId>>,
}

impl ByMatchedPath {
    /// Registers templates in these metrics when they are first met; `scheme` is how clients reach
    /// the application.
    pub fn new(metrics: HttpMetrics, scheme: Scheme) -> Self {
        let shared = Shared { metrics, scheme, unmatched: UNMATCHED.into(), known: ArcSwap::default() };
        Self { shared: Arc::new(shared) }
    }
}

impl Classify for ByMatchedPath {
    fn route<B>(&self, request: &Request<B>) -> RouteId {
        let Some(template) = template(request) else {
            return RouteId::unmatched(self.shared.scheme);
        };
        let known = self.shared.known.load().get(template).copied();
        known.unwrap_or_else(|| self.shared.learn(template))
    }

    fn name<B>(&self, request: &Request<B>) -> Arc<str> {
        let Some(template) = template(request) else {
            return self.shared.unmatched.clone();
        };
        let known = self.shared.known.load().get_key_value(template).map(|(name, _)| name.clone());
        known.unwrap_or_else(|| template.into())
    }
}

impl Shared {
    #[cold]
    fn learn(&self, template: &str) -> RouteId {
        let route = self.metrics.route(template, self.scheme);
        self.known.rcu(|known| {
            let mut known = HashMap::clone(known);
            if known.len() < MAX_TEMPLATES {
                known.insert(template.into(), route);
            }
            known
        });
        route
    }
}

fn template<B>(request: &Request<B>) -> Option<&str> {
    request.extensions().get().map(MatchedPath::as_str)
}
