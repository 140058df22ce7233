//! Keys of a limit with what is known of them, page by page.
//!
//! Main type: [`Page`]. It does not know who asks.

use poundlock_limit::{Micros, Used};

/// Some keys of a limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The keys; a store may show one twice while others are made.
    pub keys: Vec<Listed>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<u64>,
}

/// One key and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The key's text.
    pub key: String,
    /// What has been spent.
    pub spent: Spent,
}

/// What a key has spent, as a store keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// Of a rate.
    Rate {
        /// The instant at which the bucket is full again.
        full_at: Micros,
        /// Microseconds a token, of the rate that it was spent under.
        interval: u64,
    },
    /// Of a quota.
    Quota(Used),
}
