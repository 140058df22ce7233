//! Why Poundlock answered instead of the upstream, and how that looks to a client.
//!
//! Main type: [`Rejection`]. This is the only place where a refusal becomes HTTP. It knows no
//! request beyond its ID, and never repeats what the client sent.

mod face;
mod invalid;

use crate::limit::Refused;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use poundlock_observe::http::ErrorType;
use poundlock_shield::validate::Issues;
use std::convert::Infallible;
use std::sync::Arc;

/// The media type of RFC 9457.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Headers of the longest answer, that of a limit, with the request ID: then the map never grows.
const HEADERS: usize = 10;

/// A refusal or failure that Poundlock answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The request breaks HTTP or could be read in two ways; the reason is for the client.
    BadRequest(&'static str),
    /// The client went away, or its body broke off, before the upstream had all of it.
    ClientGone,
    /// The client stopped sending its body.
    ClientTimeout,
    /// A method that is not served here; these are.
    MethodNotAllowed(&'static str),
    /// A call that changes something, without the token for it.
    Unauthorized,
    /// No service answers for this host.
    NoRoute,
    /// There is nothing at this path of our own API.
    NoPage,
    /// There is no such health component.
    NoComponent,
    /// There is no limit of this name.
    NoLimit,
    /// A call of our own API that makes no sense; why.
    InvalidCall(Arc<str>),
    /// The request body is longer than the listener allows (in bytes).
    BodyTooLarge(u64),
    /// The request looks like an attack. What was found is in the audit log only.
    AttackDetected,
    /// Inputs are not what the route asks for.
    InvalidRequest(Arc<Issues>),
    /// A transfer coding other than `chunked`.
    UnsupportedCoding,
    /// A limit or a quota is used up, or its key is banned.
    RateLimited(Arc<Refused>),
    /// A limit of this name refuses this client always.
    Denied(Arc<str>),
    /// The store of the limits does not answer, and then nothing is admitted.
    LimitsUnavailable,
    /// The service (by name) has more requests than it can take.
    Shed(Arc<str>),
    /// No connection to any instance of the service could be made.
    UpstreamConnect(Arc<str>),
    /// The connection to the instance broke before a complete response head.
    UpstreamReset(Arc<str>),
    /// What the instance answered is not HTTP.
    UpstreamInvalid(Arc<str>),
    /// The instance did not answer within the service's time-out.
    UpstreamTimeout(Arc<str>),
    /// Every connection to the service is in use and the queue for one is full or took too long.
    UpstreamBusy(Arc<str>),
    /// The service has no instance at all, for example because its name does not resolve.
    NoInstance(Arc<str>),
    /// A defect of Poundlock itself.
    Internal,
}

/// An inner service that cannot fail, such as an axum router, stands under every layer.
impl From<Infallible> for Rejection {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Which side is to blame for a rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Downstream,
    /// Poundlock or its configuration.
    Gateway,
    /// The service.
    Upstream,
}

impl Side {
    /// The word used in problem bodies and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Downstream => "downstream",
            Side::Gateway => "gateway",
            Side::Upstream => "upstream",
        }
    }
}

impl Rejection {
    /// The status a client gets.
    pub fn status(&self) -> StatusCode {
        self.face().status
    }

    /// Who is to blame.
    pub fn side(&self) -> Side {
        self.face().side
    }

