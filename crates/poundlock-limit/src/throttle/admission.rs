//! Which requests are shed when not all fit.
//!
//! Main type: [`Admission`]. It is told how many are in flight and how many may be; it does not know why.
//!
//! Priorities are kept by reserving the last places: in steps of about the root of the limit, sheddable requests stop
//! first, then default, then critical ones (trunk reservation: for one resource and few classes
//! it is the best there is, Miller 1969). Cinnamon and WeChat's DAGOR find a priority threshold from the recent distribution
//! instead; that takes a histogram over all workers and a control loop, reacts in windows, and needs this gate behind it
//! anyway. Here the reaction is immediate, and the state is only what fairness needs. The controller above sees what is
//! in flight, so whichever class fills the upstream, the limit comes to rest where that class keeps it busy.

mod shares;

use self::shares::Shares;

/// How much a request matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Shed last: payments, health of the business.
    Critical,
    /// What is not marked otherwise.
    Default,
    /// Shed first: prefetches, batches, crawlers.
    Sheddable,
}

/// Sheds by priority, and inside a priority first from those who already have more than their share.
///
/// One for each worker, 536 bytes, nothing is allocated. [`Admission::tick`] is to be called every 250 ms or so. A worker
/// knows only what it has admitted itself: shares are fair among the clients whose connections it has.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    shares: Shares,
    /// The limit that `step` was made for.
    limit: u32,
    step: u32,
}

impl Admission {
    /// Whether to admit a request of this priority and key (a hash of whoever is to be treated as one: a client, a
    /// tenant; constant if nobody is) while `in_flight` of `limit` are at the upstream.
    ///
    /// With a limit of 8 or more there are six rungs: in each priority those above their share stop one step below the
    /// others, and each priority stops two steps below the next. Under 8 in flight is too few to reserve from.
    #[must_use]
    pub fn admit(&mut self, in_flight: u32, limit: u32, priority: Priority, key_hash: u64) -> bool {
        if limit != self.limit {
            (self.limit, self.step) = (limit, step(limit));
        }
        let rung = 2 * priority as u32 + u32::from(self.shares.is_heavy(key_hash));
        let admitted = in_flight < limit - rung * self.step;
        if admitted {
            self.shares.add(key_hash);
        }
        admitted
    }

    /// Half of what was admitted is forgotten, so that a share is one of the last few ticks. With another `seed` than
    /// before all is, and keys that met in one place of the table part: change it every 10 s or so, at random.
    pub fn tick(&mut self, seed: u64) {
        self.shares.tick(seed);
    }
}

/// Three quarters of the root, and at most an eighth, so that the lowest of the six rungs has three eighths of the limit.
fn step(limit: u32) -> u32 {
    (limit.isqrt() * 3 / 4).min(limit / 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Priority; 3] = [Priority::Critical, Priority::Default, Priority::Sheddable];

    #[test]
    fn each_priority_stops_two_steps_before_the_next() {
        let ceiling = |limit, priority| {
            (0..=limit).find(|n| !Admission::default().admit(*n, limit, priority, 1)).unwrap_or(u32::MAX)
        };
        assert_eq!(ALL.map(|p| ceiling(40, p)), [40, 32, 24]);
        assert_eq!(ALL.map(|p| ceiling(280, p)), [280, 256, 232]);
        assert_eq!(ALL.map(|p| ceiling(8, p)), [8, 6, 4]);
        assert_eq!(ALL.map(|p| ceiling(7, p)), [7, 7, 7]);
        assert_eq!(ALL.map(|p| ceiling(2, p)), [2, 2, 2]);
        assert_eq!(ALL.map(|p| ceiling(0, p)), [0, 0, 0]);
    }

    #[test]
    fn it_is_small() {
        assert_eq!(size_of::<Admission>(), 536);
    }

    #[test]
    fn who_has_more_than_a_share_stops_one_step_before_the_others() {
        let mut admission = Admission::default();
        for key in 0..20 {
            assert!(admission.admit(0, 40, Priority::Default, key));
        }
        assert!((0..20).all(|_| admission.admit(0, 40, Priority::Default, 7)));
        assert!(!admission.admit(28, 40, Priority::Default, 7));
        assert!(admission.admit(31, 40, Priority::Default, 8));
    }

    proptest! {
        #[test]
        fn the_limit_holds_and_a_higher_priority_is_never_worse_off(
            limit: u32, in_flight: u32, key: u64, past in prop::collection::vec(any::<u64>(), 0..50),
        ) {
            let mut admission = Admission::default();
            past.iter().for_each(|key| { let _ = admission.admit(0, u32::MAX, Priority::Critical, *key); });
            let answers = ALL.map(|priority| admission.clone().admit(in_flight, limit, priority, key));
            prop_assert!(answers.is_sorted_by(|higher, lower| higher >= lower));
            prop_assert!(in_flight < limit || answers == [false; 3]);
            prop_assert!(limit == 0 || admission.admit(0, limit, Priority::Sheddable, key));
        }
    }
}
