//! How stored snapshots are read: a bad one is set aside, the others stay usable.
//!
//! Main item: [`read_all`].

use super::{MAX_BYTES, Snapshot, VERSION};
use crate::digest::Digest;

/// A snapshot as the store has it.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// The digest under which it was stored.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A record that cannot be used. The others can; trying again does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Quarantined {
    /// The bytes are not those that were stored.
    #[error("snapshot {}: its bytes hash to {}", stored.short(), found.short())]
    Changed {
        /// Its name.
        stored: Digest,
        /// What it hashes to.
        found: Digest,
    },
    /// More than 4 MiB.
    #[error("snapshot {}: it has {bytes} bytes", .digest.short())]
    TooLong {
        /// Its name.
        digest: Digest,
        /// Its length.
        bytes: usize,
    },
    /// It is no snapshot.
    #[error("snapshot {}: {detail}", .digest.short())]
    Malformed {
        /// Its name.
        digest: Digest,
        /// What is wrong.
        detail: String,
    },
    /// An other program wrote it.
    #[error("snapshot {}: it has version {version}, and this program reads {VERSION}", .digest.short())]
    Version {
        /// Its name.
        digest: Digest,
        /// The version.
        version: u16,
    },
}

impl Stored<'_> {
    /// Reads it.
    pub fn read(&self) -> Result<Snapshot, Quarantined> {
        let digest = self.digest;
        if self.bytes.len() > MAX_BYTES {
            return Err(Quarantined::TooLong { digest, bytes: self.bytes.len() });
        }
        let found = Digest::of(self.bytes);
        if found != digest {
            return Err(Quarantined::Changed { stored: digest, found });
        }
        let malformed =
            |error: serde_json::Error| Quarantined::Malformed { digest, detail: error.to_string() };
        let snapshot: Snapshot = serde_json::from_slice(self.bytes).map_err(malformed)?;
        if snapshot.version != VERSION {
            return Err(Quarantined::Version { digest, version: snapshot.version });
        }
        Ok(snapshot)
    }
}

/// Reads all of them: the good ones, and what is wrong with the others.
pub fn read_all<'a>(records: impl IntoIterator<Item = Stored<'a>>) -> (Vec<Snapshot>, Vec<Quarantined>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for record in records {
        match record.read() {
            Ok(snapshot) => good.push(snapshot),
            Err(quarantined) => bad.push(quarantined),
        }
    }
    (good, bad)
}
