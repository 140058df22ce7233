//! What a reverse proxy changes in message heads: hop-by-hop headers go, forwarding headers come.
//!
//! Main items: [`to_upstream`] and [`to_downstream`]. They know RFC 9110 section 7.6 and RFC 7239,
//! and nothing of sockets or services.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, Version, header, request, uri};
use poundlock_tower::Peer;
use std::cell::RefCell;
use std::net::IpAddr;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const PROTO: HeaderValue = HeaderValue::from_static("http");
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
const UPGRADE: HeaderValue = HeaderValue::from_static("upgrade");

/// Whether a request asks to leave HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upgrade {
    /// A plain request.
    No,
    /// A WebSocket handshake. Other protocols are not offered to the upstream: `h2c`, above all,
    /// would let a client speak past every layer of the gateway.
    WebSocket,
}

/// Rewrites a request head for the upstream: origin-form target, HTTP/1.1, no hop-by-hop headers,
/// who asked for it. `address` stands in for a missing `Host`. Returns header lines that go with the
/// head as they are.
pub(crate) fn to_upstream(
    head: &mut request::Parts,
    peer: &Peer,
    address: &str,
    last_hop: &LastHop,
) -> (Upgrade, Bytes) {
    origin_form(head);
    let upgrade = match head.headers.keys().any(is_special) {
        true => end_of_hop(head, peer),
        false => Upgrade::No,
    };
    head.version = Version::HTTP_11;
    let host = head.headers.get(header::HOST).cloned().unwrap_or_else(|| {
        let host = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("localhost"));
        head.headers.insert(header::HOST, host.clone());
        host
    });
    (upgrade, last_hop.add(&mut head.headers, peer, host))
}

/// Whether a header takes a closer look: one pass over the names is cheaper than a look-up of each
/// name that most requests do not have.
fn is_special(name: &HeaderName) -> bool {
    *name == header::CONNECTION || *name == header::EXPECT || is_hop_by_hop(name) || is_forwarding(name)
}

/// Takes away what does not pass this hop, and what a client may not say about itself.
fn end_of_hop(head: &mut request::Parts, peer: &Peer) -> Upgrade {
    let upgrade = asks_for_websocket(head);
    let wants_trailers = contains_token(&head.headers, &header::TE, "trailers");
    strip_hop_by_hop(&mut head.headers);
    head.headers.remove(header::EXPECT);
    if !peer.trusted {
        remove_where(&mut head.headers, is_forwarding);
    }
    if wants_trailers {
        head.headers.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    if upgrade == Upgrade::WebSocket {
        head.headers.insert(header::CONNECTION, UPGRADE);
        head.headers.insert(header::UPGRADE, WEBSOCKET);
    }
    upgrade
}

/// Rewrites a response head for the client. A `101` keeps what says so.
pub(crate) fn to_downstream(status: StatusCode, headers: &mut HeaderMap) {
    let switched = status == StatusCode::SWITCHING_PROTOCOLS;
    let protocol = if switched { headers.get(header::UPGRADE).cloned() } else { None };
    strip_hop_by_hop(headers);
    if let Some(protocol) = protocol {
        headers.insert(header::CONNECTION, UPGRADE);
        headers.insert(header::UPGRADE, protocol);
    }
}

fn asks_for_websocket(head: &request::Parts) -> Upgrade {
    let asks = head.headers.contains_key(header::UPGRADE)
        && head.version == Version::HTTP_11
        && head.method == http::Method::GET
        && contains_token(&head.headers, &header::CONNECTION, "upgrade")
        && contains_token(&head.headers, &header::UPGRADE, "websocket");
    if asks { Upgrade::WebSocket } else { Upgrade::No }
}

/// `http://host/path` becomes `/path` with that host (RFC 9112 section 3.2.2).
fn origin_form(head: &mut request::Parts) {
    let Some(authority) = head.uri.authority() else { return };
    if let Ok(host) = HeaderValue::from_str(authority.as_str()) {
        head.headers.insert(header::HOST, host);
    }
    let path = head.uri.path_and_query().cloned().unwrap_or(uri::PathAndQuery::from_static("/"));
    head.uri = Uri::from(path);
}

/// Removes what concerns one connection only, and what `Connection` names as such.
fn strip_hop_by_hop(headers: &mut HeaderMap) {
    if let Some(first) = headers.get(header::CONNECTION) {
        // Nearly always this, and then it names nothing.
        if first != "keep-alive" || headers.get_all(header::CONNECTION).iter().nth(1).is_some() {
            for name in nominated(headers) {
                headers.remove(name);
            }
        }
        headers.remove(header::CONNECTION);
    }
    remove_where(headers, is_hop_by_hop);
}

/// The headers that `Connection` names.
fn nominated(headers: &HeaderMap) -> Vec<HeaderName> {
    let options = headers.get_all(header::CONNECTION).iter().filter_map(|v| v.to_str().ok());
    options
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|option| !option.eq_ignore_ascii_case("keep-alive") && !option.eq_ignore_ascii_case("close"))
        .filter_map(|option| option.parse().ok())
        .filter(may_be_nominated)
        .collect()
}

