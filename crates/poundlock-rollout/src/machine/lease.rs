//! Who may control a deployment, and how long a gateway believes it.
//!
//! Main types: [`Lease`], [`Fence`] and [`HeldWeight`]. Where a lease is kept, and that it is taken by one writer at a time, is the
//! store's matter.
//!
//! A controller that was paused and believes to be alone is told apart by its token: each one that takes the lease has a
//! higher one, and whoever carries out effects refuses a lower one than it has seen (fencing, Kleppmann, "How to do distributed
//! locking", 2016).

use super::state::DeploymentId;
use crate::{judge::Millis, split::Weight};
use serde::{Deserialize, Serialize};

/// The token of a controller. Higher is later.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fence(pub u64);

/// The right to control a service's deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// Of which deployment.
    pub deployment: DeploymentId,
    /// Whose.
    pub fence: Fence,
    /// Until when, unless it is renewed.
    pub until: Millis,
}

/// An other one has the lease. Trying again helps when that one's time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("deployment {} holds the lease for {left_ms} ms more", holder.0)]
pub struct LeaseHeld {
    /// Which one.
    pub holder: DeploymentId,
    /// For how long.
    pub left_ms: u64,
}

/// The token is not the highest any more: the controller must stop. Trying again does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an other controller has taken over (token {seen:?})")]
pub struct Stale {
    /// The highest token.
    pub seen: Fence,
}

impl Lease {
    /// Takes the lease when nobody has it or its time is over. The last one must be kept even when it is over: the tokens
    /// go on from it.
    pub fn take(
        last: Option<&Self>,
        deployment: DeploymentId,
        now: Millis,
        for_ms: u64,
    ) -> Result<Self, LeaseHeld> {
        if let Some(held) = last.filter(|held| held.until > now) {
            return Err(LeaseHeld { holder: held.deployment, left_ms: held.until.since(now) });
        }
        let fence = Fence(last.map_or(0, |last| last.fence.0) + 1);
        Ok(Self { deployment, fence, until: Millis(now.0.saturating_add(for_ms)) })
    }

    /// Makes it last longer; only whoever took it last can.
    pub fn renew(self, fence: Fence, now: Millis, for_ms: u64) -> Result<Self, Stale> {
        if fence == self.fence {
            Ok(Self { until: Millis(now.0.saturating_add(for_ms)), ..self })
        } else {
            Err(Stale { seen: self.fence })
        }
    }

    /// Gives it up: anybody may take it at once.
    #[must_use]
    pub const fn release(self) -> Self {
        Self { until: Millis(0), ..self }
    }
}

/// The weight as a gateway holds it: the dead man's switch. All of stable (0) and all of the candidate need no renewal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldWeight {
    weight: Weight,
    until: Option<Millis>,
    fence: Fence,
}

impl HeldWeight {
    /// The weight that is used at a time.
    pub fn at(self, now: Millis) -> Weight {
        if self.until.is_some_and(|until| until <= now) { Weight::NONE } else { self.weight }
    }

    /// Takes a new weight.
    pub fn set(self, fence: Fence, weight: Weight, until: Option<Millis>) -> Result<Self, Stale> {
        self.admit(fence)?;
        let partial = weight != Weight::NONE && weight != Weight::ALL;
        Ok(Self { weight, until: until.filter(|_| partial), fence })
    }

    /// Makes the present weight last longer, unless its time is over: then it has to be set again.
    pub fn renew(self, fence: Fence, now: Millis, until: Millis) -> Result<Self, Stale> {
        self.admit(fence)?;
        let until = self.until.map(|old| if old <= now { old } else { until });
        Ok(Self { until, fence, ..self })
    }

    /// Takes note of a new controller; the weight and its time stay.
    pub fn announce(self, fence: Fence) -> Result<Self, Stale> {
        self.admit(fence)?;
        Ok(Self { fence, ..self })
    }

    /// Whether a token may change anything here.
    pub fn admit(self, fence: Fence) -> Result<(), Stale> {
        if fence < self.fence { Err(Stale { seen: self.fence }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: DeploymentId = DeploymentId(1);
    const B: DeploymentId = DeploymentId(2);

    #[test]
    fn one_has_it_and_tokens_only_rise() {
        let first = Lease::take(None, A, Millis(0), 100).unwrap();
        assert_eq!(Lease::take(Some(&first), B, Millis(99), 100), Err(LeaseHeld { holder: A, left_ms: 1 }));
        let renewed = first.renew(first.fence, Millis(50), 100).unwrap();
        assert!(Lease::take(Some(&renewed), B, Millis(100), 100).is_err());
        let second = Lease::take(Some(&renewed), B, Millis(150), 100).unwrap();
        assert!(second.fence > first.fence);
        assert_eq!(second.renew(first.fence, Millis(151), 100), Err(Stale { seen: second.fence }));
        let third = Lease::take(Some(&second.release()), A, Millis(152), 100).unwrap();
        assert!(third.fence > second.fence);
    }

    #[test]
    fn a_partial_weight_that_nobody_renews_goes_back_to_stable() {
        let (old, new, part) = (Fence(1), Fence(2), Weight::new(2_500).unwrap());
        let held = HeldWeight::default().set(old, part, Some(Millis(60))).unwrap();
        assert_eq!((held.at(Millis(59)), held.at(Millis(60))), (part, Weight::NONE));
        let renewed = held.renew(old, Millis(59), Millis(120)).unwrap();
        assert_eq!(renewed.at(Millis(119)), part);
        assert_eq!(renewed.renew(old, Millis(120), Millis(180)).unwrap().at(Millis(121)), Weight::NONE);
        let whole = renewed.set(new, Weight::ALL, Some(Millis(60))).unwrap();
        assert_eq!(whole.at(Millis(u64::MAX)), Weight::ALL);
        assert_eq!(whole.set(old, Weight::NONE, None), Err(Stale { seen: new }));
        let shown = held.announce(new).unwrap();
        assert_eq!((shown.at(Millis(59)), shown.at(Millis(60))), (part, Weight::NONE));
        assert_eq!(shown.announce(old), Err(Stale { seen: new }));
        assert_eq!(whole.renew(old, Millis(0), Millis(1)), Err(Stale { seen: new }));
    }
}
