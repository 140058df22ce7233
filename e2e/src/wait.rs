//! Waiting for a condition: poll with a deadline, never a sleep that stands for synchronisation.
//!
//! Main function: [`eventually`]. It does not know what is awaited; the caller names it for the failure message.

use std::time::{Duration, Instant};

/// How long anything that should happen "soon" may take before a test fails; generous, because machines are shared.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Pause between two looks at a condition.
const INTERVAL: Duration = Duration::from_millis(10);

/// Polls `probe` until it yields a value; panics with `what` after [`PATIENCE`].
pub fn eventually<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, probe)
}

/// Polls `probe` until it yields a value; panics with `what` after `limit`.
pub fn eventually_within<T>(limit: Duration, what: &str, probe: impl FnMut() -> Option<T>) -> T {
    poll(limit, probe).unwrap_or_else(|| panic!("{what}: not within {limit:?}"))
}

/// Polls `probe` until it yields a value, or gives up after `limit`.
pub(crate) fn poll<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = probe() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(INTERVAL);
    }
}
