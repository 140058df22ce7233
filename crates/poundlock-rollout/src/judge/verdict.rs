//! What the judge says.
//!
//! Main type: [`Verdict`]. What is done about it is [`Verdict::advice`], for the policy that was chosen.

use super::event::{Metric, Millis};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is known about a candidate.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is worse. This stays, whatever comes after.
    RollBack(Alarm),
    /// Units do not go where the weight says: nothing can be told about the candidate. This stays, too.
    Misrouted(Alarm),
    /// There is enough evidence that it is not worse than is tolerated.
    Good,
    /// There is not enough evidence.
    Insufficient(Needs),
}

/// What raised an alarm, and when.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// The first cause; later ones do not replace it.
    pub cause: Cause,
    /// When.
    pub at: Millis,
    /// The E-value at that time; absent where no statistics were needed.
    #[serde(with = "super::exact")]
    pub e: Option<f64>,
}

/// Why a candidate gets no more traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// It has a bad event more often than is tolerated, or units are misrouted.
    Metric(Metric),
    /// Its process ended.
    Exited,
    /// Its process ended again and again.
    CrashLoop,
    /// No instance is ready any more, while the stable release has one.
    NotReady,
    /// Its first connections were refused, while the stable release takes them.
    Refused,
}

impl Cause {
    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metric(metric) => metric.name(),
            Self::Exited => "exited",
            Self::CrashLoop => "crash-loop",
            Self::NotReady => "not-ready",
            Self::Refused => "refused",
        }
    }
}

/// What is missing for "good".
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Needs {
    /// Milliseconds in this step.
    pub dwell_ms: u64,
    /// Answers of the stable release before it is known what is slow.
    pub history: u64,
    /// Requests to the candidate; absent if no number is enough, because the share of bad ones is not tolerated.
    pub requests: Option<u64>,
    /// How long those take at the rate of this step, in milliseconds; absent if there is no rate yet.
    pub about_ms: Option<u64>,
    /// What wants the most.
    pub metric: Option<Metric>,
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.requests, self.about_ms) {
            (None, _) => {
                let what = self.metric.map_or("bad answers", Metric::name);
                write!(
                    f,
                    "cannot be called good: its share of {what} is not tolerated, and not yet proved to be worse"
                )
            }
            (Some(0), _) if self.history > 0 => {
                write!(f, "needs {} more answers of the stable release to know what is slow", self.history)
            }
            (Some(0), _) => write!(f, "needs {} more in this step", Span(self.dwell_ms)),
            (Some(requests), Some(ms)) => {
                write!(
                    f,
                    "needs {requests} more requests (about {} at this rate)",
                    Span(ms.max(self.dwell_ms))
                )
            }
            (Some(requests), None) => write!(f, "needs {requests} more requests"),
        }
    }
}

/// Milliseconds as people say them.
struct Span(u64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.div_ceil(1_000) {
            seconds @ 0..120 => write!(f, "{seconds} s"),
            seconds @ 120..7_200 => write!(f, "{} min", seconds.div_ceil(60)),
            seconds => write!(f, "{} h", seconds.div_ceil(3_600)),
        }
    }
}

/// What to do when there is too little traffic to judge by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LowTraffic {
    /// Stay in this step until a person decides.
    #[default]
    Hold,
    /// Go on, and say that nothing is proved.
    PromoteWithWarning,
    /// Go back.
    Rollback,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Ask again later.
    Wait,
    /// Go to the next step.
    Advance,
    /// Go to the next step without proof, and say so.
    AdvanceWithWarning,
    /// Stay, and ask a person.
    Hold,
    /// Weight 0, at once.
    RollBack,
}

impl Verdict {
    /// What to do after `waited_ms` in a step that should take at most `patience_ms`.
    pub fn advice(&self, waited_ms: u64, patience_ms: u64, policy: LowTraffic) -> Advice {
        match self {
            Self::RollBack(_) => Advice::RollBack,
            Self::Misrouted(_) => Advice::Hold,
            Self::Good => Advice::Advance,
            Self::Insufficient(_) if waited_ms < patience_ms => Advice::Wait,
            // A share that is not tolerated is no lack of traffic: only a person lets that pass.
            Self::Insufficient(needs) if needs.requests.is_none() && policy != LowTraffic::Rollback => {
                Advice::Hold
            }
            Self::Insufficient(_) => match policy {
                LowTraffic::Hold => Advice::Hold,
                LowTraffic::PromoteWithWarning => Advice::AdvanceWithWarning,
                LowTraffic::Rollback => Advice::RollBack,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(requests: Option<u64>) -> Verdict {
        Verdict::Insufficient(Needs { requests, ..Needs::default() })
    }

    #[test]
    fn patience_ends_as_the_policy_says() {
        let check = |verdict: &Verdict, waited, policy, expect| {
            assert_eq!(verdict.advice(waited, 100, policy), expect, "{verdict:?} {policy:?}");
        };
        let few = needs(Some(9));
        check(&few, 99, LowTraffic::Rollback, Advice::Wait);
        check(&few, 100, LowTraffic::Hold, Advice::Hold);
        check(&few, 100, LowTraffic::PromoteWithWarning, Advice::AdvanceWithWarning);
        check(&few, 100, LowTraffic::Rollback, Advice::RollBack);
        check(&needs(None), 100, LowTraffic::PromoteWithWarning, Advice::Hold);
        check(&needs(None), 100, LowTraffic::Rollback, Advice::RollBack);
        check(&Verdict::Good, 0, LowTraffic::Hold, Advice::Advance);
        let alarm = Alarm { cause: Cause::Exited, at: Millis(1), e: None };
        check(&Verdict::RollBack(alarm), 0, LowTraffic::PromoteWithWarning, Advice::RollBack);
        check(&Verdict::Misrouted(alarm), 0, LowTraffic::PromoteWithWarning, Advice::Hold);
    }

    #[test]
    fn needs_are_told_in_words() {
        let check = |needs: Needs, expect: &str| assert_eq!(needs.to_string(), expect);
        let all = Needs { requests: Some(412), about_ms: Some(175_000), ..Needs::default() };
        check(all, "needs 412 more requests (about 3 min at this rate)");
        check(Needs { about_ms: None, ..all }, "needs 412 more requests");
        check(Needs { requests: Some(0), dwell_ms: 40_000, ..all }, "needs 40 s more in this step");
        let history = Needs { requests: Some(0), history: 12, ..all };
        check(history, "needs 12 more answers of the stable release to know what is slow");
        let bad = Needs { requests: None, metric: Some(Metric::Errors), ..all };
        assert!(bad.to_string().contains("errors"));
    }
}
