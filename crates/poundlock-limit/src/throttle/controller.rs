//! How many requests an upstream is given at once.
//!
//! Main type: [`Controller`]. It sees sums over finished requests and the time. It does not know who is admitted, how
//! many workers there are, or what the upstream is.
//!
//! The queue in front of the upstream's servers is, by Little's law, the rate of answers times what an answer takes
//! longer than without a queue (the *base*). The limit grows while requests are refused and that queue is short, and falls
//! when it stays longer than 1.5·√limit (the band of TCP Vegas, Brakmo 1995, with the square root that Netflix and Uber's
//! Cinnamon use; a few times √N is also how far N busy servers' load strays by chance). The rest is care for the base:
//! see [`Base`].

mod base;
mod change;
mod probe;
mod rules;

use self::base::Base;
pub use self::change::{Bounds, Cause, Change};
use super::{Outcome, Pressure, Window, pressure::Cap};
use crate::Micros;

/// Finds the limit of one upstream.
///
/// One owner feeds it: [`Controller::absorb`] the windows of the workers, [`Controller::tick`] with the time, at least
/// every 250 ms; every 50 ms makes probes shorter. A clock that is set back restarts the current window.
#[derive(Debug, Clone)]
pub struct Controller {
    bounds: Bounds,
    limit: f64,
    base: Base,
    phase: Phase,
    cap: Cap,
    pending: Window,
    /// When the pending window began.
    start: Micros,
    /// Not before this is the next probe due.
    next_probe: Micros,
    /// Answers a microsecond in the window before.
    rate: f64,
    runs: Runs,
}

/// What the limit is being used for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    /// Grows by a half at a time: the first search, or after a sign that the limit is far too low.
    SlowStart,
    /// Grows by half its root at a time.
    Steady,
    /// Waits until requests that were admitted under the former limit have gone.
    Drain { until: Micros, resume: f64 },
    /// Watches answers under the lowered limit; `first_us` is an unlikely result that has yet to be confirmed.
    Probe { resume: f64, first_us: Option<f64> },
}

/// How many windows running something was so.
#[derive(Debug, Clone, Copy, Default)]
struct Runs {
    saturated: u32,
    queued: u32,
    free: u32,
}

/// One closed window in the terms of the rules.
struct Seen {
    answers: u64,
    /// Answers a microsecond.
    rate: f64,
    /// Mean time of an answer, microseconds.
    rtt_us: f64,
    /// See [`Window::rtt_variance`].
    rtt_variance: f64,
    saturated: bool,
}

impl Controller {
    /// The least and the most that a window takes, in microseconds; it ends in between once it has `ENOUGH` answers.
    const WINDOW_US: u64 = 250_000;
    const WINDOW_MAX_US: u64 = 1_000_000;
    const ENOUGH: u64 = 20;
    /// A queue longer than this many roots of the limit is too long; one shorter than `FREE` is none.
    const SLACK: f64 = 1.5;
    const FREE: f64 = 0.5;
    /// The least that one window leaves of a limit. A queue costs a little latency, an idle server costs goodput.
    const KEEP: f64 = 0.7;
    /// Of what is thought to be busy without a queue, what a probe admits. It costs the rest for about half a second.
    const PROBE: f64 = 0.75;
    /// Between probes, in microseconds, while the base holds and after it moved.
    const PROBE_EVERY_US: u64 = 30_000_000;
    const PROBE_AGAIN_US: u64 = 2_000_000;
    /// Windows running that are saturated before a probe, so that passing bursts under a bearable load cause none.
    const SATURATED: u32 = 4;
    /// Windows running with a queue after which the base is doubted rather than the limit.
    const DOUBT: u32 = 4;

