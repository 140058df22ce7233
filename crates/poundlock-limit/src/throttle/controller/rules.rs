//! When the limit grows and shrinks.
//!
//! Main item: [`Controller::judge`]. It does not know probes, only when one is wanted.

use super::{Cause, Controller, Phase, Seen};
use crate::Micros;

impl Controller {
    /// Moves the limit by what a window has shown.
    pub(super) fn judge(&mut self, seen: &Seen, followed: bool, now: Micros) -> Cause {
        let base = *self.base.us.get_or_insert(seen.rtt_us);
        let queue = seen.rate * (seen.rtt_us - base);
        let root = self.limit.sqrt();
        let long = queue > Self::SLACK * root;
        self.runs.queued = if long && seen.saturated { self.runs.queued + 1 } else { 0 };
        self.runs.free = if queue < Self::FREE * root && seen.saturated { self.runs.free + 1 } else { 0 };
        match (long, seen.saturated) {
            (true, true) => self.shrink(queue - root, seen, base, now),
            (false, true) => self.grow(followed, seen, base, now),
            (false, false) if seen.rate * seen.rtt_us <= self.limit / 2.0 => {
                self.base.calm(seen.rtt_us, seen.answers);
                Cause::Kept
            }
            // A queue below the limit is a burst that it was made for: the limit does not cause it.
            (_, false) => Cause::Kept,
        }
    }

    fn shrink(&mut self, excess: f64, seen: &Seen, base: f64, now: Micros) -> Cause {
        self.phase = Phase::Steady;
        match self.runs.queued {
            // One window may be a burst, or a stall that is already over.
            1 => Cause::Kept,
            Self::DOUBT.. => self.probe(seen, base, now),
            _ => {
                // By what is too much, not to what is busy: places that are kept free for a priority stay.
                self.limit = (self.limit - excess).max(self.limit * Self::KEEP);
                Cause::Queue
            }
        }
    }

    fn grow(&mut self, followed: bool, seen: &Seen, base: f64, now: Micros) -> Cause {
        match self.phase {
            Phase::Steady if self.runs.free >= 2 => self.phase = Phase::SlowStart,
            // More in flight without more answers is a queue, whatever the base says.
            Phase::SlowStart if !followed => self.phase = Phase::Steady,
            _ => {}
        }
        match self.phase {
            Phase::Steady if self.runs.saturated >= Self::SATURATED && now >= self.next_probe => {
                return self.probe(seen, base, now);
            }
            Phase::SlowStart => self.limit *= 1.5,
            _ => self.limit += 0.5 * self.limit.sqrt(),
        }
        Cause::Grew
    }
}
