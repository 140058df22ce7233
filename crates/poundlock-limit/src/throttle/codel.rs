//! When to drop from a queue that we can see.
//!
//! Main type: [`Codel`]. It does not know the queue, only how long what comes out of it has waited.

use crate::Micros;

/// CoDel ("controlled delay", RFC 8289) for a queue of requests.
///
/// A queue that was short at some time in the last interval is a good one: it absorbs bursts, and everything is served.
/// One in which even the luckiest waited longer than the target stands, and then everything that waited for longer than
/// twice the target is dropped as it comes out, until the queue has been short again. The RFC's own law drops one packet
/// each interval/√n and trusts that a TCP sender slows down after each drop; requests come from many clients that do not,
/// and under twice the capacity it would take half a minute to reach the rate at which it has to drop. The detection is
/// the RFC's, the dropping is what Facebook found to work for requests ("Fail at Scale", Maurer, ACM Queue 13-8).
///
/// Serve in order of arrival. Serving the newest first while the queue stands would give those better latency, but also
/// keep the eldest waiting until it is too late for them, whoever they are; with a wait bounded to twice the target there
/// is nothing to gain by it.
#[derive(Debug, Clone)]
pub struct Codel {
    target_us: u64,
    interval_us: u64,
    /// When the current interval ends.
    end: Micros,
    /// The shortest wait in the current interval, and whether that of the one before was over the target.
    least_us: u64,
    stands: bool,
}

/// What to do with a request that came out of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dequeue {
    /// Go on with it.
    Serve,
    /// Shed it.
    Drop,
}

impl Codel {
    /// The RFC's target: 5 ms.
    pub const TARGET_US: u64 = 5_000;
    /// The RFC's interval: 100 ms, about what a burst may take.
    pub const INTERVAL_US: u64 = 100_000;

    /// A queue that may stand for `target_us` microseconds, judged every `interval_us`.
    #[must_use]
    pub fn new(target_us: u64, interval_us: u64) -> Self {
        Self { target_us, interval_us, end: Micros(0), least_us: 0, stands: false }
    }

    /// A request has come out at `now` that went in at `enqueued_at`.
    pub fn on_dequeue(&mut self, now: Micros, enqueued_at: Micros) -> Dequeue {
        let waited = now.since(enqueued_at);
        let late = now.since(self.end);
        if now > self.end || self.end.since(now) > self.interval_us {
            // After an interval in which nothing came out, nothing is known of the queue.
            self.stands = self.least_us > self.target_us && late <= self.interval_us;
            self.least_us = waited;
            self.end = now.after(self.interval_us);
        }
        self.least_us = self.least_us.min(waited);
        match self.stands && waited > self.target_us.saturating_mul(2) {
            true => Dequeue::Drop,
            false => Dequeue::Serve,
        }
    }
}

impl Default for Codel {
    /// With the RFC's target and interval.
    fn default() -> Self {
        Self::new(Self::TARGET_US, Self::INTERVAL_US)
    }
}

#[cfg(test)]
mod tests;
