//! What a connection's byte stream, its requests and its timer tell each other.
//!
//! Main type: [`Activity`]. hyper's own head time-out also runs while a connection is idle and
//! allocates a timer a request, so the time-outs of a connection are kept here, on the worker's
//! one-second [`Ticks`]: noting an event is one store. It is atomic only because hyper
//! wants upgraded streams to be `Send`; one thread uses it.

use super::scanner::Watch;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Seconds since the worker started, counted by the worker.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ticks(Arc<AtomicU32>);

impl Ticks {
    pub(crate) fn now(&self) -> u32 {
        self.0.load(Relaxed)
    }

    /// One second has passed.
    pub(crate) fn advance(&self) {
        self.0.store(self.now().wrapping_add(1), Relaxed);
    }
}

/// The time limits of a downstream connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// From the first byte of a head to its end.
    pub(crate) head: Duration,
    /// Silence between requests, and of a client that does not read its answer.
    pub(crate) idle: Duration,
}

/// The state of one downstream connection.
#[derive(Debug)]
pub(crate) struct Activity {
    ticks: Ticks,
    stage: AtomicU8,
    /// When the stage began.
    since: AtomicU32,
    /// When the client stopped reading, plus one; 0 while it reads.
    blocked: AtomicU32,
    watch: Mutex<Watch>,
}

const WAITING: u8 = 0;
const HEAD: u8 = 1;
const BUSY: u8 = 2;
const UPGRADED: u8 = 3;

impl Activity {
    pub(crate) fn new(ticks: Ticks) -> Self {
        let since = AtomicU32::new(ticks.now());
        Self {
            ticks,
            stage: AtomicU8::new(WAITING),
            since,
            blocked: AtomicU32::new(0),
            watch: Mutex::default(),
        }
    }

    pub(crate) fn on_read(&self, bytes: &[u8]) {
        match self.stage.load(Relaxed) {
            WAITING => self.enter(HEAD),
            UPGRADED => return,
            _ => {}
        }
        self.watch().on_read(bytes);
    }

    pub(crate) fn on_write(&self, pending: bool) {
        if !pending {
            self.blocked.store(0, Relaxed);
        } else if self.blocked.load(Relaxed) == 0 {
            self.blocked.store(self.ticks.now().wrapping_add(1).max(1), Relaxed);
        }
    }

    /// Whether the request that has just been parsed announced its length in two ways.
    pub(crate) fn is_ambiguous(&self, has_body: bool) -> bool {
        self.watch().on_request(has_body)
    }

    /// A request head is complete: its answer takes as long as it takes.
    pub(crate) fn on_request(self: &Arc<Self>) -> Busy {
        self.enter(BUSY);
        Busy(self.clone())
    }

    /// Whether the connection has passed one of its limits.
    pub(crate) fn is_overdue(&self, limits: Limits) -> bool {
        let blocked = self.blocked.load(Relaxed);
        let (since, limit) = match self.stage.load(Relaxed) {
            HEAD => (self.since.load(Relaxed), limits.head),
            _ if blocked != 0 => (blocked - 1, limits.idle),
            WAITING => (self.since.load(Relaxed), limits.idle),
            _ => return false,
        };
        // The tick in which it began may have been nearly over: a limit is never cut short, and
        // passed by two seconds at most.
        u64::from(self.ticks.now().wrapping_sub(since))
            > limit.as_secs() + u64::from(limit.subsec_nanos() > 0)
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, stage: u8) {
        self.stage.store(stage, Relaxed);
        self.since.store(self.ticks.now(), Relaxed);
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Activity>);

impl Busy {
    /// No more HTTP/1 follows.
    pub(crate) fn upgraded(&self) {
        self.0.enter(UPGRADED);
        self.0.watch().stop();
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if self.0.stage.load(Relaxed) == BUSY {
            self.0.enter(WAITING);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { head: Duration::from_secs(10), idle: Duration::from_secs(75) };

    fn overdue_after(ticks: &Ticks, activity: &Activity, seconds: u32) -> bool {
        (0..seconds).for_each(|_| ticks.advance());
        activity.is_overdue(LIMITS)
    }

    #[test]
    fn silence_is_allowed_for_the_idle_time_and_a_head_for_the_head_time() {
        let ticks = Ticks::default();
        let activity = Arc::new(Activity::new(ticks.clone()));
        assert!(!overdue_after(&ticks, &activity, 75));
        activity.on_read(b"G");
        assert!(!overdue_after(&ticks, &activity, 10));
        assert!(overdue_after(&ticks, &activity, 1));
    }

    #[test]
    fn an_answer_may_take_its_time_unless_the_client_does_not_read_it() {
        let ticks = Ticks::default();
        let activity = Arc::new(Activity::new(ticks.clone()));
        activity.on_read(b"G");
        let busy = activity.on_request();
        assert!(!overdue_after(&ticks, &activity, 10_000));
        activity.on_write(true);
        assert!(!overdue_after(&ticks, &activity, 75));
        assert!(overdue_after(&ticks, &activity, 1));
        activity.on_write(false);
        drop(busy);
        assert!(!overdue_after(&ticks, &activity, 75));
        assert!(overdue_after(&ticks, &activity, 1));
    }
}
