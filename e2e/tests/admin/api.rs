//! The API: described by its own document, read by anyone on the machine, changed only with the token.

use std::os::unix::fs::PermissionsExt;

use e2e::{Gateway, Upstream};

const RELOAD: &str = "/api/v1/reload";

fn gateway() -> (Upstream, Gateway) {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start(&e2e::Config::to(&[&upstream]));
    (upstream, gateway)
}

#[test]
fn the_document_lists_what_is_served() {
    let (_upstream, gateway) = gateway();
    let answer = gateway.admin_get("/api/v1/openapi.json");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let document = answer.json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")), "{document}");
    for (path, method) in [
        ("/health", "get"),
        ("/health/startup", "get"),
        ("/health/ready", "get"),
        ("/health/detailed", "get"),
        ("/metrics", "get"),
        ("/api/v1/status", "get"),
        ("/api/v1/openapi.json", "get"),
        (RELOAD, "post"),
    ] {
        assert!(document["paths"][path][method].is_object(), "{method} {path} is not described");
    }
}

#[test]
fn everything_described_is_there() {
    let (_upstream, gateway) = gateway();
    let document = gateway.admin_get("/api/v1/openapi.json").json();
    let paths = document["paths"].as_object().expect("paths");
    for (path, operations) in paths {
        let get = &operations["get"];
        if !get.is_object() || path.contains('{') {
            continue;
        }
        assert_eq!(gateway.change("GET", path, "").status, 200, "{path}");
        let without_token = if get["security"].is_array() { 401 } else { 200 };
        assert_eq!(gateway.admin_get(path).status, without_token, "{path}");
    }
}

#[test]
fn the_status_names_version_and_services() {
    let (_upstream, gateway) = gateway();
    let answer = gateway.admin_get("/api/v1/status");
    assert_eq!(answer.status, 200);
    let status = answer.text();
    assert!(status.contains("\"version\"") && status.contains("\"api\""), "{status}");
}

#[test]
fn a_change_needs_the_token() {
    let (_upstream, gateway) = gateway();
    let token = gateway.token();
    for authorization in ["", "Bearer ", "Bearer wrong", "Basic eDp5", &format!("Bearer {token}x"), &token] {
        let headers = [("Authorization", authorization)];
        let headers = if authorization.is_empty() { &[][..] } else { &headers[..] };
        let answer = gateway.admin("POST", RELOAD, headers);
        assert_eq!((answer.status, &answer.problem()["status"]), (401, &401.into()), "{authorization:?}");
        assert!(answer.header("www-authenticate").is_some_and(|v| v.starts_with("Bearer")), "{answer:?}");
    }
    let right = gateway.admin("POST", RELOAD, &[("Authorization", &format!("Bearer {token}"))]);
    assert_eq!(right.status, 200, "{right:?}");
}

#[test]
fn the_token_is_for_its_owner_only() {
    let (_upstream, gateway) = gateway();
    let mode = std::fs::metadata(gateway.token_file()).expect("the token file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(gateway.token().len() >= 32, "a short token can be guessed");
}

#[test]
fn the_token_survives_a_restart() {
    let (upstream, mut gateway) = gateway();
    let token = gateway.token();
    gateway.restart(&e2e::Config::to(&[&upstream]));
    assert_eq!(gateway.token(), token);
}

#[test]
fn wrong_methods_and_paths_are_problems() {
    let (_upstream, gateway) = gateway();
    let answer = gateway.admin("DELETE", "/health", &[]);
    assert_eq!((answer.status, &answer.problem()["status"]), (405, &405.into()));
    assert!(answer.header("allow").is_some_and(|allow| allow.contains("GET")), "{answer:?}");
    let answer = gateway.admin("GET", RELOAD, &[]);
    assert_eq!(answer.status, 405);
    for path in ["/nowhere", "/api/v1/nowhere", "/health/nowhere"] {
        let answer = gateway.admin_get(path);
        assert_eq!((answer.status, &answer.problem()["status"]), (404, &404.into()), "{path}");
    }
}

#[test]
fn a_page_elsewhere_cannot_use_a_browser_against_it() {
    let (_upstream, gateway) = gateway();
    let answer = gateway.admin("GET", "/api/v1/status", &[("Origin", "http://evil.example")]);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let bearer = format!("Bearer {}", gateway.token());
    let mut client = e2e::Client::connect(gateway.admin_address());
    client.send(format!("POST {RELOAD} HTTP/1.1\r\nHost: evil.example\r\nAuthorization: {bearer}x\r\nContent-Length: 0\r\n\r\n"));
    assert!(matches!(client.receive().status, 401 | 403 | 421));
}

#[test]
fn the_api_is_not_on_the_public_listener() {
    let (upstream, gateway) = gateway();
    for path in ["/api/v1/status", "/metrics", "/health"] {
        assert_eq!(gateway.get(path).text(), "ok", "{path}");
    }
    assert_eq!(upstream.seen().len(), 3);
}
