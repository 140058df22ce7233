//! Which limit a charge is of, whatever list it is a place in.
//!
//! Main types: [`Names`], the limits that any list of this process has had, and [`Known`], one list. A list is replaced
//! while requests that have begun under it still run; so what is kept is told apart by name, not by place.

use crate::limits::LimitDef;
use arc_swap::ArcSwap;
use poundlock_limit::{Charge, LimitId};
use smallvec::SmallVec;
use std::sync::Arc;

/// Names that are remembered at most. Only a process whose configuration has been changed to thousands of different
/// limits forgets any: those that come then are unknown until it starts again.
const MAX_NAMES: usize = 16 * 1024;

/// What no limit is called by.
const UNKNOWN: LimitId = LimitId(u16::MAX);

/// The names of limits. One is never removed, so that its place says which it is.
#[derive(Default)]
pub(super) struct Names(ArcSwap<Vec<String>>);

impl Names {
    /// The names, by the [`LimitId`]s that [`Known`] gives.
    pub(super) fn all(&self) -> Arc<Vec<String>> {
        self.0.load_full()
    }

    /// A list of limits, whose names are remembered.
    pub(super) fn know(&self, limits: &[LimitDef]) -> Known {
        self.0.rcu(|names| {
            let mut names = Vec::clone(names);
            for LimitDef { name, .. } in limits {
                if names.len() < MAX_NAMES && !names.contains(name) {
                    names.push(name.clone());
                }
            }
            names
        });
        let names = self.all();
        let place = |limit: &LimitDef| {
            let place = names.iter().position(|name| *name == limit.name);
            place.and_then(|place| u16::try_from(place).ok()).map_or(UNKNOWN, LimitId)
        };
        Known(limits.iter().map(place).collect())
    }
}

/// What the limits of a list are in [`Names`].
#[derive(Clone)]
pub(super) struct Known(Arc<[LimitId]>);

impl Known {
    /// What a limit of the list is there.
    pub(super) fn name(&self, limit: LimitId) -> LimitId {
        self.0.get(usize::from(limit.0)).copied().unwrap_or(UNKNOWN)
    }

    /// The same charges there.
    pub(super) fn charges(&self, charges: &[Charge]) -> SmallVec<[Charge; 2]> {
        charges.iter().map(|charge| Charge { limit: self.name(charge.limit), ..*charge }).collect()
    }
}
