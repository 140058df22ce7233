//! One probe of one instance: a TCP connection, or a GET that must be answered with 2xx or 3xx.
//!
//! Main item: [`ask`]. It judges nothing but this one answer.

use crate::config::HealthCheck;
use crate::upstream::Instance;
use bytes::Bytes;
use http::{Request, header};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Asks once; the error says why it is not well. The caller bounds the time.
pub(super) async fn ask(instance: &Instance, check: &HealthCheck) -> Result<(), String> {
    let stream = TcpStream::connect(instance.address).await.map_err(|e| format!("cannot connect: {e}"))?;
    match &check.path {
        Some(path) => get(stream, path, &instance.label).await,
        None => Ok(()),
    }
}

async fn get(stream: TcpStream, path: &str, host: &str) -> Result<(), String> {
    let failed = |e: hyper::Error| format!("GET {path}: {e}");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let request = Request::get(path)
        .header(header::HOST, host)
        .header(header::USER_AGENT, concat!("poundlock-health/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|e| format!("GET {path}: {e}"))?;
    let response = async {
        let driver = connection;
        tokio::pin!(driver);
        let send = sender.send_request(request);
        tokio::pin!(send);
        tokio::select! {
            response = &mut send => response,
            ended = &mut driver => match ended {
                Ok(()) => send.await,
                Err(error) => Err(error),
            },
        }
    };
    let status = response.await.map_err(failed)?.status();
    if status.is_success() || status.is_redirection() { Ok(()) } else { Err(format!("GET {path}: {status}")) }
}