fn is_hop_by_hop(name: &HeaderName) -> bool {
    let name = name.as_str();
    // Most names have another length than any of these.
    match name.len() {
        2 => name == "te",
        7 => name == "upgrade",
        10 => name == "keep-alive",
        16 => name == "proxy-connection",
        17 => name == "transfer-encoding",
        18 => name == "proxy-authenticate",
        19 => name == "proxy-authorization",
        _ => false,
    }
}

/// A client may not use `Connection` to take away what frames, addresses or names a request.
fn may_be_nominated(name: &HeaderName) -> bool {
    !matches!(
        name.as_str(),
        "host" | "content-length" | "x-request-id" | "traceparent" | "tracestate" | "trailer"
    )
}

/// Removes trailers that would say, after the fact, what only a head may: how the message is framed,
/// who sent it, where it goes and under which name (RFC 9110 section 6.5.1). Whether the peer is trusted makes no difference: proxies of ours set heads.
pub(crate) fn strip_trailers(trailers: &mut HeaderMap) {
    remove_where(trailers, is_forwarding);
    strip_hop_by_hop(trailers);
    remove_where(trailers, |name| {
        matches!(
            name.as_str(),
            "host"
                | "content-length"
                | "content-encoding"
                | "content-type"
                | "content-range"
                | "trailer"
                | "expect"
                | "authorization"
                | "cookie"
                | "set-cookie"
                | "cache-control"
                | "max-forwards"
                | "x-request-id"
                | "traceparent"
                | "tracestate"
        )
    });
}

/// The forwarding headers that only a proxy of ours may set.
fn is_forwarding(name: &HeaderName) -> bool {
    let name = name.as_str();
    match name.len() {
        9 => name == "forwarded" || name == "x-real-ip",
        12.. => name.starts_with("x-forwarded-"),
        _ => false,
    }
}

fn remove_where(headers: &mut HeaderMap, doomed: impl Fn(&HeaderName) -> bool) {
    while let Some(name) = headers.keys().find(|name| doomed(name)).cloned() {
        headers.remove(name);
    }
}

/// The forwarding headers of the last request on a downstream connection. The next one nearly
/// always comes from the same address for the same host, and so needs the same.
#[derive(Debug, Default)]
pub(crate) struct LastHop(RefCell<Option<Hop>>);

#[derive(Debug)]
struct Hop {
    ip: IpAddr,
    host: HeaderValue,
    forwarded_for: HeaderValue,
    forwarded: HeaderValue,
    /// All four headers as they go over the wire, for a peer whose own have been taken away: putting
    /// them into a map only to write them out again shows in profiles (docs/adr/0006).
    lines: Bytes,
}

impl LastHop {
    /// Adds this hop to `X-Forwarded-For` and `Forwarded`; states host and scheme unless a trusted
    /// proxy has.
    fn add(&self, headers: &mut HeaderMap, peer: &Peer, host: HeaderValue) -> Bytes {
        let ip = peer.address.ip().to_canonical();
        let mut last = self.0.borrow_mut();
        let hop = match last.take() {
            Some(hop) if hop.ip == ip && hop.host == host => hop,
            _ => Hop::new(ip, host),
        };
        let hop = last.insert(hop);
        if !peer.trusted {
            return hop.lines.clone();
        }
        append(headers, X_FORWARDED_FOR, &hop.forwarded_for);
        append(headers, header::FORWARDED, &hop.forwarded);
        headers.entry(X_FORWARDED_HOST).or_insert_with(|| hop.host.clone());
        headers.entry(X_FORWARDED_PROTO).or_insert(PROTO);
        Bytes::new()
    }
}

impl Hop {
    fn new(ip: IpAddr, host: HeaderValue) -> Self {
        let host_text = host.to_str().unwrap_or_default();
        let forwarded = match ip {
            IpAddr::V4(ip) => format!("for={ip};host=\"{host_text}\";proto=http"),
            IpAddr::V6(ip) => format!("for=\"[{ip}]\";host=\"{host_text}\";proto=http"),
        };
        // An address is visible ASCII, and the host was when it came.
        let value =
            |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("for=unknown"));
        let (forwarded_for, forwarded) = (value(ip.to_string()), value(forwarded));
        let all = [
            (X_FORWARDED_FOR, &forwarded_for),
            (header::FORWARDED, &forwarded),
            (X_FORWARDED_HOST, &host),
            (X_FORWARDED_PROTO, &PROTO),
        ];
        let line = |(name, value): (HeaderName, &HeaderValue)| {
            [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat()
        };
        let lines = all.into_iter().flat_map(line).collect::<Vec<_>>().into();
        Self { ip, forwarded_for, forwarded, lines, host }
    }
}

/// Adds an element to a list header, which comes out as one line.
fn append(headers: &mut HeaderMap, name: HeaderName, element: &HeaderValue) {
    let Some(first) = headers.get(&name) else {
        headers.insert(name, element.clone());
        return;
    };
    let mut all = first.as_bytes().to_vec();
    for value in headers.get_all(&name).iter().skip(1).chain([element]) {
        all.extend_from_slice(b", ");
        all.extend_from_slice(value.as_bytes());
    }
    let joined = HeaderValue::from_maybe_shared(Bytes::from(all));
    headers.insert(name, joined.unwrap_or_else(|_| element.clone()));
}

fn contains_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|t| t.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests;
