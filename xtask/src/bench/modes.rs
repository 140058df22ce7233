//! [`Mode`]: what is asked of a proxy, and what the right answer is.

use clap::ValueEnum;

use super::payload::Payload;

/// Bytes of the small answer.
pub(super) const SMALL_BODY: usize = 200;
/// Bytes of the large body, up or down.
pub(super) const LARGE_BODY: usize = 1024 * 1024;
/// Bytes of a body that shows whether memory grows with it; below the 16 MiB that a listener takes unless told otherwise.
pub(super) const HUGE_BODY: usize = 12 * 1024 * 1024;
/// Connections that are held open in [`Mode::Idle`].
pub(super) const IDLE_CONNECTIONS: usize = 1000;

/// One kind of load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// Small answers, one worker pinned to one CPU
    Get,
    /// Small answers, two workers
    Get2,
    /// 1 MiB request bodies
    Upload,
    /// 1 MiB answers
    Download,
    /// Refusals by a rate limit
    Refuse,
    /// Small answers, attacks looked for: a query of 100 bytes
    Param,
    /// The same: a form of 10 KB
    Form10k,
    /// The same: JSON of 10 KB
    Json10k,
    /// The same: JSON of 100 KB
    Json100k,
    /// Memory with 1,000 idle connections
    Idle,
}

/// One request and the length of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exchange {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// Bytes of the request body.
    pub(super) sent: usize,
    /// What they are.
    pub(super) payload: Payload,
    /// Bytes of the answer's body; `None` for an answer of the proxy's own.
    pub(super) received: Option<usize>,
    /// The status of the answer.
    pub(super) status: u16,
}

/// The small request, also used to warm up.
pub(super) const SMALL: Exchange = Exchange {
    method: "GET",
    path: "/api/v1/items/12345",
    sent: 0,
    payload: Payload::Octets,
    received: Some(SMALL_BODY),
    status: 200,
};

/// A value of 100 bytes, as people search.
const QUERY: &str = "/api/v1/items?q=red+shoes+for+men%2C+size+42+and+up%2C+not+more+than+50+EUR%2C+delivery+by+Friday+or+\
    Saturday%2C+thanks";

/// What nobody who inspects lets pass.
pub(super) const ATTACK: Exchange =
    Exchange { path: "/api/v1/items?q=%27%20OR%201%3D1%20--%20", received: None, status: 403, ..SMALL };

impl Mode {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Get2 => "get2",
            Self::Upload => "upload",
            Self::Download => "download",
            Self::Refuse => "refuse",
            Self::Param => "param",
            Self::Form10k => "form10k",
            Self::Json10k => "json10k",
            Self::Json100k => "json100k",
            Self::Idle => "idle",
        }
    }

    pub(super) fn exchange(self) -> Exchange {
        match self {
            Self::Get | Self::Get2 | Self::Idle => SMALL,
            Self::Refuse => Exchange { received: None, status: 429, ..SMALL },
            Self::Param => Exchange { path: QUERY, ..SMALL },
            Self::Form10k => posted(Payload::Form, 10_000),
            Self::Json10k => posted(Payload::Json, 10_000),
            Self::Json100k => posted(Payload::Json, 100_000),
            Self::Upload => Exchange { method: "POST", path: "/upload", sent: LARGE_BODY, ..SMALL },
            Self::Download => Exchange { path: "/1m", received: Some(LARGE_BODY), ..SMALL },
        }
    }

    /// The same with a body twelve times as large; `None` where bodies are small.
    pub(super) fn huge_exchange(self) -> Option<Exchange> {
        match self {
            Self::Get | Self::Get2 | Self::Refuse | Self::Idle => None,
            Self::Param | Self::Form10k | Self::Json10k | Self::Json100k => None,
            Self::Upload => Some(Exchange { sent: HUGE_BODY, ..self.exchange() }),
            Self::Download => Some(Exchange { path: "/12m", received: Some(HUGE_BODY), ..SMALL }),
        }
    }

    /// Worker threads or processes of the proxy.
    pub(super) fn workers(self) -> usize {
        if self == Self::Get2 { 2 } else { 1 }
    }

    /// Whether attacks are looked for.
    pub(super) fn inspects(self) -> bool {
        matches!(self, Self::Param | Self::Form10k | Self::Json10k | Self::Json100k)
    }

    /// Whether bodies are large, so that buffering matters.
    pub(super) fn large_bodies(self) -> bool {
        matches!(self, Self::Upload | Self::Download)
    }
}

fn posted(payload: Payload, sent: usize) -> Exchange {
    Exchange { method: "POST", sent, payload, ..SMALL }
}
