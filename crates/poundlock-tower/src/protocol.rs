//! Refuses requests that break HTTP or that two parsers could read in two ways.
//!
//! Main type: [`ProtocolCheck`]. What the HTTP parser itself refuses never gets here. Order: the
//! first gate, before anything trusts a header.

use crate::{Check, Rejection};
use http::{HeaderMap, Method, Version, header, request::Parts, uri::Authority};
use std::sync::Arc;

/// Checks method, target, `Host` and message framing of a request.
#[derive(Debug, Clone, Default)]
pub struct ProtocolCheck {
    extra_methods: Arc<[Method]>,
}

/// The request-extension mark that a request carried both `Content-Length` and
/// `Transfer-Encoding`. Parsers drop one of the two before a service sees the headers, so whoever
/// reads the connection has to say so.
#[derive(Debug, Clone, Copy)]
pub struct AmbiguousLength;

/// Every method of the IANA HTTP method registry (2024-11) but CONNECT and TRACE, which a reverse
/// proxy must not serve: one tunnels to anywhere, the other reflects credentials.
const REGISTERED: [&str; 37] = [
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LABEL",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "OPTIONS",
    "ORDERPATCH",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PUT",
    "QUERY",
    "REBIND",
    "REPORT",
    "SEARCH",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
];

/// What to try instead of CONNECT or TRACE.
const ALLOWED: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

impl ProtocolCheck {
    /// Accepts the registered methods and these.
    pub fn new(extra_methods: impl IntoIterator<Item = Method>) -> Self {
        Self { extra_methods: extra_methods.into_iter().collect() }
    }

    fn method(&self, method: &Method) -> Result<(), Rejection> {
        match *method {
            Method::GET | Method::POST | Method::HEAD | Method::PUT => Ok(()),
            Method::CONNECT | Method::TRACE => Err(Rejection::MethodNotAllowed(ALLOWED)),
            _ if REGISTERED.contains(&method.as_str()) || self.extra_methods.contains(method) => Ok(()),
            _ => Err(Rejection::BadRequest("the method is not a registered HTTP method")),
        }
    }
}

impl Check for ProtocolCheck {
    fn check(&self, head: &Parts) -> Result<(), Rejection> {
        self.method(&head.method)?;
        target(head)?;
        host(head)?;
        framing(head)
    }
}

/// A path, an absolute URI, or `*` for OPTIONS; a bare authority is for CONNECT alone (RFC 9112
/// section 3.2).
fn target(head: &Parts) -> Result<(), Rejection> {
    let uri = &head.uri;
    let authority_form = uri.scheme().is_none() && uri.authority().is_some();
    let foreign_scheme = uri.scheme_str().is_some_and(|scheme| scheme != "http" && scheme != "https");
    let misplaced_star = uri.path() == "*" && head.method != Method::OPTIONS;
    if authority_form || foreign_scheme || misplaced_star {
        return Err(Rejection::BadRequest("the request target is neither a path nor an http URI"));
    }
    Ok(())
}

/// Exactly one valid `Host` (RFC 9112 section 3.2); HTTP/1.0 may leave it out.
fn host(head: &Parts) -> Result<(), Rejection> {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host,
        (Some(_), Some(_)) => return Err(Rejection::BadRequest("there is more than one Host header")),
        (None, _) if head.uri.authority().is_some() || head.version == Version::HTTP_10 => return Ok(()),
        (None, _) => return Err(Rejection::BadRequest("the Host header is missing")),
    };
    let valid = match host.as_bytes() {
        // Origin servers without an authority component get an empty Host; a plain name needs no parser.
        b"" => true,
        bytes if bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')) => true,
        bytes => {
            !bytes.contains(&b'@')
                && Authority::try_from(bytes).is_ok_and(|a| !a.host().is_empty() && valid_port(&a))
        }
    };
    if valid { Ok(()) } else { Err(Rejection::BadRequest("the Host header is not a host name")) }
}

fn valid_port(authority: &Authority) -> bool {
    let after_host = &authority.as_str()[authority.host().len()..];
    after_host.is_empty()
        || after_host.strip_prefix(':').is_some_and(|p| p.is_empty() || p.parse::<u16>().is_ok())
}

/// One length, told one way (RFC 9112 section 6.3).
fn framing(head: &Parts) -> Result<(), Rejection> {
    let mut codings = head.headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => {}
        (Some(_), _) if head.extensions.get::<AmbiguousLength>().is_some() => {
            return Err(Rejection::BadRequest("Content-Length and Transfer-Encoding exclude each other"));
        }
        (Some(_), Some(_)) => {
            return Err(Rejection::BadRequest("there is more than one Transfer-Encoding header"));
        }
        (Some(_), None) if head.headers.contains_key(header::CONTENT_LENGTH) => {
            return Err(Rejection::BadRequest("Content-Length and Transfer-Encoding exclude each other"));
        }
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => {}
        (Some(_), None) => return Err(Rejection::UnsupportedCoding),
    }
    one_length(&head.headers)
}

fn one_length(headers: &HeaderMap) -> Result<(), Rejection> {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    match (lengths.next(), lengths.next()) {
        (_, Some(_)) => Err(Rejection::BadRequest("there is more than one Content-Length header")),
        (Some(length), None) if !length.as_bytes().iter().all(u8::is_ascii_digit) => {
            Err(Rejection::BadRequest("the Content-Length is not a number"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, headers: &[(&str, &str)], expect: u16) {
        let mut request = http::Request::builder().method(method).uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let got = ProtocolCheck::new([]).check(&head).map_or_else(|r| r.status().as_u16(), |()| 200);
        assert_eq!(got, expect, "{method} {headers:?}");
    }

    #[test]
    fn hosts() {
        check("GET", &[("host", "shop.example")], 200);
        check("GET", &[("host", "[::1]:8080")], 200);
        check("GET", &[("host", "")], 200);
        for bad in ["a b", "a/b", "user@a", "a:99999", "a:x", "[::1", "a,b?c"] {
            check("GET", &[("host", bad)], 400);
        }
        check("GET", &[], 400);
        check("GET", &[("host", "a"), ("host", "a")], 400);
    }

    #[test]
    fn methods() {
        check("PROPFIND", &[("host", "a")], 200);
        check("QUERY", &[("host", "a")], 200);
        check("TRACE", &[("host", "a")], 405);
        check("CONNECT", &[("host", "a")], 405);
        check("BREW", &[("host", "a")], 400);
        check("get", &[("host", "a")], 400);
    }

    #[test]
    fn framings() {
        check("POST", &[("host", "a"), ("content-length", "3")], 200);
        check("POST", &[("host", "a"), ("transfer-encoding", "Chunked")], 200);
        check("POST", &[("host", "a"), ("transfer-encoding", "gzip, chunked")], 501);
        check("POST", &[("host", "a"), ("transfer-encoding", "chunked"), ("content-length", "3")], 400);
        check(
            "POST",
            &[("host", "a"), ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            400,
        );
        check("POST", &[("host", "a"), ("content-length", "3"), ("content-length", "3")], 400);
        check("POST", &[("host", "a"), ("content-length", "+3")], 400);
    }
}
