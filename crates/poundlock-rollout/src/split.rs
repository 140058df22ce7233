//! Who gets the candidate: a sticky draw that only ever grows.
//!
//! Main types: [`Split`], [`Unit`] and [`Weight`]. They do not know what a key is made of, nor what becomes of a request.

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;

/// One of the two releases that share the traffic of a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arm {
    /// The release that had the traffic.
    Stable,
    /// The release that wants it.
    Candidate,
}

/// The share of units that the candidate gets, in basis points: 0 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Weight(u16);

/// A share above 10,000 basis points, or one that is no number between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a weight is between 0 and 1, in steps of 0.0001")]
pub struct InvalidWeight;

impl Weight {
    /// Nobody.
    pub const NONE: Self = Self(0);
    /// Everybody.
    pub const ALL: Self = Self(10_000);

    /// A share in basis points.
    pub const fn new(basis_points: u16) -> Option<Self> {
        if basis_points <= 10_000 { Some(Self(basis_points)) } else { None }
    }

    /// The nearest weight to a share between 0 and 1.
    pub fn from_share(share: f64) -> Result<Self, InvalidWeight> {
        if (0.0..=1.0).contains(&share) {
            Ok(Self((share * 10_000.0).round() as u16))
        } else {
            Err(InvalidWeight)
        }
    }

    /// The share, from 0 to 1.
    pub fn share(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }

    /// Basis points.
    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// The share of the other release.
    pub(crate) const fn rest(self) -> Self {
        Self(10_000 - self.0)
    }
}

impl TryFrom<u16> for Weight {
    type Error = InvalidWeight;

    fn try_from(basis_points: u16) -> Result<Self, InvalidWeight> {
        Self::new(basis_points).ok_or(InvalidWeight)
    }
}

impl From<Weight> for u16 {
    fn from(weight: Weight) -> Self {
        weight.0
    }
}

/// What is assigned as a whole, a client or a session, as the hash of its key: uniform, and meaningless outside
/// its rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Unit(pub u64);

impl Unit {
    /// The release of this unit at a weight.
    ///
    /// Monotone: a unit on the candidate stays there while the weight rises, so that nobody flips back and forth.
    pub fn arm(self, weight: Weight) -> Arm {
        // Maps 64 bits to 0..10,000 without a division (Lemire, ACM TOMACS 29(1), 2019; bias below 2⁻⁵⁰).
        let place = (u128::from(self.0) * 10_000) >> 64;
        if place < u128::from(weight.0) { Arm::Candidate } else { Arm::Stable }
    }
}

/// The draw of one rollout: SipHash-1-3 of a key, under a salt that nobody outside knows, so that no client can
/// choose its release.
///
/// ```
/// use poundlock_rollout::split::{Arm, Split, Weight};
///
/// let unit = Split::new(0x0123_4567, 0x89ab_cdef).unit(b"user-17");
/// assert_eq!(unit.arm(Weight::NONE), Arm::Stable);
/// assert_eq!(unit.arm(Weight::ALL), Arm::Candidate);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    salt: (u64, u64),
}

impl Split {
    /// A draw under a salt of 128 random bits, new for each rollout: who was unlucky last time need not be again.
    pub const fn new(low: u64, high: u64) -> Self {
        Self { salt: (low, high) }
    }

    /// The unit of a key, such as an affinity cookie, a header or the address of a client.
    pub fn unit(self, key: &[u8]) -> Unit {
        let mut hasher = SipHasher13::new_with_keys(self.salt.0, self.salt.1);
        hasher.write(key);
        Unit(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn share(split: Split, weight: Weight, keys: u32) -> f64 {
        let on = (0..keys).filter(|key| split.unit(&key.to_le_bytes()).arm(weight) == Arm::Candidate).count();
        on as f64 / f64::from(keys)
    }

    #[test]
    fn shares_are_as_asked_for() {
        for (basis_points, salt) in [(1, 1), (100, 2), (500, 3), (1_000, 4), (5_000, 5), (9_900, 6)] {
            let weight = Weight::new(basis_points).unwrap();
            let sd = (weight.share() * (1.0 - weight.share()) / 100_000.0).sqrt();
            let off = share(Split::new(salt, 7), weight, 100_000) - weight.share();
            assert!(off.abs() < 4.5 * sd, "{basis_points}: off by {off}");
        }
    }

    #[test]
    fn nobody_and_everybody_are_exact() {
        assert_eq!(share(Split::new(8, 9), Weight::NONE, 100_000), 0.0);
        assert_eq!(share(Split::new(8, 9), Weight::ALL, 100_000), 1.0);
        assert_eq!(Unit(0).arm(Weight::NONE), Arm::Stable);
        assert_eq!(Unit(u64::MAX).arm(Weight::ALL), Arm::Candidate);
    }

    #[test]
    fn a_new_salt_reshuffles() {
        let half = Weight::new(5_000).unwrap();
        let (one, other) = (Split::new(1, 1), Split::new(2, 1));
        let same = (0..10_000u32).filter(|key| {
            let key = key.to_le_bytes();
            one.unit(&key).arm(half) == other.unit(&key).arm(half)
        });
        assert!((4_700..5_300).contains(&same.count()));
    }

    #[test]
    fn shares_become_weights() {
        assert_eq!(Weight::from_share(0.05), Ok(Weight(500)));
        assert_eq!(Weight::from_share(1.0), Ok(Weight::ALL));
        for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Weight::from_share(bad), Err(InvalidWeight), "{bad}");
        }
        assert!(serde_json::from_str::<Weight>("10001").is_err());
    }

    proptest! {
        #[test]
        fn nobody_flips_back_as_the_weight_rises(salt: (u64, u64), key: Vec<u8>, a in 0u16..=10_000, b in 0u16..=10_000) {
            let unit = Split::new(salt.0, salt.1).unit(&key);
            let (low, high) = (Weight(a.min(b)), Weight(a.max(b)));
            prop_assert!(unit.arm(low) == Arm::Stable || unit.arm(high) == Arm::Candidate);
        }

        #[test]
        fn the_ends_are_exact_and_assignment_is_sticky(salt: (u64, u64), key: Vec<u8>, at in 0u16..=10_000) {
            let split = Split::new(salt.0, salt.1);
            prop_assert_eq!(split.unit(&key).arm(Weight::NONE), Arm::Stable);
            prop_assert_eq!(split.unit(&key).arm(Weight::ALL), Arm::Candidate);
            prop_assert_eq!(split.unit(&key).arm(Weight(at)), split.unit(&key).arm(Weight(at)));
        }
    }
}
