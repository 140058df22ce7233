//! A loopback port nobody else gets: [`Reservation`].
//!
//! A socket that is bound with `SO_REUSEPORT` but does not listen keeps the kernel from handing the port out, neither to
//! another test nor as the local end of an outgoing connection, while a process of ours can still listen on it.
//! It does not know who listens.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

/// Backlog of listeners on a reserved port.
const BACKLOG: i32 = 1024;

/// A port of 127.0.0.1 that stays ours until dropped.
#[derive(Debug)]
pub struct Reservation {
    _socket: Socket,
    /// The reserved address.
    pub address: SocketAddr,
}

impl Reservation {
    /// Reserves a port that the kernel chooses. While nothing listens on it, connections are refused.
    pub fn new() -> Self {
        let socket = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let address =
            socket.local_addr().ok().and_then(|a| a.as_socket()).expect("a bound socket has an address");
        Self { _socket: socket, address }
    }

    /// Starts to listen on the reserved port.
    pub(crate) fn listen(&self) -> TcpListener {
        self.listen_with_backlog(BACKLOG)
    }

    /// Listens with a short queue: with `backlog` 0 and one connection never accepted, further ones get no answer at all.
    pub(crate) fn listen_with_backlog(&self, backlog: i32) -> TcpListener {
        let socket = bound(self.address);
        socket.listen(backlog).expect("a socket bound to a reserved port can listen");
        socket.into()
    }
}

impl Default for Reservation {
    fn default() -> Self {
        Self::new()
    }
}

/// A free loopback address for a process that cannot share a reservation; another one may take it first.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port can be bound");
    listener.local_addr().expect("a bound socket has an address")
}

fn bound(address: SocketAddr) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a TCP socket can be made");
    socket.set_reuse_address(true).expect("SO_REUSEADDR can be set");
    socket.set_reuse_port(true).expect("SO_REUSEPORT can be set");
    socket.bind(&address.into()).expect("a free loopback port can be bound");
    socket
}
