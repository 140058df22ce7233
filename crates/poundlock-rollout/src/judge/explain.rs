//! Why the judge says what it says, with its numbers.
//!
//! Main type: [`Explanation`], as data and as text.

use super::{
    Judge,
    event::{Metric, Millis},
    interval::{Ratio, Tally},
    smallest::smallest_ratio,
    state::{LastEvent, Skipped, Totals, Track},
    verdict::{Alarm, Cause, Verdict},
};
use crate::split::Arm;
use serde::Serialize;
use std::fmt;

/// A verdict and everything it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// `rollback`, `misrouted`, `good` or `insufficient`.
    pub verdict: &'static str,
    /// The rule that led to it, in words.
    pub rule: String,
    /// Errors, slow answers and routing.
    pub metrics: Vec<MetricReport>,
    /// Answers that take longer are slow, in milliseconds.
    pub slow_limit_ms: Option<f64>,
    /// Requests of the stable release.
    pub stable: Totals,
    /// Requests of the candidate.
    pub candidate: Totals,
    /// Requests that prove nothing.
    pub skipped: Skipped,
    /// The last bad requests of the candidate, the newest last.
    pub last_events: Vec<LastEvent>,
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricReport {
    /// Which one.
    pub metric: Metric,
    /// The E-value now.
    pub e: f64,
    /// The E-value that is an alarm.
    pub alarm_at: f64,
    /// The ratio that is borne.
    pub tolerated: f64,
    /// How many times as often the candidate has such events.
    #[serde(flatten)]
    pub ratio: Ratio,
    /// Events per weight.
    pub weights: Vec<Tally>,
    /// Events at further weights, and events of units that had one before: neither are in the interval.
    pub not_counted: u64,
    /// The smallest ratio that such events, as many as there were so far, can be expected to show.
    pub smallest_shown: Option<f64>,
}

impl Judge {
    /// The verdict with its numbers.
    pub fn explain(&self, now: Millis) -> Explanation {
        let (state, settings) = (&self.state, &self.settings);
        let verdict = self.verdict(now);
        Explanation {
            verdict: verdict.name(),
            rule: self.rule(&verdict),
            metrics: vec![
                self.track(Metric::Errors, &state.errors, settings.errors_ratio),
                self.track(Metric::Slow, &state.slow, settings.slow_ratio),
                self.routing_report(),
            ],
            slow_limit_ms: state.baseline.limit_ms(),
            stable: state.stable,
            candidate: state.candidate,
            skipped: state.skipped,
            last_events: state.recent.0.iter().cloned().collect(),
        }
    }

    /// The smallest ratio of a metric that the traffic until `until` can be expected to show at its present rate.
    pub fn smallest_shown(&self, metric: Metric, now: Millis, until: Millis) -> Option<f64> {
        let (track, tolerated) = match metric {
            Metric::Errors => (&self.state.errors, self.settings.errors_ratio),
            Metric::Slow => (&self.state.slow, self.settings.slow_ratio),
            Metric::Routing => return None,
        };
        let longer = until.since(self.state.start) as f64 / now.since(self.state.start).max(1) as f64;
        smallest(track, tolerated, self.settings.alpha, longer.max(1.0))
    }

    fn track(&self, metric: Metric, track: &Track, tolerated: f64) -> MetricReport {
        MetricReport {
            metric,
            e: track.evidence.value(),
            alarm_at: self.settings.alarm(),
            tolerated,
            ratio: track.counts.ratio(self.settings.interval_alpha),
            weights: track.counts.weights.clone(),
            not_counted: track.counts.others + track.repeated,
            smallest_shown: smallest(track, tolerated, self.settings.alpha, 1.0),
        }
    }

    fn routing_report(&self) -> MetricReport {
        MetricReport {
            metric: Metric::Routing,
            e: self.state.routing_e(),
            alarm_at: self.settings.routing_alarm(),
            tolerated: self.settings.routing_ratio,
            ratio: self.state.routed.ratio(self.settings.interval_alpha),
            weights: self.state.routed.weights.clone(),
            not_counted: self.state.routed.others,
            smallest_shown: None,
        }
    }

    fn rule(&self, verdict: &Verdict) -> String {
        match verdict {
            Verdict::RollBack(Alarm { cause: Cause::Metric(metric), e, .. }) => {
                let slow = *metric == Metric::Slow;
                let ratio = if slow { self.settings.slow_ratio } else { self.settings.errors_ratio };
                let (name, e) = (metric.name(), e.unwrap_or_default());
                format!("E of {name}, {e:.0}, reached 1/α while a ratio of at most {ratio} is borne")
            }
            Verdict::RollBack(alarm) => format!("an instance of the candidate: {}", alarm.cause.name()),
            Verdict::Misrouted(alarm) => format!(
                "the share of units is off the weight by more than {} times (E {:.0})",
                self.settings.routing_ratio,
                alarm.e.unwrap_or_default()
            ),
            Verdict::Good => "enough time, units and certainty, and no alarm".to_owned(),
            Verdict::Insufficient(needs) => needs.to_string(),
        }
    }
}

fn smallest(track: &Track, tolerated: f64, alpha: f64, longer: f64) -> Option<f64> {
    let weight = track.counts.weights.last()?.weight;
    smallest_ratio(track.counts.of(Arm::Stable) as f64 * longer, weight, tolerated, alpha)
}

impl Verdict {
    /// Its word: `rollback`, `misrouted`, `good` or `insufficient`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RollBack(_) => "rollback",
            Self::Misrouted(_) => "misrouted",
            Self::Good => "good",
            Self::Insufficient(_) => "insufficient",
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.verdict, self.rule)?;
        for metric in &self.metrics {
            writeln!(f, "  {metric}")?;
        }
        for bad in &self.last_events {
            writeln!(
                f,
                "  {} {} {} at {:.3} s",
                bad.metric.name(),
                bad.status,
                bad.id,
                bad.at.0 as f64 / 1e3
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for MetricReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.metric.name();
        match self.ratio.estimate {
            Some(ratio) => write!(f, "{name} {ratio:.2}× ")?,
            None => write!(f, "{name} –× ")?,
        }
        match self.ratio.high {
            Some(high) => write!(f, "[{:.2}, {high:.2}]", self.ratio.low)?,
            None => write!(f, "[{:.2}, –]", self.ratio.low)?,
        }
        write!(f, "  E {:.1}/{:.0}", self.e, self.alarm_at)?;
        for tally in &self.weights {
            let percent = tally.weight.share() * 100.0;
            write!(f, "  at {percent} %: {} stable, {} candidate", tally.stable, tally.candidate)?;
        }
        Ok(())
    }
}
