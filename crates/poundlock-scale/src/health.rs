//! Whether an instance takes traffic, judged from probes and from the traffic itself.
//!
//! Main type: [`InstanceHealth`], a value small enough to live in one atomic word. It does not
//! know who probes, how, or when.

/// How many equal outcomes in a row change the state of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthThresholds {
    /// Failures in a row, from probes or traffic, that take an instance down. At least 1.
    pub down_after: u16,
    /// Successful probes in a row that bring it back. At least 1.
    pub up_after: u16,
}

/// One observation of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A health probe was answered as configured.
    ProbeOk,
    /// A health probe failed or ran out of time.
    ProbeFailed,
    /// A request was answered.
    TrafficOk,
    /// A request could not be sent, or the connection broke before an answer.
    TrafficFailed,
}

/// A change of state worth telling people about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The instance takes no more traffic.
    WentDown,
    /// The instance takes traffic again.
    CameUp,
}

/// The health of one instance: up or down, and the runs of outcomes that argue against it.
///
/// A new instance is up: its first probe may be seconds away, and a request that fails on it is
/// retried elsewhere. Probes and traffic are two witnesses with a run each: an instance that
/// answers requests but fails its probes goes down, and so does one that connects but breaks
/// requests. Only probes bring it back, so that no client request is spent on finding out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InstanceHealth {
    down: bool,
    /// Probes in a row that argue against the present state.
    probes: u16,
    /// Failed requests in a row, while up.
    traffic: u16,
}

impl InstanceHealth {
    /// Whether the instance takes traffic.
    pub fn is_up(self) -> bool {
        !self.down
    }

    /// The state after one more observation, and the change it made, if any.
    #[must_use]
    pub fn observe(self, outcome: Outcome, thresholds: HealthThresholds) -> (Self, Option<Change>) {
        let HealthThresholds { down_after, up_after } = thresholds;
        match (outcome, self.down) {
            (Outcome::ProbeFailed, false) => self.probe_against(down_after, Change::WentDown),
            (Outcome::ProbeOk, true) => self.probe_against(up_after, Change::CameUp),
            (Outcome::ProbeOk, false) | (Outcome::ProbeFailed, true) => (Self { probes: 0, ..self }, None),
            (Outcome::TrafficOk, false) => (Self { traffic: 0, ..self }, None),
            (Outcome::TrafficFailed, false) => {
                let traffic = self.traffic.saturating_add(1);
                if traffic < down_after {
                    (Self { traffic, ..self }, None)
                } else {
                    self.turn(Change::WentDown)
                }
            }
            (Outcome::TrafficOk | Outcome::TrafficFailed, true) => (self, None),
        }
    }

    fn probe_against(self, threshold: u16, change: Change) -> (Self, Option<Change>) {
        let probes = self.probes.saturating_add(1);
        if probes < threshold { (Self { probes, ..self }, None) } else { self.turn(change) }
    }

    fn turn(self, change: Change) -> (Self, Option<Change>) {
        (Self { down: !self.down, probes: 0, traffic: 0 }, Some(change))
    }

    /// The state as one word, for an atomic.
    pub fn to_bits(self) -> u64 {
        u64::from(self.probes) | (u64::from(self.traffic) << 16) | (u64::from(self.down) << 32)
    }

    /// The inverse of [`InstanceHealth::to_bits`].
    pub fn from_bits(bits: u64) -> Self {
        Self { probes: bits as u16, traffic: (bits >> 16) as u16, down: bits & (1 << 32) != 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::*;
    use proptest::prelude::*;

    fn check(down_after: u16, up_after: u16, outcomes: &[Outcome], expect_up: bool) {
        let thresholds = HealthThresholds { down_after, up_after };
        let end = outcomes.iter().fold(InstanceHealth::default(), |h, o| h.observe(*o, thresholds).0);
        assert_eq!(end.is_up(), expect_up, "{outcomes:?}");
    }

    #[test]
    fn runs_change_the_state_and_single_outcomes_do_not() {
        check(3, 2, &[], true);
        check(3, 2, &[ProbeFailed, TrafficFailed], true);
        check(3, 2, &[ProbeFailed, ProbeFailed, ProbeFailed], false);
        check(3, 2, &[TrafficFailed, TrafficFailed, TrafficFailed], false);
        check(3, 2, &[TrafficFailed, TrafficFailed, TrafficOk, TrafficFailed], true);
        check(1, 2, &[TrafficFailed, ProbeOk], false);
        check(1, 2, &[TrafficFailed, ProbeOk, ProbeOk], true);
        check(1, 2, &[TrafficFailed, ProbeOk, ProbeFailed, ProbeOk], false);
    }

    #[test]
    fn traffic_neither_revives_nor_delays_a_revival() {
        check(1, 2, &[TrafficFailed, TrafficOk, TrafficOk, TrafficOk], false);
        check(1, 2, &[TrafficFailed, ProbeOk, TrafficFailed, ProbeOk], true);
    }

    #[test]
    fn one_witness_does_not_silence_the_other() {
        check(3, 2, &[ProbeFailed, TrafficOk, ProbeFailed, TrafficOk, ProbeFailed], false);
        check(3, 2, &[TrafficFailed, ProbeOk, TrafficFailed, ProbeOk, TrafficFailed], false);
    }

    proptest! {
        #[test]
        fn bits_round_trip(down: bool, probes: u16, traffic: u16) {
            let health = InstanceHealth { down, probes, traffic };
            prop_assert_eq!(InstanceHealth::from_bits(health.to_bits()), health);
        }
    }
}
