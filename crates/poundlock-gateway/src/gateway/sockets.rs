//! Opens the listening sockets: one for each worker and listener, all workers on the same addresses.
//!
//! Main item: [`bind_all`]. The kernel spreads connections over sockets with `SO_REUSEPORT`, and a
//! second gateway may join them: that is how a new version takes over without a gap.

use crate::config::Config;
use anyhow::{Context, Result};
use socket2::{Domain, Protocol, Socket, Type};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

/// Connections that may wait to be accepted, for each socket; the kernel caps it at `somaxconn`.
const BACKLOG: i32 = 4096;
/// When the kernel begins to ask whether a silent client is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// The public sockets.
pub(super) struct Sockets {
    /// For each worker, one for each listener.
    pub(super) by_worker: Vec<Vec<TcpListener>>,
    /// As bound, with the ports that the kernel chose.
    pub(super) addresses: Vec<SocketAddr>,
}

/// Binds every listener once for each worker.
pub(super) fn bind_all(config: &Config) -> Result<Sockets> {
    let mut sockets =
        Sockets { by_worker: (0..config.workers).map(|_| Vec::new()).collect(), addresses: Vec::new() };
    for listener in &config.listeners {
        let mut address = listener.address;
        for worker in &mut sockets.by_worker {
            let socket = bind(address, Share::WithOthers)
                .with_context(|| taken(address, "listen", &format!("listen.{}.address", listener.name)))?;
            address = socket.local_addr().context("cannot read the address of a socket")?;
            worker.push(socket);
        }
        sockets.addresses.push(address);
    }
    Ok(sockets)
}

/// Binds the admin listener, which nobody may share.
pub(super) fn bind_admin(address: SocketAddr) -> Result<TcpListener> {
    bind(address, Share::Alone).with_context(|| taken(address, "admin", "admin.address"))
}

fn taken(address: SocketAddr, flag: &str, key: &str) -> String {
    format!("cannot listen on {address}: choose another address with --{flag} or `{key}`")
}

enum Share {
    Alone,
    WithOthers,
}

fn bind(address: SocketAddr, share: Share) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(matches!(share, Share::WithOthers))?;
    // Accepted connections inherit this.
    socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(KEEPALIVE))?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
