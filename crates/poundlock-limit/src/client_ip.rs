//! The address of the client behind proxies, and the network that stands for one subscriber.
//!
//! Main functions: [`client_ip`] and [`network`]. They do not know headers as types nor which proxies are trusted.
//!
//! Each proxy appends the address that it was called from, and anybody can send the header to begin with. So only what was
//! appended by a proxy of ours is worth anything: the walk goes from the right and ends at the first hop that is not ours.
//! The left-most address is whatever the client likes.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

mod parse;

/// How many hops are looked at, from the right.
pub const HOPS_MAX: usize = 64;
/// The prefix of the network that one site gets, which may hold many [`V6_PREFIX`](crate::V6_PREFIX) networks (RFC 6177).
pub const V6_PARENT: u8 = 48;

/// Which header is believed. Only one: a proxy that writes one passes on what a client has sent in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Forwarding {
    /// `X-Forwarded-For: client, proxy1, proxy2`.
    XForwardedFor,
    /// `Forwarded: for=client, for=proxy1;by=…` (RFC 7239).
    Forwarded,
}

/// Where a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientIp {
    /// The client, as far as it is known. IPv4-mapped addresses are IPv4.
    pub address: IpAddr,
    /// Why the walk ended there.
    pub end: WalkEnd,
}

/// Why a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WalkEnd {
    /// At the first hop that is not ours: this is the client.
    Untrusted,
    /// No header, or all hops in it are ours.
    NoMore,
    /// The next hop hides its address (`unknown`, `_name`): the last known one, a proxy of ours, stands for all it serves.
    Hidden,
    /// The next hop is no address. As for `Hidden`.
    Garbage,
    /// [`HOPS_MAX`] hops, all ours.
    TooMany,
}

/// The client of a connection from `peer`: the right-most hop that is not `trusted`. `values` are the values of the header
/// in the order of their lines. From an untrusted peer, the header counts for nothing.
pub fn client_ip<'a>(
    forwarding: Forwarding,
    peer: IpAddr,
    values: impl DoubleEndedIterator<Item = &'a [u8]>,
    trusted: impl Fn(IpAddr) -> bool,
) -> ClientIp {
    let mut address = peer.to_canonical();
    if !trusted(address) {
        return ClientIp { address, end: WalkEnd::Untrusted };
    }
    let hops = values.rev().flat_map(|value| parse::hops(forwarding, value));
    for (seen, hop) in hops.enumerate() {
        if seen == HOPS_MAX {
            return ClientIp { address, end: WalkEnd::TooMany };
        }
        address = match hop {
            parse::Hop::Address(hop) => hop.to_canonical(),
            parse::Hop::Hidden => return ClientIp { address, end: WalkEnd::Hidden },
            parse::Hop::Garbage => return ClientIp { address, end: WalkEnd::Garbage },
        };
        if !trusted(address) {
            return ClientIp { address, end: WalkEnd::Untrusted };
        }
    }
    ClientIp { address, end: WalkEnd::NoMore }
}

/// The network that an address is counted under: an IPv4 address alone, an IPv6 address with all that share its prefix of
/// `v6_prefix` bits (at most 128). An IPv4-mapped address is an IPv4 address.
#[must_use]
pub fn network(address: IpAddr, v6_prefix: u8) -> IpNet {
    match address.to_canonical() {
        IpAddr::V4(address) => IpNet::V4(v4(address)),
        IpAddr::V6(address) => IpNet::V6(v6(address, v6_prefix)),
    }
}

/// The network above an IPv6 address that a looser limit can be put on; IPv4 has none.
#[must_use]
pub fn parent(address: IpAddr) -> Option<IpNet> {
    let network = network(address, V6_PARENT);
    matches!(network, IpNet::V6(_)).then_some(network)
}

fn v4(address: Ipv4Addr) -> Ipv4Net {
    Ipv4Net::from(address)
}

fn v6(address: Ipv6Addr, prefix: u8) -> Ipv6Net {
    Ipv6Net::new(address, prefix.min(128)).expect("at most 128 bits").trunc()
}

#[cfg(test)]
mod tests;
