//! Whether a candidate is worse than the stable release, is good, or nobody can tell yet.
//!
//! Main type: [`Judge`]. It knows requests as [`Event`]s, and neither sockets nor clocks; what follows from a
//! [`Verdict`] is up to the caller.
//!
//! The gateway knows with which chance each unit was given to the candidate, so every metric is one question: do such
//! events fall on the candidate more often than its share? An outage of both, any load and any change of weights leave the
//! answer as it is. The formula is in `evidence.rs`.
//!
//! ```
//! use poundlock_rollout::judge::*;
//! use poundlock_rollout::split::{Arm, Split, Weight};
//!
//! let split = Split::new(0x5eed, 0x0dd5);
//! let weight = Weight::new(500).ok_or("no weight")?;
//! let mut judge = Judge::new(Settings::default(), Millis(0));
//! for n in 0..200u32 {
//!     let unit = split.unit(&n.to_le_bytes());
//!     let status = if unit.arm(weight) == Arm::Candidate { 500 } else { 200 };
//!     judge.observe(&Event {
//!         at: Millis(u64::from(n) * 10),
//!         arm: unit.arm(weight),
//!         assignment: Assignment::Drawn(weight),
//!         unit,
//!         outcome: Outcome::Answered(status, 12.0),
//!         instance: Warmth::WARM,
//!         id: "01J8",
//!     });
//! }
//! let Verdict::RollBack(alarm) = judge.verdict(Millis(2_000)) else { panic!("it is dead") };
//! assert_eq!(alarm.cause, Cause::Metric(Metric::Errors));
//! # Ok::<(), &'static str>(())
//! ```

mod event;
mod evidence;
mod exact;
mod explain;
mod floor;
mod guard;
mod interval;
mod latency;
mod replay;
mod seen;
mod settings;
mod smallest;
mod state;
#[cfg(test)]
mod tests;
mod verdict;

pub use event::{Assignment, Event, Metric, Millis, Outcome, Warmth};
pub use explain::{Explanation, MetricReport};
pub use guard::Sign;
pub use interval::{Counts, Ratio, Tally};
pub use replay::{Answer, ArmCounts, BothCounts, Replay, ReplayError};
pub use settings::{Cold, Floor, Settings};
pub use state::{LastEvent, Skipped, State, Totals};
pub use verdict::{Advice, Alarm, Cause, LowTraffic, Needs, Verdict};

use crate::split::{Arm, Unit, Weight};
use latency::Baseline;

/// Marks of a unit: who had it, and whether it tells something about latency.
const ON_STABLE: u8 = 1;
const ON_CANDIDATE: u8 = 2;
const WARM_ON_CANDIDATE: u8 = 4;
const WARM_ON_STABLE: u8 = 8;

/// Marks of a unit that had events.
const HAD_ERROR: u8 = 1;
const WAS_SLOW: u8 = 2;

/// The judge of one rollout.
#[derive(Debug, Clone)]
pub struct Judge {
    settings: Settings,
    state: State,
}

impl Judge {
    /// A judge that knows nothing yet.
    ///
    /// Before the rollout it may be fed with the stable release's answers at [`Weight::NONE`]: they are the history that
    /// says what is slow.
    pub fn new(settings: Settings, now: Millis) -> Self {
        let state = State::new(&settings, now);
        Self { settings, state }
    }

    /// A judge for whom slow is what takes longer than `limit_ms`.
    pub fn with_slow_limit(settings: Settings, now: Millis, limit_ms: f64) -> Self {
        let mut judge = Self::new(settings, now);
        judge.state.baseline = Baseline::fixed(limit_ms);
        judge
    }

    /// A judge that goes on where another one was, to the last bit.
    pub fn resume(settings: Settings, state: State) -> Self {
        Self { settings, state }
    }

