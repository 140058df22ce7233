//! Which snapshots are kept.
//!
//! Main item: [`expired`].

use super::Snapshot;
use crate::{digest::Digest, name::Name};
use std::collections::BTreeMap;

/// Snapshots of a service that are kept, unless something else is chosen.
pub const KEEP: usize = 10;

/// The snapshots that may be deleted: all but the newest `keep` of each service, and never one that is `pinned`, because a
/// deployment that is not over would go back to it.
pub fn expired(snapshots: &[Snapshot], keep: usize, pinned: &[Digest]) -> Vec<Digest> {
    let mut by_service: BTreeMap<&Name, Vec<&Snapshot>> = BTreeMap::new();
    for snapshot in snapshots {
        by_service.entry(&snapshot.service).or_default().push(snapshot);
    }
    let mut gone = Vec::new();
    for mut list in by_service.into_values() {
        list.sort_by_key(|snapshot| (snapshot.taken, snapshot.deployment));
        let older = list.len().saturating_sub(keep);
        gone.extend(list[..older].iter().map(|snapshot| snapshot.digest()));
    }
    gone.retain(|digest| !pinned.contains(digest));
    gone
}
