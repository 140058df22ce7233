//! The downstream side: listeners and connections of one worker.
//!
//! Main item: [`listen`], which accepts until the gateway closes. A connection is HTTP/1.1 from
//! hyper; TLS and HTTP/2 would come between [`Tap`] and hyper. It knows nothing of what the stack does.

mod activity;
mod connection;
mod roster;
mod scanner;
mod tap;

pub(crate) use activity::{Limits, Ticks};
pub(crate) use roster::Roster;

use crate::worker::{Phase, Worker};
use activity::Activity;
use connection::ConnectionService;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use roster::Order;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tap::Tap;
use tokio::net::{TcpListener, TcpStream};

/// What hyper may read at once from a client, in bytes. Its own limit of 408 KiB makes uploads no
/// cheaper and costs three times the memory; of instances more is read, for that halves the cost of downloads.
const BUFFER_MAX: usize = 128 << 10;
/// How many headers hyper takes when it is not told.
const HYPER_MAX_HEADERS: usize = 100;
/// How long to wait when the process is out of file descriptors.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(50);

/// Accepts on one listener until the gateway closes, then empties the queue of the kernel, so that
/// nobody who has connected is turned away.
pub(crate) async fn listen(worker: Rc<Worker>, listener: TcpListener, index: usize) {
    let mut phase = worker.phase.clone();
    let mut closing = pin!(phase.wait_for(|p| matches!(p, Phase::Closing { .. })));
    loop {
        // At the limit of connections, clients wait in the kernel's queue.
        let next = async {
            let permit = worker.room(index).acquire().await;
            (listener.accept().await, permit)
        };
        tokio::select! {
            biased;
            _ = &mut closing => break,
            (accepted, Ok(permit)) = next => accept(&worker, accepted, index, permit).await,
        }
    }
    let Ok(listener) = listener.into_std() else { return };
    while let Ok((stream, peer)) = listener.accept() {
        let Ok(stream) = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream)) else {
            continue;
        };
        start(&worker, stream, peer, index);
    }
}

async fn accept(
    worker: &Rc<Worker>,
    accepted: io::Result<(TcpStream, SocketAddr)>,
    index: usize,
    permit: tokio::sync::SemaphorePermit<'_>,
) {
    match accepted {
        Ok((stream, peer)) => {
            permit.forget();
            start(worker, stream, peer, index);
        }
        // A client that went away while it waited is no reason to wait; a lack of descriptors is.
        Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
        Err(error) => {
            tracing::error!(%error, "cannot accept connections");
            tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
        }
    }
}

fn start(worker: &Rc<Worker>, stream: TcpStream, peer: SocketAddr, index: usize) {
    let worker = worker.clone();
    tokio::task::spawn_local(async move {
        serve(&worker, stream, peer, index).await;
        worker.room(index).add_permits(1);
    });
}

async fn serve(worker: &Rc<Worker>, stream: TcpStream, peer: SocketAddr, index: usize) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let policy = worker.routing().listeners[index].clone();
    let activity = Arc::new(Activity::new(worker.ticks.clone()));
    let entry = worker.connections.enter(activity.clone(), policy.times);
    let control = entry.control.clone();
    let service = ConnectionService::new(worker.clone(), control.clone(), peer, index);
    let mut http = http1::Builder::new();
    http.max_header_size(policy.max_head_bytes).max_buf_size(policy.max_head_bytes.max(BUFFER_MAX));
    // Naming hyper's own limit makes it fill 100 places for each head it parses.
    if policy.max_headers != HYPER_MAX_HEADERS {
        http.max_headers(policy.max_headers);
    }
    let mut connection =
        pin!(http.serve_connection(TokioIo::new(Tap::new(stream, activity)), service).with_upgrades());
    let ended = poll_fn(|cx| {
        control.listen(cx.waker());
        match control.order() {
            Order::Stay => {}
            Order::Finish => connection.as_mut().graceful_shutdown(),
            Order::Close => return Poll::Ready(Ok(())),
        }
        connection.as_mut().poll(cx)
    });
    if let Err(error) = ended.await {
        worker.connection_failed(&error);
    }
}
