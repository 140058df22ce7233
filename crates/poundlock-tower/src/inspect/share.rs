//! A share of all requests, chosen by their IDs.
//!
//! Main type: [`Share`]. The same request is chosen wherever it is asked about: nothing is random.

use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// How many of a million requests are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(u32);

const MILLION: u32 = 1_000_000;

impl Share {
    /// Every request.
    pub const ALL: Self = Self(MILLION);

    /// So many of a million, if they are not more than that.
    #[must_use]
    pub fn per_million(parts: u32) -> Option<Self> {
        (parts <= MILLION).then_some(Self(parts))
    }

    /// Whether the request of this ID is meant.
    #[must_use]
    pub fn takes(self, request_id: &str) -> bool {
        if self == Self::ALL {
            return true;
        }
        let mut hasher = SipHasher13::new();
        hasher.write(request_id.as_bytes());
        hasher.finish() % u64::from(MILLION) < u64::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of 10,000 IDs a share takes.
    fn check(parts: u32, expect: std::ops::RangeInclusive<usize>) {
        let share = Share::per_million(parts).unwrap();
        let taken = (0..10_000).filter(|n| share.takes(&format!("request-{n}"))).count();
        assert!(expect.contains(&taken), "{taken} for {parts}");
    }

    #[test]
    fn a_share_takes_about_that_many_and_always_the_same() {
        check(0, 0..=0);
        check(10_000, 60..=140);
        check(500_000, 4_800..=5_200);
        check(1_000_000, 10_000..=10_000);
        assert_eq!(Share::per_million(1_000_001), None);
        let half = Share::per_million(500_000).unwrap();
        assert!((0..100).all(|n| half.takes(&n.to_string()) == half.takes(&n.to_string())));
        let tenth = Share::per_million(100_000).unwrap();
        assert!((0..1_000).map(|n| n.to_string()).all(|id| !tenth.takes(&id) || half.takes(&id)));
    }
}