    /// The short name of the kind, the last part of the problem's `type`.
    pub fn slug(&self) -> &'static str {
        self.face().slug
    }

    /// The `error_type` label under which metrics count this, or `None` for plain client errors.
    pub fn error_type(&self) -> Option<ErrorType> {
        match self {
            Rejection::BadRequest(_)
            | Rejection::MethodNotAllowed(_)
            | Rejection::Unauthorized
            | Rejection::NoRoute
            | Rejection::NoPage
            | Rejection::NoComponent
            | Rejection::NoLimit
            | Rejection::InvalidCall(_)
            | Rejection::UnsupportedCoding
            | Rejection::AttackDetected
            | Rejection::InvalidRequest(_)
            | Rejection::Denied(_) => None,
            Rejection::RateLimited(_) => Some(ErrorType::RateLimited),
            Rejection::LimitsUnavailable => Some(ErrorType::LimitsUnavailable),
            Rejection::Shed(_) => Some(ErrorType::Shed),
            Rejection::ClientGone => Some(ErrorType::Cancelled),
            Rejection::ClientTimeout => Some(ErrorType::Timeout),
            Rejection::BodyTooLarge(_) => Some(ErrorType::BodyTooLarge),
            Rejection::UpstreamConnect(_) => Some(ErrorType::UpstreamConnect),
            Rejection::UpstreamReset(_) => Some(ErrorType::UpstreamReset),
            Rejection::UpstreamInvalid(_) => Some(ErrorType::UpstreamInvalid),
            Rejection::UpstreamTimeout(_) => Some(ErrorType::UpstreamTimeout),
            Rejection::UpstreamBusy(_) => Some(ErrorType::UpstreamBusy),
            Rejection::NoInstance(_) => Some(ErrorType::NoInstance),
            Rejection::Internal => Some(ErrorType::Internal),
        }
    }

    /// Whether the connection cannot be trusted to be in step after this answer. What follows a
    /// CONNECT may already be meant for the tunnel, so a refused method closes too.
    pub fn closes(&self) -> bool {
        matches!(
            self,
            Rejection::BadRequest(_)
                | Rejection::ClientGone
                | Rejection::ClientTimeout
                | Rejection::MethodNotAllowed(_)
                | Rejection::BodyTooLarge(_)
                | Rejection::UnsupportedCoding
        )
    }

    /// The service this is about, when it is about one.
    pub fn service(&self) -> Option<&str> {
        match self {
            Rejection::UpstreamConnect(s)
            | Rejection::UpstreamReset(s)
            | Rejection::UpstreamInvalid(s)
            | Rejection::UpstreamTimeout(s)
            | Rejection::UpstreamBusy(s)
            | Rejection::Shed(s)
            | Rejection::NoInstance(s) => Some(s),
            _ => None,
        }
    }

    /// The limit this is about, when it is about one.
    pub fn limit(&self) -> Option<&str> {
        match self {
            Rejection::RateLimited(refused) => Some(&refused.limit),
            Rejection::Denied(limit) => Some(limit),
            _ => None,
        }
    }

    /// The body of the answer. Written as text: a tree of JSON costs more than all the rest of a refusal, and a flood of
    /// requests must be cheap to refuse.
    fn problem(&self, face: &face::Face, request_id: Option<&str>) -> String {
        let mut text = String::with_capacity(384);
        let detail = self.detail();
        let members = [
            ("\",\"title\":", Some(face.title)),
            (",\"detail\":", Some(&*detail)),
            (",\"side\":", Some(face.side.as_str())),
            (",\"request_id\":", request_id),
            (",\"service\":", self.service()),
            (",\"limit\":", self.limit()),
        ];
        text.push_str("{\"type\":\"urn:poundlock:problem:");
        text.push_str(face.slug);
        for (name, value) in members {
            let Some(value) = value else { continue };
            text.push_str(name);
            quote(&mut text, value);
        }
        if let Rejection::InvalidRequest(issues) = self {
            invalid::push_errors(&mut text, issues);
        }
        text.push_str(",\"status\":");
        text.push_str(face.status.as_str());
        text.push('}');
        text
    }

    /// The answer: RFC 9457 `application/problem+json`, with `request_id`, `side` and, where they
    /// help, `service` and `limit` as extension members.
    pub fn to_response(&self, request_id: Option<&str>) -> Response<Bytes> {
        let face = self.face();
        let mut response = Response::new(Bytes::from(self.problem(&face, request_id)));
        *response.status_mut() = face.status;
        *response.headers_mut() = HeaderMap::with_capacity(HEADERS);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.closes() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        match self {
            Rejection::RateLimited(refused) => refused.add_to(headers),
            Rejection::UpstreamBusy(_)
            | Rejection::NoInstance(_)
            | Rejection::LimitsUnavailable
            | Rejection::Shed(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Rejection::MethodNotAllowed(allowed) => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
            }
            Rejection::Unauthorized => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}

/// A JSON string. Names and IDs are plain, so nearly always nothing needs to be escaped.
fn quote(text: &mut String, value: &str) {
    // All of them, as vectors: to stop at the first takes five times as long.
    let special = |b: u8| b < b' ' || b == b'"' || b == b'\\';
    if !value.bytes().fold(false, |any, b| any | special(b)) {
        text.push('"');
        text.push_str(value);
        text.push('"');
    } else {
        text.push_str(&serde_json::Value::from(value).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_the_guilty_side_and_the_request() {
        let response = Rejection::UpstreamConnect("shop".into()).to_response(Some("id-12345"));
        assert_eq!(response.status(), 502);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let problem: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(problem["type"], "urn:poundlock:problem:upstream-connect");
        assert_eq!(problem["side"], "upstream");
        assert_eq!(problem["service"], "shop");
        assert_eq!(problem["request_id"], "id-12345");
        assert_eq!(problem["status"], 502);
    }

    #[test]
    fn a_detail_with_quotes_is_still_json() {
        let why = "expected `\"a\\b\"`\nat line 1";
        let response = Rejection::InvalidCall(why.into()).to_response(Some("id-12345"));
        let problem: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!((&problem["detail"], &problem["status"]), (&why.into(), &422.into()));
    }

    #[test]
    fn whatever_leaves_the_framing_in_doubt_closes_the_connection() {
        for (rejection, closes) in [
            (Rejection::BadRequest("two lengths"), true),
            (Rejection::BodyTooLarge(10), true),
            (Rejection::NoRoute, false),
            (Rejection::UpstreamTimeout("a".into()), false),
        ] {
            let response = rejection.to_response(None);
            assert_eq!(response.headers().contains_key("connection"), closes, "{rejection:?}");
        }
    }
}
