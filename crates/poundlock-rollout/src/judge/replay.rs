//! Recorded requests, judged as if they came now.
//!
//! Main type: [`Replay`]. It reads lines that somebody else reads from somewhere.

use super::{
    Judge, Metric, Settings, Verdict,
    event::{Assignment, Event, Millis, Outcome, Warmth},
    explain::{Explanation, MetricReport},
};
use crate::split::{Arm, Unit, Weight};
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;

/// One request: `{"t": 1.5, "arm": "candidate", "w": 0.05, "unit": "u123", "status": 200, "ms": 12.3}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    /// Seconds.
    t: f64,
    arm: Arm,
    /// The chance of the candidate, from 0 to 1.
    w: f64,
    #[serde(borrow)]
    unit: std::borrow::Cow<'a, str>,
    /// 0 if there was no answer.
    status: u16,
    ms: f64,
    #[serde(default)]
    id: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    assigned: Assigned,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Assigned {
    #[default]
    Drawn,
    Forced,
    Carried,
    Mirrored,
}

/// Statuses that belong to no release: what we say when somebody is limited, and what is noted when the client left.
const OURS: [u16; 2] = [429, 499];

/// The last moment that is taken, in seconds: the year 33658.
const LATEST: f64 = 1e12;

/// A line that cannot be judged; the file is wrong, and trying again does not help.
#[derive(Debug, thiserror::Error)]
#[error("line {number}: {problem}")]
pub struct ReplayError {
    /// From 1.
    pub number: u64,
    /// What is wrong.
    pub problem: String,
}

/// A judge of recorded requests.
#[derive(Debug)]
pub struct Replay {
    settings: Settings,
    judge: Option<Judge>,
    lines: u64,
    now: Millis,
    weight: Weight,
}

impl Replay {
    /// A judge that has read nothing.
    pub fn new(settings: Settings) -> Self {
        Self { settings, judge: None, lines: 0, now: Millis(0), weight: Weight::NONE }
    }

    /// Reads one line. Empty ones are skipped.
    ///
    /// # Errors
    /// The line is not such a request, or is older than the one before it.
    pub fn line(&mut self, text: &str) -> Result<(), ReplayError> {
        self.lines += 1;
        if text.trim().is_empty() {
            return Ok(());
        }
        self.request(text).map_err(|problem| ReplayError { number: self.lines, problem })
    }

    fn request(&mut self, text: &str) -> Result<(), String> {
        let line: Line<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let weight = Weight::from_share(line.w).map_err(|error| format!("`w`: {error}"))?;
        if !(0.0..=LATEST).contains(&line.t) || line.ms.is_nan() || line.ms < 0.0 {
            return Err("`t` and `ms` are times from 0 on".to_owned());
        }
        let at = Millis((line.t * 1e3).round() as u64);
        let judge = self.judge.get_or_insert_with(|| Judge::new(self.settings.clone(), at));
        if at < self.now {
            return Err("is older than the line before it".to_owned());
        }
        self.now = at;
        if weight != self.weight {
            self.weight = weight;
            judge.begin_step(at);
        }
        judge.observe(&line.event(at, weight));
        Ok(())
    }

    /// The verdict at the last line.
    pub fn answer(&self) -> Answer {
        let judge = self.judge.clone().unwrap_or_else(|| Judge::new(self.settings.clone(), self.now));
        Answer::new(&judge.verdict(self.now), &judge.explain(self.now), self.now)
    }
}

impl Line<'_> {
    fn event(&self, at: Millis, weight: Weight) -> Event<'_> {
        // Told apart, not drawn: any key does.
        let mut hasher = SipHasher13::new();
        hasher.write(self.unit.as_bytes());
        Event {
            at,
            arm: self.arm,
            assignment: match self.assigned {
                Assigned::Drawn => Assignment::Drawn(weight),
                Assigned::Forced => Assignment::Forced,
                Assigned::Carried => Assignment::Carried,
                Assigned::Mirrored => Assignment::Mirrored,
            },
            unit: Unit(hasher.finish()),
            outcome: match self.status {
                0 => Outcome::Failed,
                status if OURS.contains(&status) => Outcome::Ours,
                status => Outcome::Answered(status, self.ms),
            },
            instance: Warmth::WARM,
            id: self.id.as_deref().unwrap_or(&self.unit),
        }
    }
}

/// The verdict on recorded requests, in one line of JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// `rollback`, `good`, `insufficient` or `misrouted`.
    pub verdict: &'static str,
    /// Seconds: of the alarm, else of the last line.
    pub at: f64,
    /// What raised the alarm, else what has the largest E-value.
    pub metric: &'static str,
    /// Its E-value: at the alarm, else at the last line.
    pub e: f64,
    /// Its ratio; `null` while one of the releases has no such events.
    pub ratio: Option<f64>,
    /// The lower end of the ratio's interval.
    pub low: f64,
    /// The upper end; `null` while it is open.
    pub high: Option<f64>,
    /// Requests, and events that count.
    pub counts: BothCounts,
    /// The rule, or what is missing, in words.
    pub because: String,
}

/// Both releases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BothCounts {
    /// The release that had the traffic.
    pub stable: ArmCounts,
    /// The release that wants it.
    pub candidate: ArmCounts,
}

/// One release.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmCounts {
    /// Requests that were drawn.
    pub requests: u64,
    /// Units they came from.
    pub units: u64,
    /// Units with an error.
    pub errors: u64,
    /// Units with a slow answer.
    pub slow: u64,
}

impl Answer {
    fn new(verdict: &Verdict, explained: &Explanation, now: Millis) -> Self {
        let (Verdict::RollBack(alarm) | Verdict::Misrouted(alarm)) = verdict else {
            let largest =
                |a: &&MetricReport, b: &&MetricReport| (a.e / a.alarm_at).total_cmp(&(b.e / b.alarm_at));
            let metric = explained.metrics.iter().max_by(largest).expect("there are three metrics");
            return Self::of(explained, metric, now, metric.e);
        };
        let named = |report: &&MetricReport| report.metric.name() == alarm.cause.name();
        let metric = explained.metrics.iter().find(named).unwrap_or(&explained.metrics[0]);
        Self::of(explained, metric, alarm.at, alarm.e.unwrap_or(metric.e))
    }

    fn of(explained: &Explanation, metric: &MetricReport, at: Millis, e: f64) -> Self {
        let events = |metric: Metric, arm| {
            let report = explained.metrics.iter().find(|report| report.metric == metric);
            let of = |tally: &super::Tally| if arm == Arm::Stable { tally.stable } else { tally.candidate };
            report.map_or(0, |report| report.weights.iter().map(of).sum())
        };
        let arm = |arm: Arm, totals: super::Totals| ArmCounts {
            requests: totals.requests,
            units: totals.units,
            errors: events(Metric::Errors, arm),
            slow: events(Metric::Slow, arm),
        };
        Self {
            verdict: explained.verdict,
            at: at.0 as f64 / 1e3,
            metric: metric.metric.name(),
            e,
            ratio: metric.ratio.estimate,
            low: metric.ratio.low,
            high: metric.ratio.high,
            counts: BothCounts {
                stable: arm(Arm::Stable, explained.stable),
                candidate: arm(Arm::Candidate, explained.candidate),
            },
            because: explained.rule.clone(),
        }
    }
}
