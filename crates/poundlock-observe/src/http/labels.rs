//! The closed sets that label HTTP series. Main types: [`Method`], [`Scheme`], [`ErrorType`].
//! They do not know which status goes with which error: that is the caller's verdict.

/// Request methods with a series of their own: those of RFC 9110 and PATCH (RFC 5789).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
    /// `CONNECT`
    Connect,
    /// `OPTIONS`
    Options,
    /// `TRACE`
    Trace,
    /// `PATCH`
    Patch,
    /// Anything else, shown as `_OTHER` (OpenTelemetry semantic conventions).
    Other,
}

impl Method {
    /// Every method, in the order of its discriminant.
    pub const ALL: [Self; 10] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Delete,
        Self::Connect,
        Self::Options,
        Self::Trace,
        Self::Patch,
        Self::Other,
    ];

    /// The method with this exact spelling; methods are case-sensitive (RFC 9110, 9.1).
    #[must_use]
    pub fn from_bytes(name: &[u8]) -> Self {
        match name {
            b"GET" => Self::Get,
            b"HEAD" => Self::Head,
            b"POST" => Self::Post,
            b"PUT" => Self::Put,
            b"DELETE" => Self::Delete,
            b"CONNECT" => Self::Connect,
            b"OPTIONS" => Self::Options,
            b"TRACE" => Self::Trace,
            b"PATCH" => Self::Patch,
            _ => Self::Other,
        }
    }

    /// As [`Method::from_bytes`]; never fails, so this is not `FromStr`.
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "parsing cannot fail")]
    pub fn from_str(name: &str) -> Self {
        Self::from_bytes(name.as_bytes())
    }

    /// The value of the label `http_request_method`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
            Self::Patch => "PATCH",
            Self::Other => "_OTHER",
        }
    }
}

/// The scheme a request arrived with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
}

impl Scheme {
    /// Every scheme, in the order of its discriminant.
    pub const ALL: [Self; 2] = [Self::Http, Self::Https];

    /// The value of the label `url_scheme`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Why a request did not end with the upstream's own answer. The usual status is given with each; the
/// status recorded is whatever was sent (a stream that breaks after the head keeps its 200).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ErrorType {
    /// Our own deadline for the whole request passed (504, or 408 while reading the request).
    Timeout,
    /// The client went away (499).
    Cancelled,
    /// No connection to the upstream could be made (502).
    UpstreamConnect,
    /// The upstream closed or reset the connection during the request (502).
    UpstreamReset,
    /// The upstream did not answer in time (504).
    UpstreamTimeout,
    /// The upstream answered something that is not valid HTTP (502).
    UpstreamInvalid,
    /// Every connection the pool may open was busy and its queue was full (503).
    UpstreamBusy,
    /// The pool has no healthy instance (503).
    NoInstance,
    /// The circuit to the upstream is open (503).
    CircuitOpen,
    /// A limit or quota denied the request (429).
    RateLimited,
    /// What limits are counted in cannot be reached (503).
    LimitsUnavailable,
    /// The service has more requests than it can take (503).
    Shed,
    /// The request body is larger than allowed (413).
    BodyTooLarge,
    /// The gateway is draining (503).
    Draining,
    /// The service returned an error instead of a response (500).
    Internal,
    /// The service panicked (500).
    Panic,
}

impl ErrorType {
    /// Every error type, in the order of its discriminant.
    pub const ALL: [Self; 16] = [
        Self::Timeout,
        Self::Cancelled,
        Self::UpstreamConnect,
        Self::UpstreamReset,
        Self::UpstreamTimeout,
        Self::UpstreamInvalid,
        Self::UpstreamBusy,
        Self::NoInstance,
        Self::CircuitOpen,
        Self::RateLimited,
        Self::LimitsUnavailable,
        Self::Shed,
        Self::BodyTooLarge,
        Self::Draining,
        Self::Internal,
        Self::Panic,
    ];

    /// The value of the label `error_type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::UpstreamConnect => "upstream_connect",
            Self::UpstreamReset => "upstream_reset",
            Self::UpstreamTimeout => "upstream_timeout",
            Self::UpstreamInvalid => "upstream_invalid",
            Self::UpstreamBusy => "upstream_busy",
            Self::NoInstance => "no_instance",
            Self::CircuitOpen => "circuit_open",
            Self::RateLimited => "rate_limited",
            Self::LimitsUnavailable => "limits_unavailable",
            Self::Shed => "shed",
            Self::BodyTooLarge => "body_too_large",
            Self::Draining => "draining",
            Self::Internal => "internal",
            Self::Panic => "panic",
        }
    }
}
