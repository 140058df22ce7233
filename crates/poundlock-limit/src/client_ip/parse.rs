//! The hops of one header value, from the right.
//!
//! Main function: [`hops`]. It does not know who is trusted.
//!
//! From the right, because only the right end was written by a proxy of ours: a quote that a client left open on the
//! left cannot swallow what was appended.

use super::Forwarding;
use std::net::{IpAddr, Ipv6Addr};

/// One hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hop {
    Address(IpAddr),
    /// `unknown` or an obfuscated `_name` (RFC 7239, 6.2 and 6.3).
    Hidden,
    Garbage,
}

/// The hops of a value, the last first. Empty elements are skipped (RFC 9110, 5.6.1).
pub(super) fn hops(forwarding: Forwarding, value: &[u8]) -> impl Iterator<Item = Hop> {
    elements(value, b',').filter(|element| !element.is_empty()).map(move |element| match forwarding {
        Forwarding::XForwardedFor => node(element),
        Forwarding::Forwarded => forwarded(element),
    })
}

/// What stands between separators outside quotes, trimmed, the last first.
fn elements(value: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let value = rest?;
        let split = last_unquoted(value, separator);
        rest = split.map(|at| &value[..at]);
        Some(value[split.map_or(0, |at| at + 1)..].trim_ascii())
    })
}

/// Where a separator last stands outside quotes, counted from the right. A quote after an odd number of backslashes is none.
fn last_unquoted(value: &[u8], separator: u8) -> Option<usize> {
    let mut quoted = false;
    let mut at = value.len();
    while let Some(next) = at.checked_sub(1) {
        at = next;
        if value[at] == b'"' {
            let escapes = value[..at].iter().rev().take_while(|b| **b == b'\\').count();
            quoted ^= escapes.is_multiple_of(2);
            at -= escapes;
        } else if value[at] == separator && !quoted {
            return Some(at);
        }
    }
    None
}

/// The `for` of one `Forwarded` element: `for="[2001:db8::1]:4711";proto=http`. Without exactly one it says nothing.
fn forwarded(element: &[u8]) -> Hop {
    let mut nodes = elements(element, b';').filter_map(|pair| {
        let (name, value) = pair.split_at_checked(4)?;
        name.eq_ignore_ascii_case(b"for=").then_some(value)
    });
    match (nodes.next(), nodes.next()) {
        (Some(value), None) => unquoted(value).map_or(Hop::Garbage, node),
        _ => Hop::Garbage,
    }
}

/// A token, or what is in a quoted string. No node needs an escape, so one with escapes is none.
fn unquoted(value: &[u8]) -> Option<&[u8]> {
    match value {
        [b'"', inner @ .., b'"'] => Some(inner).filter(|inner| !inner.contains(&b'\\')),
        _ => Some(value),
    }
}

/// A node of RFC 7239, 6, and what is found in `X-Forwarded-For`: addresses with and without a port or brackets.
fn node(text: &[u8]) -> Hop {
    let Ok(text) = std::str::from_utf8(text) else { return Hop::Garbage };
    if let Some(address) = address(text) {
        return Hop::Address(address);
    }
    let name = text.rsplit_once(':').map_or(text, |(name, port)| if is_port(port) { name } else { text });
    let obfuscated = |name: &str| name.len() > 1 && name.starts_with('_') && name.bytes().all(is_obfuscated);
    match name.eq_ignore_ascii_case("unknown") || obfuscated(name) {
        true => Hop::Hidden,
        false => Hop::Garbage,
    }
}

fn address(text: &str) -> Option<IpAddr> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let (inside, port) = bracketed.split_once(']')?;
        let port_fits = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return port_fits.then(|| inside.parse::<Ipv6Addr>().ok().map(IpAddr::V6))?;
    }
    if let Ok(bare) = text.parse() {
        return Some(bare);
    }
    let (host, port) = text.split_once(':')?;
    is_port(port).then(|| host.parse().ok().map(IpAddr::V4))?
}

/// A number of up to five digits, or an obfuscated port.
fn is_port(port: &str) -> bool {
    match port.strip_prefix('_') {
        Some(name) => !name.is_empty() && name.bytes().all(is_obfuscated),
        None => (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit()),
    }
}

fn is_obfuscated(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}
