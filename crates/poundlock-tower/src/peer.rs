//! Who is at the other end of the downstream connection, and whether its headers are believed.
//!
//! Main type: [`Peer`], a request extension that whoever accepts the connection inserts. It does
//! not resolve the client's address: that is a matter of limits.

use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The downstream connection of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The address that connected.
    pub address: SocketAddr,
    /// Whether it is a proxy of ours, whose `X-Request-ID` and `X-Forwarded-*` count.
    pub trusted: bool,
}

/// The networks whose forwarding headers are believed. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// Trusts these networks. An IPv4 network also covers its IPv4-mapped IPv6 addresses.
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self(networks.into_iter().collect())
    }

    /// The peer at this address.
    pub fn peer(&self, address: SocketAddr) -> Peer {
        Peer { address, trusted: self.trusts(address.ip()) }
    }

    pub(crate) fn trusts(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|net| net.contains(&ip))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_network_covers_mapped_addresses() {
        let trusted = TrustedProxies::new(["10.0.0.0/8".parse().unwrap()]);
        for (address, expect) in [("10.1.2.3:1", true), ("[::ffff:10.1.2.3]:1", true), ("11.0.0.1:1", false)]
        {
            assert_eq!(trusted.peer(address.parse().unwrap()).trusted, expect, "{address}");
        }
    }
}