    /// What to write down.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Begins a step: dwell and rates are those of this one from now on, evidence is kept.
    pub fn begin_step(&mut self, now: Millis) {
        self.state.step = now;
        self.state.step_requests = self.state.candidate.requests;
    }

    /// Counts a request and what became of it: [`Judge::routed`] and [`Judge::ended`].
    pub fn observe(&mut self, event: &Event<'_>) {
        if let (Assignment::Drawn(weight), false) = (event.assignment, event.outcome == Outcome::Ours) {
            self.routed(event.at, event.arm, weight, event.unit, event.instance);
        }
        self.ended(event);
    }

    /// Counts where a request was drawn to.
    pub fn routed(&mut self, at: Millis, arm: Arm, weight: Weight, unit: Unit, instance: Warmth) {
        if weight == Weight::NONE {
            return;
        }
        let counts_for_latency = self.state.baseline.limit_ms().is_some() && !self.is_cold(instance);
        let state = &mut self.state;
        let (mark, warm) = match arm {
            Arm::Stable => (ON_STABLE, WARM_ON_STABLE),
            Arm::Candidate => (ON_CANDIDATE, WARM_ON_CANDIDATE),
        };
        let marks = if counts_for_latency { mark | warm } else { mark };
        let before = state.units.mark(unit, marks);
        let totals = state.totals(arm);
        totals.requests += 1;
        totals.units += u64::from(before & mark == 0);
        totals.warm_units += u64::from(marks & !before & warm != 0);
        // Where a unit goes later follows from where it went first.
        if before & (ON_STABLE | ON_CANDIDATE) == 0 {
            self.first_routed(at, arm, weight);
        }
    }

    fn first_routed(&mut self, at: Millis, arm: Arm, weight: Weight) {
        let [more, fewer] = &mut self.state.routing;
        more.observe(arm == Arm::Candidate, weight);
        fewer.observe(arm == Arm::Stable, weight.rest());
        self.state.routed.add(arm, weight);
        let e = self.state.routing_e();
        if e >= self.settings.routing_alarm() && self.state.misrouted.is_none() {
            let cause = Cause::Metric(Metric::Routing);
            self.state.misrouted = Some(Alarm { cause, at, e: Some(e) });
        }
    }

    /// Counts what became of a request. Good answers may be left out once it is known what is slow.
    pub fn ended(&mut self, event: &Event<'_>) {
        let Assignment::Drawn(weight) = event.assignment else {
            self.state.skipped.assignment(event.assignment);
            return;
        };
        match event.outcome {
            Outcome::Ours => self.state.skipped.ours += 1,
            Outcome::Answered(..500, ms) => self.answered(ms, event, weight),
            Outcome::Answered(..) | Outcome::Failed => self.bad(Metric::Errors, event, weight),
        }
    }

    fn answered(&mut self, ms: f64, event: &Event<'_>, weight: Weight) {
        if self.is_cold(event.instance) {
            self.state.skipped.cold += 1;
            return;
        }
        let baseline = &mut self.state.baseline;
        if baseline.limit_ms().is_none() && weight != Weight::NONE {
            baseline.fix();
        }
        match baseline.limit_ms() {
            Some(limit) if ms > limit => self.bad(Metric::Slow, event, weight),
            None if event.arm == Arm::Stable => baseline.learn(ms),
            _ => {}
        }
    }

    fn bad(&mut self, metric: Metric, event: &Event<'_>, weight: Weight) {
        if weight == Weight::NONE {
            return;
        }
        let alarm_at = self.settings.alarm();
        let state = &mut self.state;
        if event.arm == Arm::Candidate {
            state.recent.push(metric, event);
        }
        let mark = if metric == Metric::Errors { HAD_ERROR } else { WAS_SLOW };
        let again = state.events.mark(event.unit, mark) & mark != 0;
        let track = if metric == Metric::Errors { &mut state.errors } else { &mut state.slow };
        // A unit that fails again is on the release where it was: that says nothing about releases.
        if again {
            track.repeated += 1;
            return;
        }
        track.evidence.observe(event.arm == Arm::Candidate, weight);
        track.counts.add(event.arm, weight);
        let e = track.evidence.value();
        if e >= alarm_at && state.alarm.is_none() {
            state.alarm = Some(Alarm { cause: Cause::Metric(metric), at: event.at, e: Some(e) });
        }
    }

