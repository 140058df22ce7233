//! Checks listeners, each alone and all together.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::Report;
use crate::config::checked::{Forwarding, HeadLimits, Listener};
use crate::config::raw::{RawForwarding, RawListener};
use crate::config::values::{self, Mistake};

/// Smallest and largest bound on a request head, in bytes. hyper reads with a buffer of at least 8 KiB; each
/// connection may hold the bound in memory.
const HEAD_BYTES: std::ops::RangeInclusive<u64> = 8 << 10..=1 << 20;

/// Longest extra method, in bytes; the longest registered one has 17.
const MAX_METHOD: usize = 32;

pub(super) fn check(raw: &BTreeMap<String, RawListener>, report: &mut Report<'_>) -> Option<Vec<Listener>> {
    let listeners: Vec<_> = raw.iter().filter_map(|(name, raw)| listener(name, raw, report)).collect();
    (listeners.len() == raw.len()).then_some(listeners)
}

fn listener(name: &str, raw: &RawListener, report: &mut Report<'_>) -> Option<Listener> {
    let at = |key: &str| format!("listen.{name}.{key}");
    let address = report.read(at("address"), &raw.address, values::listen_address);
    let trusted_proxies = report.read_all(&at("trusted_proxies"), &raw.trusted_proxies, values::network);
    let head_timeout = report.read(at("head_timeout"), &raw.head_timeout, values::timeout);
    let idle_timeout = report.read(at("idle_timeout"), &raw.idle_timeout, values::timeout);
    let max_head = report.read(at("max_head"), &raw.max_head, head_size);
    let max_body = report.read(at("max_body"), &raw.max_body, values::body_size);
    let extra_methods = report.read_all(&at("extra_methods"), &raw.extra_methods, method);
    if let Some(everybody) = trusted_proxies.iter().flatten().position(|network| network.prefix_len() == 0) {
        report.warn(
            format!("{}[{everybody}]", at("trusted_proxies")),
            "every client can claim any address",
            "this network holds all addresses",
            "name the networks of your own proxies",
        );
    }
    Some(Listener {
        name: name.to_owned(),
        address: address?,
        trusted_proxies: trusted_proxies?,
        forwarding: match raw.forwarding {
            RawForwarding::XForwardedFor => Forwarding::XForwardedFor,
            RawForwarding::Forwarded => Forwarding::Forwarded,
        },
        ops: raw.ops,
        max_connections: raw.max_connections as usize,
        limits: HeadLimits {
            head_timeout: head_timeout?,
            idle_timeout: idle_timeout?,
            max_head_bytes: max_head?,
            max_headers: raw.max_headers as usize,
        },
        max_body: max_body?,
        extra_methods: extra_methods?,
    })
}

fn head_size(text: &str) -> Result<usize, Mistake> {
    let size = values::size(text)?;
    let in_range = HEAD_BYTES.contains(&size).then_some(size).and_then(|size| usize::try_from(size).ok());
    in_range.ok_or_else(|| Mistake {
        message: "size out of range".to_owned(),
        label: "expected 8KiB to 1MiB".to_owned(),
        help: None,
    })
}

fn method(text: &str) -> Result<String, Mistake> {
    if text.len() <= MAX_METHOD && http::Method::from_bytes(text.as_bytes()).is_ok() {
        return Ok(text.to_owned());
    }
    Err(Mistake {
        message: "malformed method".to_owned(),
        label: format!("expected at most {MAX_METHOD} letters, digits or marks such as `-`"),
        help: None,
    })
}

/// No two listeners, the admin one included, may want the same port of the same address.
pub(super) fn check_distinct(listeners: &[Listener], admin: SocketAddr, report: &mut Report<'_>) {
    let mut taken = vec![("admin".to_owned(), admin)];
    for listener in listeners {
        let path = format!("listen.{}", listener.name);
        if let Some((other, address)) = taken.iter().find(|(_, taken)| overlap(*taken, listener.address)) {
            report.error(
                format!("{path}.address"),
                format!("`{path}` and `{other}` both want port {}", address.port()),
                &format!("taken by `{other}` on {address}"),
                "give one of them another port",
            );
        }
        taken.push((path, listener.address));
    }
}

/// Whether binding both addresses would clash. `0.0.0.0` holds every IPv4 address, `::` those of IPv6 and, as
/// Linux has it, of IPv4 too. Port 0 never clashes.
pub(super) fn overlap(a: SocketAddr, b: SocketAddr) -> bool {
    let covers = |wide: SocketAddr, narrow: SocketAddr| {
        wide.ip().is_unspecified() && (wide.is_ipv6() || narrow.is_ipv4())
    };
    a.port() == b.port() && a.port() != 0 && (a.ip() == b.ip() || covers(a, b) || covers(b, a))
}
