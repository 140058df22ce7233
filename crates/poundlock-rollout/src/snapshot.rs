//! What ran at a moment, in enough detail to bring it back.
//!
//! Main types: [`Snapshot`], whose digest is its name, and [`restore`](Snapshot::restore), which says what a rollback does. It does not
//! know where snapshots are kept; secrets are in it by reference and hash only.

mod diff;
mod record;
mod restore;
mod retention;
#[cfg(test)]
mod tests;

pub use diff::{Change, differences};
pub use record::{Quarantined, Stored, read_all};
pub use restore::{Applied, Restore, RestoreRefusal};
pub use retention::{KEEP, expired};

use crate::{
    digest::{Digest, canonical},
    hex,
    judge::Millis,
    machine::DeploymentId,
    name::Name,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form of a snapshot; an other one is not read.
pub const VERSION: u16 = 1;
/// The most bytes of a snapshot.
pub const MAX_BYTES: usize = 4 << 20;

/// What ran at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// [`VERSION`].
    pub version: u16,
    /// Of which service.
    pub service: Name,
    /// The release that had the traffic.
    pub release: Name,
    /// When it was taken.
    pub taken: Millis,
    /// The deployment that took it.
    pub deployment: Option<DeploymentId>,
    /// The deployment that had put the release there.
    pub previous: Option<DeploymentId>,
    /// The digest of what was run: of a binary, a folder or an image.
    pub artefact: Digest,
    /// How it was run.
    pub process: Process,
    /// Configuration files by path.
    pub files: BTreeMap<String, FileBytes>,
    /// The routing table of the service, as the gateway writes it.
    pub routing: String,
    /// The policies of the service, such as limits and shield, by name.
    pub policies: BTreeMap<String, String>,
    /// Digests of lock files by path.
    pub lockfiles: BTreeMap<String, Digest>,
    /// Where the database's schema was, by migration tool.
    pub schemas: BTreeMap<String, Schema>,
}

/// How a release is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The working folder.
    pub dir: Option<String>,
    /// Instances.
    pub instances: u32,
    /// The environment by name.
    pub env: BTreeMap<String, Value>,
}

/// The value of a variable, or the way to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Value {
    /// As it is.
    Plain(String),
    /// A secret: never here, only where it is and what it hashes to.
    Secret {
        /// Where it is, such as `file:/run/secrets/db` or `env:DB_PASSWORD`.
        reference: String,
        /// A keyed hash of the value, so that nobody can guess it; tells whether it is still the same.
        hash: Digest,
    },
}

/// The bytes of a file; written in base 16.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileBytes(pub Vec<u8>);

/// Where a schema is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// The versions that were applied, in their order.
    pub applied: Vec<String>,
}

impl Snapshot {
    /// The bytes that stand for it: JSON with sorted keys, without white space.
    pub fn bytes(&self) -> Vec<u8> {
        canonical(self)
    }

    /// Its name: the SHA-256 of its bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes())
    }
}

impl From<FileBytes> for String {
    fn from(bytes: FileBytes) -> Self {
        hex::write(&bytes.0)
    }
}

impl TryFrom<String> for FileBytes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        hex::read(&text).map(Self).ok_or("bytes are written as pairs of lower-case hexadecimal digits")
    }
}
