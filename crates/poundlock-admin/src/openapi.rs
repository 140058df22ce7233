//! The OpenAPI description, generated from the handlers.
//!
//! Main item: [`document`]. Probes and metrics are added by hand: one function answers all of them.

use serde_json::{Value, json};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "Poundlock admin API", description = "What is running, and calls that change it."),
    paths(
        crate::status,
        crate::reload,
        crate::document,
        crate::limits::list,
        crate::limits::keys,
        crate::limits::show,
        crate::limits::reset,
        crate::limits::grant,
        crate::limits::ban,
        crate::limits::unban,
        crate::limits::check,
        crate::shield::state,
        crate::shield::findings,
        crate::shield::scan,
    ),
    components(schemas(
        crate::Status,
        crate::Reloaded,
        crate::ConfigProblem,
        crate::limits::Limits,
        crate::limits::Keys,
        crate::limits::KeyState,
        crate::limits::Check,
        crate::limits::Checked,
        crate::limits::GrantCall,
        crate::limits::BanCall,
        crate::shield::ShieldState,
        crate::shield::Recent,
        crate::shield::ScanCall,
        crate::shield::RequestCall,
        crate::shield::Scanned,
    ))
)]
struct Api;

/// The description of every path.
pub(crate) fn document() -> Value {
    let mut document = serde_json::to_value(Api::openapi()).unwrap_or_default();
    document["components"]["securitySchemes"] = json!({
        "token": { "type": "http", "scheme": "bearer", "description": "The content of `admin.token` in the state folder." }
    });
    for (path, summary, media_type) in PROBES {
        let answer = |description| json!({ "description": description, "content": { media_type: {} } });
        let mut get = json!({ "summary": summary, "responses": { "200": answer("Well") } });
        if path.starts_with("/health/") {
            get["responses"]["503"] = answer("Not well");
        }
        if path.contains("{name}") {
            get["parameters"] =
                json!([{ "name": "name", "in": "path", "required": true, "schema": { "type": "string" } }]);
            get["responses"]["404"] =
                json!({ "description": "No such component", "content": { "application/problem+json": {} } });
        }
        document["paths"][path] = json!({ "get": get });
    }
    document
}

const HEALTH: &str = "application/health+json";

const PROBES: [(&str, &str, &str); 6] = [
    ("/health", "Liveness: the process alone", HEALTH),
    ("/health/startup", "Whether the start is over", HEALTH),
    ("/health/ready", "Whether to send traffic", HEALTH),
    ("/health/detailed", "Every component", HEALTH),
    ("/health/components/{name}", "One component", HEALTH),
    ("/metrics", "Prometheus text, OpenMetrics or protobuf, by Accept", "text/plain"),
];
