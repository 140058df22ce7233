//! [`Operations`] as an axum router. It adds no behaviour.

use super::{Operations, PATHS};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;

/// `/health`, `/health/detailed` and `/metrics`, to be merged into an application.
///
/// ```
/// use poundlock_observe::{Registry, health::HealthBoard};
/// use poundlock_tower::{Operations, operations_router};
/// let operations = Operations::new(Registry::new(Default::default()), HealthBoard::new(16).into());
/// let app: axum::Router = axum::Router::new().merge(operations_router(operations));
/// # let _ = app;
/// ```
pub fn operations_router<S: Clone + Send + Sync + 'static>(operations: Operations) -> Router<S> {
    PATHS.iter().fold(Router::new(), |router, path| router.route(path, any(respond))).with_state(operations)
}

async fn respond(State(operations): State<Operations>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    operations.respond(&head).map(Into::into)
}
