//! The table of how each rejection looks: status, guilty side, name and words.
//!
//! Main item: [`Rejection::face`]. It decides nothing and knows no headers.

use super::{Rejection, Side, invalid};
use http::StatusCode;

/// How one kind of rejection looks: the row of a table, not a decision.
pub(super) struct Face {
    pub(super) status: StatusCode,
    pub(super) side: Side,
    pub(super) slug: &'static str,
    pub(super) title: &'static str,
}

impl Rejection {
    pub(super) fn face(&self) -> Face {
        use Side::*;
        let (status, side, slug, title) = match self {
            Rejection::BadRequest(_) => (400, Downstream, "bad-request", "The request is not valid HTTP"),
            Rejection::ClientGone => (499, Downstream, "client-gone", "The client went away"),
            Rejection::ClientTimeout => {
                (408, Downstream, "client-timeout", "The request did not arrive in time")
            }
            Rejection::Unauthorized => {
                (401, Downstream, "unauthorized", "The bearer token is missing or wrong")
            }
            Rejection::MethodNotAllowed(_) => {
                (405, Downstream, "method-not-allowed", "This method is not served")
            }
            Rejection::NoRoute => (404, Gateway, "no-route", "No service answers for this host"),
            Rejection::NoPage => (404, Downstream, "no-page", "There is nothing at this path"),
            Rejection::NoComponent => (404, Downstream, "no-component", "There is no such component"),
            Rejection::NoLimit => (404, Downstream, "no-limit", "There is no such limit"),
            Rejection::InvalidCall(_) => (422, Downstream, "invalid-call", "The call makes no sense"),
            Rejection::BodyTooLarge(_) => {
                (413, Downstream, "body-too-large", "The request body is too large")
            }
            Rejection::AttackDetected => {
                (403, Downstream, "attack-detected", "The request looks like an attack")
            }
            Rejection::InvalidRequest(issues) => invalid::row(issues),
            Rejection::UnsupportedCoding => {
                (501, Downstream, "unsupported-coding", "The transfer coding is not supported")
            }
            Rejection::RateLimited(refused) if refused.banned => {
                (429, Downstream, "banned", "This client is shut out for a while")
            }
            Rejection::RateLimited(_) => (429, Downstream, "rate-limited", "Too many requests"),
            Rejection::Denied(_) => (403, Downstream, "denied", "This client is not admitted"),
            Rejection::LimitsUnavailable => {
                (503, Gateway, "limits-unavailable", "The limits cannot be checked now")
            }
            Rejection::Shed(_) => (503, Upstream, "shed", "The service has too many requests"),
            Rejection::UpstreamConnect(_) => {
                (502, Upstream, "upstream-connect", "The service cannot be reached")
            }
            Rejection::UpstreamReset(_) => {
                (502, Upstream, "upstream-reset", "The service closed the connection before it answered")
            }
            Rejection::UpstreamInvalid(_) => {
                (502, Upstream, "upstream-invalid", "The service did not answer with valid HTTP")
            }
            Rejection::UpstreamTimeout(_) => {
                (504, Upstream, "upstream-timeout", "The service did not answer in time")
            }
            Rejection::UpstreamBusy(_) => {
                (503, Upstream, "upstream-busy", "The service has no free connection")
            }
            Rejection::NoInstance(_) => (503, Upstream, "no-instance", "The service has no running instance"),
            Rejection::Internal => (500, Gateway, "internal", "The gateway failed"),
        };
        let status = StatusCode::from_u16(status).expect("every status above is between 100 and 999");
        Face { status, side, slug, title }
    }

    /// What happened, for people.
    pub(super) fn detail(&self) -> String {
        match self {
            Rejection::BadRequest(reason) => (*reason).to_owned(),
            Rejection::ClientGone => "the request body ended before its announced end".to_owned(),
            Rejection::ClientTimeout => "no more of the request body came within the time-out".to_owned(),
            Rejection::Unauthorized => {
                "send `Authorization: Bearer` with the content of `admin.token` in the state folder"
                    .to_owned()
            }
            Rejection::MethodNotAllowed(allowed) => format!("send one of {allowed}"),
            Rejection::NoRoute => "add the host to a service, or a service without hosts".to_owned(),
            Rejection::NoPage => "`/api/v1/openapi.json` lists what there is".to_owned(),
            Rejection::NoComponent => "`/health/detailed` lists the components".to_owned(),
            Rejection::NoLimit => "`/api/v1/limits` lists the limits".to_owned(),
            Rejection::InvalidCall(why) => why.to_string(),
            Rejection::BodyTooLarge(limit) => format!("at most {limit} bytes are accepted here"),
            Rejection::AttackDetected => {
                "who runs this service can look up this request ID in the audit log".to_owned()
            }
            Rejection::InvalidRequest(_) => "`errors` lists what is wrong, and where".to_owned(),
            Rejection::UnsupportedCoding => "send the body with `chunked` or a Content-Length".to_owned(),
            Rejection::RateLimited(refused) => refused.detail(),
            Rejection::Denied(limit) => format!("limit `{limit}` does not admit this client"),
            Rejection::LimitsUnavailable => "the store of the limits does not answer".to_owned(),
            Rejection::Shed(s) => format!("service `{s}` is at the limit of what it can take"),
            Rejection::UpstreamConnect(s) => format!("no instance of service `{s}` accepted a connection"),
            Rejection::UpstreamReset(s) => {
                format!("an instance of service `{s}` closed the connection before a complete response head")
            }
            Rejection::UpstreamInvalid(s) => {
                format!("an instance of service `{s}` sent a response that is not HTTP/1.1")
            }
            Rejection::UpstreamTimeout(s) => {
                format!("no response head from service `{s}` within its time-out")
            }
            Rejection::UpstreamBusy(s) => {
                format!("all connections to service `{s}` are in use and no more requests may wait")
            }
            Rejection::NoInstance(s) => format!("service `{s}` has no address to send this to"),
            Rejection::Internal => "this is a defect; the log has more under this request ID".to_owned(),
        }
    }
}