    /// Takes note of what an instance did.
    pub fn sign(&mut self, at: Millis, arm: Arm, sign: Sign) {
        if let (Some(cause), None) = (self.state.guard.observe(arm, sign), self.state.alarm) {
            self.state.alarm = Some(Alarm { cause, at, e: None });
        }
    }

    /// The alarm that means [`Verdict::RollBack`] or [`Verdict::Misrouted`], without looking at anything else: cheap
    /// enough for every event.
    pub fn alarm(&self) -> Option<Alarm> {
        self.state.alarm.or(self.state.misrouted)
    }

    /// What is known now. An alarm about the candidate comes before one about routing.
    pub fn verdict(&self, now: Millis) -> Verdict {
        if let Some(alarm) = self.state.alarm {
            return Verdict::RollBack(alarm);
        }
        if let Some(alarm) = self.state.misrouted {
            return Verdict::Misrouted(alarm);
        }
        let needs = self.needs(now);
        if needs == (Needs { requests: Some(0), ..Needs::default() }) {
            Verdict::Good
        } else {
            Verdict::Insufficient(needs)
        }
    }

    fn needs(&self, now: Millis) -> Needs {
        let state = &self.state;
        let floor = &self.settings.floor;
        let units = (Some(floor.units.saturating_sub(state.candidate.units)), None);
        let errors = (self.missing(Metric::Errors), Some(Metric::Errors));
        let slow = (self.missing(Metric::Slow), Some(Metric::Slow));
        // Nothing is enough for `None`, which is therefore the most.
        let most = [units, errors, slow].into_iter().max_by_key(|(units, _)| units.unwrap_or(u64::MAX));
        let (units, metric) = most.expect("there are three");
        let per_unit = state.candidate.requests as f64 / state.candidate.units.max(1) as f64;
        let requests = units.map(|units| (units as f64 * per_unit.max(1.0)).ceil() as u64);
        let elapsed = now.since(state.step);
        let came = state.candidate.requests - state.step_requests.min(state.candidate.requests);
        let wait = |requests: u64| (requests as f64 * elapsed as f64 / came as f64).ceil() as u64;
        Needs {
            dwell_ms: floor.dwell_ms.saturating_sub(elapsed),
            history: state.baseline.wants(),
            requests,
            about_ms: requests.filter(|requests| *requests > 0 && came > 0).map(wait),
            metric: metric.filter(|_| requests != Some(0)),
        }
    }

    /// Units of the candidate that are missing until a metric is fine.
    fn missing(&self, metric: Metric) -> Option<u64> {
        let (state, floor) = (&self.state, &self.settings.floor);
        let (track, points) = match metric {
            Metric::Slow => (&state.slow, floor.slow_points),
            _ => (&state.errors, floor.errors_points),
        };
        if track.counts.ratio(self.settings.interval_alpha).high.is_some_and(|high| high <= floor.ratio) {
            return Some(0);
        }
        let units = |totals: &Totals| if metric == Metric::Slow { totals.warm_units } else { totals.units };
        let usual = track.counts.of(Arm::Stable) as f64 / units(&state.stable).max(1) as f64;
        let (units, bad) = (units(&state.candidate), track.counts.of(Arm::Candidate));
        floor::missing(units.max(bad), bad, (usual.min(1.0) + points).min(0.999))
    }

    fn is_cold(&self, instance: Warmth) -> bool {
        instance.age_ms < self.settings.cold.age_ms || instance.served < self.settings.cold.requests
    }
}
