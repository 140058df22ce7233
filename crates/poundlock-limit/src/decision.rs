//! The answer for one budget.
//!
//! Main type: [`Decision`]. It does not know how it is put into headers.

/// Whether one budget admits a request, and what is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether this budget alone would admit the request.
    pub allowed: bool,
    /// All that can be spent at once: the burst of a limit, the total of a quota.
    pub limit: u64,
    /// What can be spent now, after this decision. A request that was denied has spent nothing.
    pub remaining: u64,
    /// Microseconds until everything can be spent again.
    pub reset_after: u64,
    /// If denied: microseconds until the same cost can be admitted; `None` if it never can.
    pub retry_after: Option<u64>,
}
