//! [`Shield`]: attack detection and input validation as they are meant.

use std::path::PathBuf;
use std::sync::Arc;

use poundlock_shield::validate::batch::{FormLimits, JsonLimits};
use poundlock_shield::validate::openapi::Unknown;
use poundlock_shield::validate::pagination::Pagination;
use poundlock_shield::validate::rule::{DEFAULT_WHOLE_BYTES, FieldRule, RangeFields};
use poundlock_shield::validate::upload::UploadRule;
use poundlock_shield::{Exclusion, Level};
use serde_json::Value;

use crate::config::values::Percent;

/// What is looked at, and where it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shield {
    /// Where a line a request with findings is written; `None` writes none.
    pub audit: Option<Audit>,
    /// At how many bytes that file is put aside.
    pub audit_size: u64,
    /// In the order in which they are asked; the last is for every request that is left.
    pub routes: Vec<ShieldRoute>,
}

impl Shield {
    /// Whether nothing is ever looked at.
    pub fn is_off(&self) -> bool {
        self.routes.iter().all(|route| route.mode == ShieldMode::Off)
    }
}

/// Where the audit log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audit {
    /// Standard output, written as `-`.
    Stdout,
    /// Appended to a file; from the state folder on, if it is relative.
    File(PathBuf),
}

/// What is done with some requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShieldRoute {
    /// The key under `shield.route`, or `default` for what is left.
    pub name: String,
    /// Services it is about; empty is all.
    pub services: Vec<String>,
    /// Paths it is about; empty is all. One that ends in `*` stands for all that begin so.
    pub paths: Vec<String>,
    /// Methods it is about, in upper case; empty is all.
    pub methods: Vec<String>,
    /// What becomes of attacks.
    pub mode: ShieldMode,
    /// How suspicious to be.
    pub level: Level,
    /// The share of requests that are looked at in detect mode.
    pub sample: Percent,
    /// How many bytes of a body wait for its verdict.
    pub hold: usize,
    /// Findings that are let pass, those of the shield first.
    pub exclude: Vec<Exclusion>,
    /// Modes of single fields, by their location.
    pub field_modes: Vec<(String, ShieldMode)>,
    /// What inputs must be.
    pub rules: ShieldRules,
}

/// What becomes of attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShieldMode {
    /// Nothing is looked at.
    Off,
    /// They are recorded, and pass.
    Detect,
    /// They are refused.
    Block,
}

/// What inputs must be. The default asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShieldRules {
    /// Fields one by one.
    pub fields: Vec<FieldRule>,
    /// Dates two by two.
    pub ranges: Vec<RangeFields>,
    /// Names that no rule is about.
    pub unknown: Unknown,
    /// Pages of lists.
    pub pagination: Option<Pagination>,
    /// How much JSON bodies and forms may hold.
    pub batch: Option<(JsonLimits, FormLimits)>,
    /// Which files are accepted.
    pub upload: Option<UploadRule>,
    /// What JSON bodies must fit.
    pub schema: Option<Document>,
    /// What requests must fit, and what stands before its paths.
    pub openapi: Option<(Document, String)>,
    /// The most bytes of a body that has to be read as a whole.
    pub whole: usize,
}

impl Default for ShieldRules {
    fn default() -> Self {
        Self {
            fields: Vec::new(),
            ranges: Vec::new(),
            unknown: Unknown::Allowed,
            pagination: None,
            batch: None,
            upload: None,
            schema: None,
            openapi: None,
            whole: DEFAULT_WHOLE_BYTES,
        }
    }
}

impl ShieldRules {
    /// Whether every request fits.
    pub fn ask_nothing(&self) -> bool {
        *self == Self { whole: self.whole, ..Self::default() }
    }
}

/// A JSON document that the configuration names, known to compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// As it was written.
    pub name: String,
    /// What is in the file.
    pub content: Arc<Value>,
}
