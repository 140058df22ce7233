//! Looking for the base under a lasting overload, when nothing is without a queue by itself.
//!
//! Main items: [`Controller::probe`] and [`Controller::probed`]. They do not know when one is wanted.

use super::{Cause, Controller, Phase, Runs, Seen};
use crate::Micros;

impl Controller {
    /// Lowers the limit to below what is busy without a queue, if the base is right; if it is too high, to so much lower
    /// a queue that a few probes in a row find the truth.
    pub(super) fn probe(&mut self, seen: &Seen, base: f64, now: Micros) -> Cause {
        let drain_us = (2.0 * seen.rtt_us).min(Self::WINDOW_MAX_US as f64) as u64;
        self.runs = Runs::default();
        self.phase = Phase::Drain { until: now.after(drain_us), resume: self.limit };
        self.limit = Self::PROBE * (seen.rate * base).min(self.limit);
        Cause::Probing
    }

    /// A window under the lowered limit has ended.
    pub(super) fn probed(&mut self, seen: &Seen, resume: f64, first_us: Option<f64>, now: Micros) -> Cause {
        let before = self.base.us();
        let slower = |rtt: f64| before.is_some_and(|base| rtt > 1.5 * base);
        if slower(seen.rtt_us) && first_us.is_none() {
            // A stall looks like this too; it is over in the next window, a slower upstream is not.
            self.phase = Phase::Probe { resume, first_us: Some(seen.rtt_us) };
            return Cause::Probing;
        }
        let rtt = first_us.map_or(seen.rtt_us, |first| first.min(seen.rtt_us));
        if seen.answers > 0 {
            self.base.probed(rtt, seen.rtt_variance);
        }
        self.limit = resume;
        self.rate = 0.0;
        self.phase = if slower(rtt) || before.is_none() { Phase::SlowStart } else { Phase::Steady };
        let again = before.is_none() || self.base.moved_from(before);
        self.next_probe = now.after(if again { Self::PROBE_AGAIN_US } else { Self::PROBE_EVERY_US });
        if before.is_some() { Cause::Probed } else { Cause::Kept }
    }
}
