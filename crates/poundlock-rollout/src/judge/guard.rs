//! What needs no statistics: an instance that exits, restarts again and again, or refuses connections.
//!
//! Main type: [`Guard`]. It does not know requests.

use super::verdict::Cause;
use crate::split::Arm;
use serde::{Deserialize, Serialize};

/// Something that a release's instances did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// A process ended by itself.
    Exited,
    /// A process ended again and again.
    CrashLoop,
    /// The release has an instance that is ready.
    Ready,
    /// The release has none any more.
    NotReady,
    /// A connection was made.
    Connected,
    /// A connection was refused.
    Refused,
}

/// First connections that must all have been refused.
const REFUSED: u8 = 3;

/// What the instances of both releases did so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Guard {
    /// Connections that the candidate refused, before it ever took one.
    refused: u8,
    connected: bool,
    stable_refuses: bool,
    stable_not_ready: bool,
}

impl Guard {
    /// Takes note, and says why the candidate must get no more traffic.
    ///
    /// The stable release's own trouble excuses the candidate where both may have one cause: readiness and connections.
    pub(super) fn observe(&mut self, arm: Arm, sign: Sign) -> Option<Cause> {
        match (arm, sign) {
            (Arm::Candidate, Sign::Exited) => Some(Cause::Exited),
            (Arm::Candidate, Sign::CrashLoop) => Some(Cause::CrashLoop),
            (Arm::Candidate, Sign::NotReady) => (!self.stable_not_ready).then_some(Cause::NotReady),
            (Arm::Candidate, Sign::Connected) => {
                self.connected = true;
                None
            }
            (Arm::Candidate, Sign::Refused) => {
                self.refused = self.refused.saturating_add(1);
                (!self.connected && self.refused >= REFUSED && !self.stable_refuses).then_some(Cause::Refused)
            }
            (Arm::Candidate, Sign::Ready) | (Arm::Stable, Sign::Exited | Sign::CrashLoop) => None,
            (Arm::Stable, Sign::Ready | Sign::NotReady) => {
                self.stable_not_ready = sign == Sign::NotReady;
                None
            }
            (Arm::Stable, Sign::Connected | Sign::Refused) => {
                self.stable_refuses = sign == Sign::Refused;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Arm::{Candidate, Stable};
    use Sign::*;

    fn check(signs: &[(Arm, Sign)], expect: Option<Cause>) {
        let mut guard = Guard::default();
        let cause = signs.iter().find_map(|(arm, sign)| guard.observe(*arm, *sign));
        assert_eq!(cause, expect, "{signs:?}");
    }

    #[test]
    fn the_candidate_answers_for_its_processes() {
        check(&[(Candidate, Exited)], Some(Cause::Exited));
        check(&[(Candidate, CrashLoop)], Some(Cause::CrashLoop));
        check(&[(Stable, Exited), (Stable, CrashLoop), (Stable, NotReady)], None);
    }

    #[test]
    fn readiness_counts_while_the_stable_release_has_it() {
        check(&[(Stable, Ready), (Candidate, Ready), (Candidate, NotReady)], Some(Cause::NotReady));
        check(&[(Stable, NotReady), (Candidate, NotReady)], None);
        check(&[(Stable, NotReady), (Stable, Ready), (Candidate, NotReady)], Some(Cause::NotReady));
    }

    #[test]
    fn three_refused_from_the_start_while_the_stable_release_connects() {
        let refused = (Candidate, Refused);
        check(&[refused, refused], None);
        check(&[refused, refused, refused], Some(Cause::Refused));
        check(&[refused, refused, (Candidate, Connected), refused, refused], None);
        check(&[(Stable, Refused), refused, refused, refused, refused], None);
        check(
            &[(Stable, Refused), refused, refused, refused, (Stable, Connected), refused],
            Some(Cause::Refused),
        );
    }
}
