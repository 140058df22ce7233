//! What a rollback to a snapshot does, and when it is refused.
//!
//! Main item: [`Snapshot::restore`]. It never touches a database: it compares schemas only.

use super::{Change, Process, Snapshot, Value, differences};
use crate::{digest::Digest, name::Name, preflight::sql::Effect};
use std::collections::BTreeMap;

/// What to bring back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore<'a> {
    /// The release to deploy.
    pub release: &'a Name,
    /// What its artefact must hash to.
    pub artefact: Digest,
    /// How it is run.
    pub process: &'a Process,
    /// Files to write, by path.
    pub files: Vec<(&'a str, &'a [u8])>,
    /// The routing table.
    pub routing: &'a str,
    /// The policies.
    pub policies: &'a BTreeMap<String, String>,
    /// What becomes different by it.
    pub changes: Vec<Change>,
    /// Secrets that are no longer what they were: they are not brought back, so a person should know.
    pub changed_secrets: Vec<&'a str>,
}

/// A migration that was applied after a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The tool.
    pub tool: String,
    /// The version.
    pub version: String,
    /// What it does to a release that does not know it; `None` if its text is not there any more.
    pub effect: Option<Effect>,
}

/// Why a snapshot cannot be brought back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreRefusal {
    /// Trying again does not help; a snapshot of this service does.
    #[error("the snapshot is of {found}, not of {wanted}")]
    OtherService {
        /// Whose it is.
        found: Name,
        /// Whose it should be.
        wanted: Name,
    },
    /// Trying again does not help: the old release does not know the schema, and nobody can bring back what was dropped.
    #[error("{tool} {version} was applied since, and the old release cannot run on it: {why}")]
    SchemaMovedOn {
        /// The migration tool.
        tool: String,
        /// The migration.
        version: String,
        /// What it does.
        why: &'static str,
    },
}

impl Snapshot {
    /// What to bring back so that all is as in this snapshot. `now` is what runs; `since` are the migrations that were applied in between.
    pub fn restore<'a>(&'a self, now: &Self, since: &[Applied]) -> Result<Restore<'a>, RestoreRefusal> {
        if self.service != now.service {
            let (found, wanted) = (self.service.clone(), now.service.clone());
            return Err(RestoreRefusal::OtherService { found, wanted });
        }
        for Applied { tool, version, effect } in since {
            let why = match effect {
                Some(Effect::Expand | Effect::Neutral | Effect::Blocking) => continue,
                Some(Effect::Contract) => "it takes something away",
                Some(Effect::Unknown) => "what it does is not clear",
                None => "its text is not there",
            };
            let (tool, version) = (tool.clone(), version.clone());
            return Err(RestoreRefusal::SchemaMovedOn { tool, version, why });
        }
        Ok(Restore {
            release: &self.release,
            artefact: self.artefact,
            process: &self.process,
            files: self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.0.as_slice())).collect(),
            routing: &self.routing,
            policies: &self.policies,
            changes: differences(now, self),
            changed_secrets: self.changed_secrets(now),
        })
    }

    fn changed_secrets(&self, now: &Self) -> Vec<&str> {
        let changed = |(name, value): &(&String, &Value)| match (value, now.process.env.get(*name)) {
            (Value::Secret { hash, .. }, Some(Value::Secret { hash: present, .. })) => hash != present,
            (Value::Secret { .. }, _) => true,
            (Value::Plain(_), _) => false,
        };
        self.process.env.iter().filter(changed).map(|(name, _)| name.as_str()).collect()
    }
}
