//! What a controller may do, and what it has done.
//!
//! Main types: [`Bounds`] and [`Change`]. They do not know why.

/// Between what the limit moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub(super) min: u32,
    pub(super) initial: u32,
    pub(super) max: u32,
}

impl Bounds {
    /// The limit is never below `min` nor above `max`, and `initial` before anything is known. `None` unless
    /// 1 ≤ min ≤ initial ≤ max.
    #[must_use]
    pub fn new(min: u32, initial: u32, max: u32) -> Option<Self> {
        (1 <= min && min <= initial && initial <= max).then_some(Self { min, initial, max })
    }
}

impl Default for Bounds {
    /// From 2, since one at a time would never show a queue, by 20, to 10,000.
    fn default() -> Self {
        Self { min: 2, initial: 20, max: 10_000 }
    }
}

/// What a tick has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The limit from now on.
    pub limit: u32,
    /// Why it is that.
    pub cause: Cause,
}

/// Why a tick did what it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Nothing speaks for a change.
    Kept,
    /// Requests were refused and there was no queue.
    Grew,
    /// There was a queue in two windows running.
    Queue,
    /// Most requests were abandoned after waiting for long.
    Abandoned,
    /// Lowered for a moment, to see how long an answer takes without a queue.
    Probing,
    /// The probe is over.
    Probed,
    /// Our own machine is short of something.
    Pressure,
}