    /// A controller that starts with [`Bounds`]' initial limit and has seen nothing.
    #[must_use]
    pub fn new(bounds: Bounds, now: Micros) -> Self {
        let limit = f64::from(bounds.initial);
        Self {
            bounds,
            limit,
            base: Base::default(),
            // Those that end first after a start are the quick ones: they say nothing of the mean.
            phase: Phase::Drain { until: now.after(Self::WINDOW_US), resume: limit },
            cap: Cap::default(),
            pending: Window::default(),
            start: now,
            next_probe: now,
            rate: 0.0,
            runs: Runs::default(),
        }
    }

    /// Counts one finished request, for an owner without workers; see [`Window::sample`].
    pub fn sample(&mut self, rtt_us: u64, outcome: Outcome) {
        self.pending.sample(rtt_us, outcome);
    }

    /// Counts what a worker has seen since it was last asked.
    pub fn absorb(&mut self, window: &Window) {
        self.pending.merge(window);
    }

    /// The limit now.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.cap.apply(self.limit).clamp(f64::from(self.bounds.min), f64::from(self.bounds.max)) as u32
    }

    /// What an answer is thought to take without a queue, in microseconds; `None` before anything was seen.
    #[must_use]
    pub fn base_us(&self) -> Option<u64> {
        self.base.us().map(|us| us as u64)
    }

    /// Says what time it is, how many are in flight over all workers, and how our own machine does. Most ticks only look
    /// at the time; those that end a window decide.
    pub fn tick(&mut self, now: Micros, in_flight: u32, pressure: Pressure) -> Change {
        if now < self.start {
            self.restart(now);
        }
        let pressed = self.cap.tick(now, f64::from(in_flight), self.limit, pressure);
        let cause = self.advance(now, in_flight);
        self.limit = self.limit.clamp(f64::from(self.bounds.min), f64::from(self.bounds.max));
        Change { limit: self.limit(), cause: if pressed { Cause::Pressure } else { cause } }
    }

    fn advance(&mut self, now: Micros, in_flight: u32) -> Cause {
        if let Phase::Drain { until, resume } = self.phase {
            if now >= until {
                self.pending = Window::default();
                self.start = now;
                self.phase = Phase::Probe { resume, first_us: None };
            }
            return if self.base.us().is_some() { Cause::Probing } else { Cause::Kept };
        }
        let age = now.since(self.start);
        let enough = self.pending.answers() >= Self::ENOUGH || age >= Self::WINDOW_MAX_US;
        if age < Self::WINDOW_US || !enough {
            return Cause::Kept;
        }
        let window = self.pending.take();
        self.start = now;
        self.close(&window, age, now, in_flight)
    }

    /// A window has ended. A cap is a reason to refuse that says nothing of the upstream, so under it nothing is learned
    /// from refusals.
    fn close(&mut self, window: &Window, age_us: u64, now: Micros, in_flight: u32) -> Cause {
        let seen = Seen {
            answers: window.answers(),
            rate: window.answers() as f64 / age_us as f64,
            rtt_us: window.rtt_us().max(1.0),
            rtt_variance: window.rtt_variance(),
            saturated: (window.refused() || f64::from(in_flight) >= self.limit)
                && !self.cap.binds(self.limit),
        };
        let followed = seen.rate > 1.15 * std::mem::replace(&mut self.rate, seen.rate);
        self.runs.saturated = if seen.saturated { self.runs.saturated + 1 } else { 0 };
        match self.phase {
            Phase::Probe { resume, first_us } => self.probed(&seen, resume, first_us, now),
            _ if window.given_up(self.base.us()) => {
                self.limit *= Self::KEEP;
                Cause::Abandoned
            }
            _ if seen.answers == 0 => Cause::Kept,
            _ => self.judge(&seen, followed, now),
        }
    }

    /// The clock was set back: nothing that was timed by it still holds, but the limit and the base do.
    fn restart(&mut self, now: Micros) {
        if let Phase::Drain { resume, .. } | Phase::Probe { resume, .. } = self.phase {
            self.limit = resume;
            self.phase = Phase::Steady;
        }
        self.pending = Window::default();
        self.start = now;
        self.next_probe = now.after(Self::PROBE_AGAIN_US);
    }
}

#[cfg(test)]
mod tests;
