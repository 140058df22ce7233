//! Real peers: nginx and Python's file server behind the gateway, curl in front of it.

use std::net::SocketAddr;
use std::path::Path;

use e2e::{Client, Config, Gateway, RunningTool, Upstream, curl, eventually, free_address, tool};
use tempfile::TempDir;

/// Larger than what curl sends without asking first (`Expect: 100-continue`).
const LARGE: usize = 2 << 20;

fn folder_with(name: &str, content: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join(name), content).expect("a temporary folder can be written");
    folder
}

fn wait_for(address: SocketAddr, server: &RunningTool) {
    eventually(&format!("a server at {address}: {}", server.output()), || Client::try_connect(address).ok());
}

/// nginx that serves `folder` and closes each connection after a few requests, without a word ahead.
fn nginx(folder: &Path) -> Option<(RunningTool, SocketAddr)> {
    let nginx = tool("nginx")?;
    let (address, at) = (free_address(), folder.display());
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {at}/{kind}; "))
        .concat();
    let config = format!(
        "daemon off; master_process off; pid {at}/pid; error_log stderr; events {{}}\n\
         http {{ access_log off; {temporary} keepalive_requests 7; keepalive_timeout 1s; default_type text/plain;\n\
         server {{ listen {address}; root {at}; location /upload {{ client_max_body_size 8m; return 200 done; }} }} }}\n"
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config).expect("a temporary folder can be written");
    let (prefix, file) = (at.to_string(), file.display().to_string());
    let server = nginx.start(&["-p", &prefix, "-c", &file]);
    wait_for(address, &server);
    Some((server, address))
}

#[test]
fn an_nginx_that_closes_connections_fails_no_request() {
    let folder = folder_with("page", "from nginx");
    let Some((_server, address)) = nginx(folder.path()) else { return };
    let gateway = Gateway::run(&["--to", &address.to_string()]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut client = gateway.client();
                for n in 0..250 {
                    assert_eq!(client.get("/page").text(), "from nginx", "GET {n}");
                }
            });
        }
    });
}

#[test]
fn ranges_and_conditions_of_nginx_pass() {
    let folder = folder_with("page", "0123456789");
    let Some((_server, address)) = nginx(folder.path()) else { return };
    let gateway = Gateway::run(&["--to", &address.to_string()]);
    let mut client = gateway.client();
    let part = client.request("GET", "/page", &[("Range", "bytes=2-4")], "");
    assert_eq!(
        (part.status, part.text().as_str(), part.header("content-range")),
        (206, "234", Some("bytes 2-4/10"))
    );
    let tag = part.header("etag").expect("an etag").to_owned();
    assert_eq!(client.request("GET", "/page", &[("If-None-Match", &tag)], "").status, 304);
    assert_eq!(client.request("HEAD", "/page", &[], "").header("content-length"), Some("10"));
    assert_eq!(client.get("/missing").status, 404);
}

#[test]
fn the_file_server_of_python_is_served() {
    let folder = folder_with("page.txt", "from python");
    let Some(python) = tool("python3") else { return };
    let address = free_address();
    let (port, at) = (address.port().to_string(), folder.path().display().to_string());
    let server = python.start(&["-m", "http.server", &port, "--bind", "127.0.0.1", "--directory", &at]);
    wait_for(address, &server);
    let gateway = Gateway::run(&["--to", &address.to_string()]);
    let mut client = gateway.client();
    for _ in 0..20 {
        assert_eq!(client.get("/page.txt").text(), "from python");
    }
}

#[test]
fn curl_speaks_both_versions() {
    let upstream = Upstream::text("here");
    let gateway = Gateway::to(&upstream);
    let url = format!("http://{}/", gateway.public_address());
    for version in ["--http1.1", "--http1.0"] {
        let Some(answer) = curl(&[version, &url, &url]) else { return };
        assert_eq!(answer.matches("\r\n\r\nhere").count(), 2, "{version}: {answer}");
    }
}

#[test]
fn curl_uploads_after_asking() {
    let upstream = Upstream::answering(|request| {
        let length = request.body.bytes.len().to_string();
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{length}", length.len())
    });
    let gateway = Gateway::start(&Config::to(&[&upstream]).listener("max_body = \"8MiB\""));
    let folder = folder_with("large", &"x".repeat(LARGE));
    let file = format!("@{}", folder.path().join("large").display());
    let url = format!("http://{}/upload", gateway.public_address());
    let Some(answer) = curl(&["--data-binary", &file, "--header", "Expect: 100-continue", &url]) else {
        return;
    };
    assert!(answer.ends_with(&format!("\r\n\r\n{LARGE}")), "{answer}");
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n"), "{answer}");
}

#[test]
fn curl_sees_a_refused_upload() {
    let upstream = Upstream::text("never");
    let gateway = Gateway::start(&Config::to(&[&upstream]).listener("max_body = \"1KiB\""));
    let folder = folder_with("large", &"x".repeat(LARGE));
    let file = format!("@{}", folder.path().join("large").display());
    let url = format!("http://{}/upload", gateway.public_address());
    let Some(answer) = curl(&["--data-binary", &file, "--header", "Expect:", &url]) else { return };
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("application/problem+json"), "{answer}");
}
