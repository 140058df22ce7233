//! Whether the server can be asked: the circuit breaker.
//!
//! Main type: [`Link`]. Callers read one atomic; the driver alone opens a new generation, and reports. It does not know
//! how a connection is made.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use tokio::sync::{Notify, watch};

/// What is known about a store's server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It has not been reached yet; requests wait for it within their deadline.
    Connecting,
    /// It answers.
    Up,
    /// It does not answer, for this reason; requests are not made to wait for it.
    Down(String),
}

/// The state of the breaker, shared by callers and the driver.
pub(super) struct Link {
    /// Counts connections in steps of two; odd while the server is not to be asked.
    state: AtomicU64,
    given_up: Notify,
    health: watch::Sender<Health>,
    nodes: AtomicU32,
}

impl Link {
    pub(super) fn new() -> Self {
        Self {
            state: AtomicU64::new(0),
            given_up: Notify::new(),
            health: watch::Sender::new(Health::Connecting),
            nodes: AtomicU32::new(1),
        }
    }

    /// The generation of the connection, if it may be asked.
    pub(super) fn closed(&self) -> Option<u64> {
        let state = self.state.load(Ordering::Acquire);
        state.is_multiple_of(2).then_some(state)
    }

    /// A caller waited in vain: the next are not to wait, unless the connection is another by now.
    pub(super) fn give_up(&self, generation: u64) {
        let opened =
            self.state.compare_exchange(generation, generation + 1, Ordering::AcqRel, Ordering::Relaxed);
        if opened.is_ok() {
            self.given_up.notify_one();
        }
    }

    /// Returns when a caller has given up this generation.
    pub(super) async fn given_up(&self) {
        while self.closed().is_some() {
            self.given_up.notified().await;
        }
    }

    /// A connection answers: callers may ask.
    pub(super) fn up(&self) {
        let state = self.state.load(Ordering::Acquire);
        self.state.store((state | 1) + 1, Ordering::Release);
        if self.report(Health::Up) {
            tracing::info!("the Redis store answers: limits are shared");
        }
    }

    /// The connection is gone, or there is none.
    pub(super) fn down(&self, why: &str) {
        self.state.fetch_or(1, Ordering::AcqRel);
        if self.report(Health::Down(why.to_owned())) {
            tracing::warn!(reason = why, "the Redis store does not answer: limits are not shared");
        }
    }

    /// Notes a change; false if it was so before. Another reason is no change.
    fn report(&self, health: Health) -> bool {
        self.health.send_if_modified(|before| {
            let changed = std::mem::discriminant(before) != std::mem::discriminant(&health);
            if changed {
                *before = health;
            }
            changed
        })
    }

    pub(super) fn watch(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// How many nodes share the server, this one included.
    pub(super) fn nodes(&self) -> u32 {
        self.nodes.load(Ordering::Relaxed)
    }

    pub(super) fn count_nodes(&self, nodes: u32) {
        self.nodes.store(nodes.max(1), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_of_an_old_connection_does_not_open_the_breaker_of_a_new_one() {
        let link = Link::new();
        let old = link.closed().unwrap();
        link.give_up(old);
        assert_eq!(link.closed(), None);
        link.up();
        let new = link.closed().unwrap();
        link.give_up(old);
        assert_eq!(link.closed(), Some(new));
    }

    #[test]
    fn only_changes_are_reported() {
        let link = Link::new();
        let mut watch = link.watch();
        link.down("refused");
        assert!(watch.has_changed().unwrap());
        assert_eq!(*watch.borrow_and_update(), Health::Down("refused".to_owned()));
        link.down("still refused");
        assert!(!watch.has_changed().unwrap());
        link.up();
        assert_eq!(*watch.borrow_and_update(), Health::Up);
        link.up();
        assert!(!watch.has_changed().unwrap());
    }
}
