//! How the keys of a table get into its successor while requests go on.
//!
//! Main item: [`carry`]. A bucket is emptied and marked under its lock, after its keys have been written to the
//! successor; whoever still asks the old table finds a key there, or is sent on. So a key is in one table at any time.

use super::bucket::{SLOTS, Word};
use super::locks::{Ask, Locks};
use super::table::Table;
use poundlock_limit::Micros;
use std::sync::Arc;

/// Moves every key of `old` to `new`, which is younger and known to nobody yet. Where `new` is too small, the keys that
/// are nearest to a full bucket are lost and counted.
pub(super) fn carry<A: Word>(old: &Table<A>, new: &Arc<Table<A>>, now: Micros) {
    if old.next.set(Arc::clone(new)).is_err() {
        return;
    }
    for bucket in &old.buckets {
        let mut guard = bucket.lock();
        for slot in (0..SLOTS).filter(|slot| guard.time(*slot) > now.0) {
            put(old, new, guard.unit(), (guard.tag(slot), guard.time(slot)), now);
        }
        guard.set_moved();
    }
}

fn put<A: Word>(old: &Table<A>, new: &Table<A>, unit: usize, (tag, time): (u64, u64), now: Micros) {
    // The successor has no rate yet if the first charge of all came after it was made.
    let Some(gcra) = new.widest(new.current_unit()).or_else(|| old.widest(unit)) else { return };
    let tat = Micros(old.converted(time, unit, gcra.interval(), now));
    let mut asks = [Ask::new(new, new.epoch(), tag, gcra)];
    let mut locks = Locks::hold(&mut asks, now);
    locks.write(&[(&asks[0], tat)], now);
}
