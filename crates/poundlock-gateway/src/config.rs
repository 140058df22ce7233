//! The configuration: what `poundlock.toml`, the environment and the flags mean together.
//!
//! [`Config`] is what the rest of the gateway reads: checked, complete, without `Option` where a default
//! exists. [`load`] makes it from [`Sources`]: layers are merged into one tree that remembers who set what,
//! its shape is checked against the schema, then its values. This module does not know how the values are
//! used, and never reads the file system or the environment itself.

mod check;
mod checked;
mod defaults;
mod documents;
mod env;
mod file;
mod flags;
mod problem;
mod raw;
mod restart;
mod schema;
mod show;
mod suggest;
mod tree;
mod values;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

pub use checked::{
    AccessLog, Admin, Audit, Balance, Ban, Config, Document, Drain, Forwarding, HeadLimits, HealthCheck,
    Limit, LimitBudget, LimitMode, Listener, Log, LogFormat, Metrics, Missing, OnError, PoolLimits, Retry,
    Service, Shield, ShieldMode, ShieldRoute, ShieldRules, Store, Throttle, ThrottleMode, Timeouts,
};
pub use documents::{Documents, MAX_DOCUMENT_BYTES};
pub use flags::Flag;
pub use problem::Problems;
pub use restart::diff_needs_restart;
pub use schema::json_schema;
pub use values::{Host, HostPattern, Percent, Upstream};

use problem::{Place, Problem, Severity};
use tree::Node;

/// Everything a configuration is made of, later layers first in weight: defaults, file, variables, flags.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The path, for messages, and the text of the TOML file.
    pub file: Option<(PathBuf, String)>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// The flags that were given.
    pub flags: Vec<Flag>,
    /// How files are read that the configuration names, such as schemas.
    pub documents: Documents,
}

/// A configuration that can be used.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What it means.
    pub config: Config,
    /// What is allowed but probably not meant; often empty.
    pub warnings: Problems,
    effective: Node,
}

/// Merges the sources and checks the result; on failure, everything that is wrong with it.
pub fn load(sources: &Sources) -> Result<Loaded, Problems> {
    let mut problems = Vec::new();
    let root = match &sources.file {
        Some((_, text)) => file::read(text, &sources.env, &mut problems),
        None => Ok(Node::empty_table()),
    };
    let Ok(mut root) = root else {
        return Err(Problems::new(sources.file.clone(), problems));
    };
    env::overlay(&mut root, &sources.env, &mut problems);
    flags::overlay(&mut root, &sources.flags, &mut problems);
    defaults::fill_in(&mut root, &sources.env);
    walk::walk(&mut root, &mut problems);
    let config = match serde_json::from_value(root.to_json()) {
        Ok(raw) => check::check(&raw, &root, sources.documents.beside(sources.file.as_ref()), &mut problems),
        Err(error) => {
            problems.push(mismatch(&error));
            None
        }
    };
    let problems = Problems::new(sources.file.clone(), problems);
    match config {
        Some(config) => Ok(Loaded { config, warnings: problems, effective: root }),
        None => Err(problems),
    }
}

impl Loaded {
    /// The effective configuration as TOML, defaults included; with `with_origin`, a comment on each line
    /// says who set it. The text loads to the same configuration.
    pub fn show(&self, with_origin: bool) -> String {
        show::toml(&self.effective, with_origin.then_some(&self.warnings))
    }

    /// The effective configuration as `{"config": {…}, "origin": {"listen.http.address": "flag --listen", …}}`.
    pub fn show_json(&self) -> Value {
        show::json(&self.effective, &self.warnings)
    }
}

/// A file to start from, with every key and its default in comments.
pub fn starter() -> &'static str {
    include_str!("config/starter.toml")
}

/// Raw structs and schema are made from the same types, so this takes a fault of our own.
fn mismatch(error: &serde_json::Error) -> Problem {
    Problem {
        severity: Severity::Error,
        message: error.to_string(),
        label: None,
        help: None,
        path: String::new(),
        place: Place::Nowhere,
    }
}
