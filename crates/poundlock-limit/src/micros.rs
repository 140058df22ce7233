//! Time as an argument.
//!
//! Main type: [`Micros`]. It does not know where it comes from.

/// Microseconds since the Unix epoch.
///
/// Whole microseconds are what Redis' `TIME` gives, and what a double of its Lua holds exactly until the year 2255.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Micros(pub u64);

impl Micros {
    /// One second.
    pub const SECOND: u64 = 1_000_000;

    /// Later by this many microseconds, or the end of time.
    #[must_use]
    pub fn after(self, micros: u64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this; 0 if it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
