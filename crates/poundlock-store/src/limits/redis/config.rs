//! What a Redis store is told.
//!
//! Main types: [`RedisConfig`] and [`SharedLimit`]. It does not know where they are read from.

use crate::limits::LimitDef;
use std::time::Duration;

/// How a store reaches its server and how long it waits for it.
#[derive(Clone)]
pub struct RedisConfig {
    /// `redis://user:password@host:port/database` or `redis+unix:///path`.
    pub url: String,
    /// What every name of a key begins with, in braces: all keys are in one slot of a cluster.
    pub prefix: String,
    /// How long a request waits for its decision.
    pub deadline: Duration,
    /// The time between attempts to reach a server that is down.
    pub probe_every: Duration,
    /// Requests that may wait for the server at once; one more is not asked for.
    pub queue: usize,
    /// Denied keys that are remembered until they may be admitted again, at most a second. 0: none.
    pub denials: usize,
    /// Keys whose tokens may be paid for in advance, for limits that are [`Sharing::Leased`].
    pub leases: usize,
    /// Whose time counts.
    pub clock: Clock,
}

/// Whose time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The server's, one for all machines.
    Server,
    /// The `now` of each call, for tests with an oracle. Needs [`RedisConfig::denials`] of 0, and strict limits.
    Caller,
}

/// A limit and how nodes share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedLimit {
    /// The limit.
    pub def: LimitDef,
    /// How its rate is shared. Quotas are always strict.
    pub sharing: Sharing,
}

/// How nodes share the rate of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Each request asks the server: admitted ≤ burst + rate × time, in any span of time.
    Strict,
    /// A node pays for about 100 ms of a hot key's tokens in advance and spends them without asking.
    ///
    /// All tokens are paid for before they are spent, so that from a full bucket on admitted ≤ burst + rate × time, too.
    /// In a span of time that begins later, what was paid for before it may come on top: for each node what it asks for
    /// in 100 ms, at most half of what was left of the bucket over all nodes. Unused tokens lapse after
    /// [`LEASE_TIME`](super::LEASE_TIME).
    Leased,
}

impl RedisConfig {
    /// The defaults for a server: 20 ms for a decision, an attempt every 250 ms while it is down.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            prefix: "poundlock".to_owned(),
            deadline: Duration::from_millis(20),
            probe_every: Duration::from_millis(250),
            queue: 16 * 1024,
            denials: 8 * 1024,
            leases: 4 * 1024,
            clock: Clock::Server,
        }
    }
}

/// Without the address, which may hold a password.
impl std::fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisConfig")
            .field("prefix", &self.prefix)
            .field("deadline", &self.deadline)
            .field("probe_every", &self.probe_every)
            .field("queue", &self.queue)
            .field("denials", &self.denials)
            .field("leases", &self.leases)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let shown = format!("{:?}", RedisConfig::new("redis://user:hunter2@localhost"));
        assert!(shown.contains("poundlock") && !shown.contains("hunter2"), "{shown}");
    }
}
