//! Alembic's migrations are a graph: a database says its heads, and their ancestors count as applied.
//!
//! Main item: [`ancestors`].

use super::files::Known;
use std::collections::{HashMap, HashSet};

/// The heads and everything before them, as far as it is known. A cycle ends where it began.
pub(super) fn ancestors<'a>(heads: impl Iterator<Item = &'a str>, known: &'a [Known]) -> HashSet<&'a str> {
    let by_version: HashMap<_, _> = known.iter().map(|known| (known.version.as_str(), known)).collect();
    let mut found = HashSet::new();
    let mut open: Vec<_> = heads.collect();
    while let Some(version) = open.pop() {
        if found.insert(version) {
            let parents = by_version.get(version).map_or(&[][..], |known| &known.parents);
            open.extend(parents.iter().map(String::as_str));
        }
    }
    found
}

/// Sorts parents before children; what is in a cycle comes last.
pub(super) fn sort(pending: &mut Vec<&Known>) {
    let mut left = std::mem::take(pending);
    while !left.is_empty() {
        let open: HashSet<_> = left.iter().map(|known| known.version.clone()).collect();
        let waits = |known: &&Known| known.parents.iter().any(|parent| open.contains(parent));
        let (waiting, ready): (Vec<_>, Vec<_>) = left.into_iter().partition(waits);
        if ready.is_empty() {
            pending.extend(waiting);
            return;
        }
        pending.extend(ready);
        left = waiting;
    }
}
