//! What keys are made of, read from a request head.
//!
//! Main type: [`HeadFacts`]. It does not know limits.

use crate::{Peer, TrustedProxies};
use http::header;
use http::request::Parts;
use poundlock_limit::Facts;
use poundlock_limit::client_ip::{Forwarding, client_ip};
use std::net::IpAddr;

/// A request head as limits see it.
pub(super) struct HeadFacts<'a> {
    head: &'a Parts,
    service: Option<&'a str>,
    address: Option<IpAddr>,
    trusted: bool,
    forwarding: Forwarding,
}

impl<'a> HeadFacts<'a> {
    pub(super) fn new(
        head: &'a Parts,
        service: Option<&'a str>,
        proxies: &TrustedProxies,
        forwarding: Forwarding,
    ) -> Self {
        let peer = peer(head, proxies);
        let address = peer.map(|peer| address(peer, head, proxies, forwarding));
        Self { head, service, address, trusted: peer.is_some_and(|peer| peer.trusted), forwarding }
    }

    /// Whether somebody who is no proxy of ours says whom a request comes from.
    pub(super) fn forwarded_by_stranger(&self) -> bool {
        !self.trusted && self.head.headers.contains_key(name(self.forwarding))
    }

    /// Whether the peer is a proxy of ours, whose headers about the client are believed.
    pub(super) fn trusted(&self) -> bool {
        self.trusted
    }

    pub(super) fn head(&self) -> &'a Parts {
        self.head
    }
}

/// Who is at the other end, as the gateway or axum says.
fn peer(head: &Parts, proxies: &TrustedProxies) -> Option<Peer> {
    let known = head.extensions.get::<Peer>().copied();
    #[cfg(feature = "axum")]
    let known = known.or_else(|| {
        let connection = head.extensions.get::<axum::extract::ConnectInfo<std::net::SocketAddr>>()?;
        Some(proxies.peer(connection.0))
    });
    #[cfg(not(feature = "axum"))]
    let _ = proxies;
    known
}

/// Whom a request comes from; `None` if it came by no connection.
pub(crate) fn client_address(
    head: &Parts,
    proxies: &TrustedProxies,
    forwarding: Forwarding,
) -> Option<IpAddr> {
    peer(head, proxies).map(|peer| address(peer, head, proxies, forwarding))
}

/// The same of a peer that is known.
fn address(peer: Peer, head: &Parts, proxies: &TrustedProxies, forwarding: Forwarding) -> IpAddr {
    if !peer.trusted {
        return peer.address.ip().to_canonical();
    }
    let values = head.headers.get_all(name(forwarding)).iter().map(|value| value.as_bytes());
    client_ip(forwarding, peer.address.ip(), values, |ip| proxies.trusts(ip)).address
}

fn name(forwarding: Forwarding) -> header::HeaderName {
    match forwarding {
        Forwarding::XForwardedFor => header::HeaderName::from_static("x-forwarded-for"),
        Forwarding::Forwarded => header::FORWARDED,
    }
}

impl Facts for HeadFacts<'_> {
    fn ip(&self) -> Option<IpAddr> {
        self.address
    }

    fn header(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.head.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Some(value.as_bytes()),
            _ => None,
        }
    }

    fn cookie(&self, name: &str) -> Option<&[u8]> {
        poundlock_limit::cookie(self.head.headers.get_all(header::COOKIE).iter().map(|v| v.as_bytes()), name)
    }

    fn route(&self) -> Option<&str> {
        self.service
    }

    fn service(&self) -> Option<&str> {
        self.service
    }

    fn method(&self) -> Option<&str> {
        Some(self.head.method.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    #[test]
    fn a_repeated_header_is_nobodys() {
        let mut request = Request::new(());
        request.headers_mut().append("x-key", "a".parse().unwrap());
        request.headers_mut().append("x-key", "b".parse().unwrap());
        let (head, ()) = request.into_parts();
        let facts = HeadFacts::new(&head, None, &TrustedProxies::default(), Forwarding::XForwardedFor);
        assert_eq!((facts.header("x-key"), facts.ip()), (None, None));
    }
}
