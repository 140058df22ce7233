//! The largest numbers that a store keeps exactly.
//!
//! Main item: [`exact`]. It does not know which store it is.

use poundlock_limit::{Budget, Micros, Window};

/// The largest amount and the latest time that a store keeps: what a double holds exactly.
pub(super) const EXACT: u64 = (1 << 53) - 1;

/// The budget with nothing over [`EXACT`]. A quota of more (9 petabytes) is one of as much.
pub(super) fn exact(budget: Budget) -> Budget {
    match budget {
        Budget::Rate(_) => budget,
        Budget::Quota(Window { start, end, total }) => {
            let within = |time: Micros| Micros(time.0.min(EXACT));
            Budget::Quota(Window { start: within(start), end: within(end), total: total.min(EXACT) })
        }
    }
}
