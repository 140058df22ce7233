//! The documents about the shield. Their names and fields are a promise to whoever reads them.

use poundlock_shield::{Action, Finding, Place, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// What the shield does, and what came of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShieldState {
    /// Where the audit log is written; `-` is standard output, `null` nowhere.
    pub audit: Option<String>,
    /// In the order in which they are asked; the last, `default`, is for every request that is left.
    pub routes: Vec<ShieldRouteState>,
    /// Over all services, since the start of this gateway.
    pub totals: Totals,
}

/// What is done with some requests.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShieldRouteState {
    /// As in the configuration.
    pub name: String,
    /// Empty is all.
    pub services: Vec<String>,
    /// Empty is all.
    pub paths: Vec<String>,
    /// Empty is all.
    pub methods: Vec<String>,
    /// `off`, `detect` or `block`.
    pub mode: &'static str,
    /// 1 to 4.
    pub level: u8,
    /// The share of requests that are looked at in detect mode, from 0 to 1.
    pub sample: f64,
    /// How many bytes of a body wait for its verdict.
    pub hold_bytes: usize,
    /// How many exclusions there are.
    pub exclusions: usize,
    /// Whether it asks anything of inputs.
    pub rules: bool,
}

/// How many requests came to what.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Totals {
    /// Looked at.
    pub requests: u64,
    /// Not in the sample.
    pub skipped: u64,
    /// Refused as attacks.
    pub blocked: u64,
    /// Attacks that passed, in detect mode.
    pub would_block: u64,
    /// Refused because they were not valid.
    pub refused: u64,
    /// Not valid, and passed, in detect mode.
    pub would_refuse: u64,
    /// Lines of the audit log that were lost because the disk was too slow.
    pub audit_dropped: u64,
}

/// The latest findings.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recent {
    /// Lines of the audit log, the latest last.
    #[schema(value_type = Vec<Object>)]
    pub findings: Vec<Box<RawValue>>,
}

/// What to scan: a value, or a request.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanCall {
    /// A value, decoded as the application sees it.
    #[serde(default)]
    pub value: Option<String>,
    /// The part of a request that the value is from; `query` when nothing is said.
    #[serde(default)]
    pub place: Option<ScanPlace>,
    /// The name of its field.
    #[serde(default)]
    pub field: Option<String>,
    /// A whole request, in place of a value.
    #[serde(default)]
    pub request: Option<RequestCall>,
    /// How suspicious to be, from 1 to 4; 1 when nothing is said.
    #[serde(default)]
    pub level: Option<u8>,
}

/// A part of a request.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum ScanPlace {
    Path,
    #[default]
    Query,
    Body,
    Header,
    Cookie,
}

impl From<ScanPlace> for Place {
    fn from(place: ScanPlace) -> Self {
        match place {
            ScanPlace::Path => Self::Path,
            ScanPlace::Query => Self::Query,
            ScanPlace::Body => Self::Body,
            ScanPlace::Header => Self::Header,
            ScanPlace::Cookie => Self::Cookie,
        }
    }
}

/// A request.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestCall {
    /// Such as `POST`.
    pub method: String,
    /// Path and query, as in the request line.
    pub target: String,
    /// Names and values, in their order.
    #[serde(default)]
    #[schema(value_type = Vec<Vec<String>>)]
    pub headers: Vec<(String, String)>,
    /// The body, if it is text.
    #[serde(default)]
    pub body: Option<String>,
    /// The body in Base64.
    #[serde(default)]
    pub body_base64: Option<String>,
}

/// The verdict.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Scanned {
    /// `pass` or `block`.
    pub verdict: &'static str,
    /// The highest score of a class of attack.
    pub score: u16,
    /// The level it was judged by.
    pub level: u8,
    /// The evidence, the strongest first: class, rule, location, what was decoded, what matched, score.
    #[schema(value_type = Vec<Object>)]
    pub findings: Vec<Finding>,
}

impl Scanned {
    pub(super) fn of(verdict: &Verdict) -> Self {
        Self {
            verdict: match verdict.action {
                Action::Pass => "pass",
                Action::Block => "block",
            },
            score: verdict.score,
            level: verdict.level.number(),
            findings: verdict.findings.clone(),
        }
    }
}
