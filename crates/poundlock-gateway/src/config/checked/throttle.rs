//! [`Throttle`]: adaptive throttling of a service as it is meant.

use poundlock_limit::throttle::Bounds;

/// How many requests a service is given at once, and who is refused first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throttle {
    /// Whether it is throttled at all.
    pub mode: ThrottleMode,
    /// Between what its limit moves, and where it begins.
    pub bounds: Bounds,
    /// Paths that are refused last. One that ends in `*` stands for all that begin so.
    pub critical: Vec<String>,
    /// Paths that are refused first.
    pub sheddable: Vec<String>,
    /// The header, in lower case, that names a request's priority when it comes from a trusted peer.
    pub priority_header: Option<String>,
}

/// Whether a service is throttled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThrottleMode {
    /// It gets every request.
    Off,
    /// It gets what it keeps up with.
    On,
}
