//! Burst allowances: a larger bucket for one key and a time, for a launch or a migration.
//!
//! Main type: [`Grants`]. They do not change a rate: what was spent grows back at it, and what was spent
//! beyond the usual burst is forgiven when the grant ends. See
//! [`Gcra::with_extra`](crate::Gcra::with_extra).

use crate::expiring::Expiring;
use crate::{Key, LimitId, Micros};
use std::num::NonZeroUsize;

/// One allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Under which limit.
    pub limit: LimitId,
    /// To whom.
    pub key: Key,
    /// Tokens beyond the burst.
    pub extra: u64,
    /// Until when.
    pub until: Micros,
}

/// The allowances in force, at most so many: one more ends the one that ends soonest.
#[derive(Debug, Clone)]
pub struct Grants {
    grants: Expiring<(u64, Micros)>,
}

impl Grants {
    /// None yet.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self { grants: Expiring::new(capacity) }
    }

    /// Grants, in place of what the key had.
    pub fn grant(&mut self, grant: Grant) {
        self.grants.put((grant.limit, grant.key), (grant.extra, grant.until), grant.until);
    }

    /// Ends an allowance before its time; says whether there was one.
    pub fn revoke(&mut self, limit: LimitId, key: &Key) -> bool {
        self.grants.remove(&(limit, *key)).is_some()
    }

    /// What a key may spend at once beyond the burst; mostly 0.
    #[must_use]
    pub fn extra(&self, limit: LimitId, key: &Key, now: Micros) -> u64 {
        if self.grants.len() == 0 {
            return 0;
        }
        self.grants.get(&(limit, *key), now).map_or(0, |(extra, _)| extra)
    }

    /// The allowances in force, by limit and key.
    pub fn list(&self, now: Micros) -> impl Iterator<Item = Grant> {
        self.grants.iter(now).map(|((limit, key), (extra, until))| Grant {
            limit: *limit,
            key: *key,
            extra,
            until,
        })
    }

    /// How many keys have one, or had one that has not been forgotten yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.grants.len()
    }

    /// Whether nobody has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets what is over: worth doing now and then, never necessary.
    pub fn sweep(&mut self, now: Micros) {
        self.grants.sweep(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Budget, Charge, Ledger, Rate};
    use std::num::NonZeroU64;

    const LIMIT: LimitId = LimitId(3);

    fn grant(extra: u64, until: u64) -> Grant {
        Grant { limit: LIMIT, key: Key::EMPTY, extra, until: Micros(until) }
    }

    fn grants(capacity: usize) -> Grants {
        Grants::new(NonZeroUsize::new(capacity).unwrap())
    }

    #[test]
    fn a_grant_replaces_the_one_before_and_ends() {
        let mut grants = grants(2);
        grants.grant(grant(10, 100));
        grants.grant(grant(5, 50));
        let extra = |at| grants.extra(LIMIT, &Key::EMPTY, Micros(at));
        assert_eq!((extra(0), extra(49), extra(50)), (5, 5, 0));
        assert_eq!(grants.extra(LimitId(0), &Key::EMPTY, Micros(0)), 0);
        assert_eq!(grants.list(Micros(0)).collect::<Vec<_>>(), [grant(5, 50)]);
        assert!(grants.revoke(LIMIT, &Key::EMPTY) && !grants.revoke(LIMIT, &Key::EMPTY));
        assert_eq!(grants.extra(LIMIT, &Key::EMPTY, Micros(0)), 0);
    }

    #[test]
    fn one_too_many_ends_the_soonest() {
        let mut grants = grants(2);
        for (name, until) in [("a", 300), ("b", 100), ("c", 200)] {
            grants.grant(Grant { key: Key::new(name).unwrap(), ..grant(1, until) });
        }
        let left: Vec<_> = grants.list(Micros(0)).map(|grant| grant.key.to_string()).collect();
        assert_eq!(left, ["a", "c"]);
        grants.sweep(Micros(200));
        assert_eq!(grants.list(Micros(0)).count(), 1);
    }

    /// The bucket is larger while the grant lasts; the first to ask after it finds an empty one of the usual size.
    #[test]
    fn a_granted_burst_is_spent_once_and_leaves_no_debt() {
        let mut grants = grants(2);
        let end = 10 * Micros::SECOND;
        grants.grant(grant(50, end));
        let limit = "60/min".parse::<Rate>().unwrap().gcra(NonZeroU64::new(10).unwrap()).unwrap();
        let mut ledger = Ledger::default();
        let mut ask = |at: u64, cost| {
            let budget = Budget::Rate(limit.with_extra(grants.extra(LIMIT, &Key::EMPTY, Micros(at))));
            ledger.decide(&[Charge { limit: LIMIT, key: Key::EMPTY, budget, cost }], Micros(at)).admitted()
        };
        assert!(!ask(0, 61) && ask(0, 60) && !ask(0, 1));
        assert!(!ask(end, 1) && ask(end + Micros::SECOND, 1) && !ask(end + Micros::SECOND, 1));
    }
}
