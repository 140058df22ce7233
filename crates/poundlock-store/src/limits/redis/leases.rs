//! Tokens that were paid for in advance: a hot key costs the server one call per lease, not one per request.
//!
//! Main type: [`Leases`]. It knows how hot a key is on this node and what is left of its lease; what a lease gets, the
//! script decides.

use poundlock_limit::{Budget, Charge, Decision, Gcra, Key, LimitId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// For how long a node pays in advance, and over how long it measures what a key asks for.
const AHEAD: Duration = Duration::from_millis(100);
/// How long tokens can be spent after they were paid for; what is unused then, lapses.
pub const LEASE_TIME: Duration = Duration::from_millis(200);
/// Tokens in [`AHEAD`] from which on a key is hot: below, leases would save nothing.
const HOT: u64 = 10;

/// The leases of this node, by limit and key.
pub(super) struct Leases {
    keys: Mutex<HashMap<(LimitId, Key), Lease>>,
    room: usize,
}

/// How one charge is paid.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Payment {
    /// From the lease.
    Paid(Decision),
    /// The server has to be asked, and for so many tokens more.
    Ask(u64),
}

struct Lease {
    rate: Gcra,
    tokens: u64,
    lapses: Instant,
    /// Whether somebody is asking for more just now.
    asking: bool,
    /// What the server said last, and when.
    last: Option<(Decision, Instant)>,
    /// Tokens asked for since `began`, and in the span before.
    asked: u64,
    before: u64,
    began: Instant,
}

impl Leases {
    pub(super) fn new(keys: usize) -> Self {
        Self { keys: Mutex::default(), room: keys }
    }

    /// Pays a charge of a leased rate, if enough tokens are there.
    pub(super) fn pay(&self, charge: &Charge, now: Instant) -> Payment {
        let Budget::Rate(rate) = charge.budget else { return Payment::Ask(0) };
        let mut keys = self.keys();
        if keys.len() >= self.room && !keys.contains_key(&(charge.limit, charge.key)) {
            keys.retain(|_, lease| now < lease.began + 2 * AHEAD || now < lease.lapses);
            if keys.len() >= self.room {
                return Payment::Ask(0);
            }
        }
        let lease = keys.entry((charge.limit, charge.key)).or_insert_with(|| Lease::new(rate, now));
        lease.pay(rate, charge.cost, now)
    }

    /// Takes what the server granted to a charge that asked for more.
    pub(super) fn fill(&self, charge: &Charge, prepaid: u64, decision: &Decision, now: Instant) {
        if let Some(lease) = self.keys().get_mut(&(charge.limit, charge.key)) {
            lease.last = Some((*decision, now));
            if prepaid > 0 {
                lease.tokens = if now < lease.lapses { lease.tokens } else { 0 }.saturating_add(prepaid);
                lease.lapses = now + LEASE_TIME;
            }
        }
    }

    /// A request that asked for more has its answer, or waits no longer.
    fn asked(&self, charge: &Charge) {
        if let Some(lease) = self.keys().get_mut(&(charge.limit, charge.key)) {
            lease.asking = false;
        }
    }

    /// Puts back what a request has paid that was then denied by another budget.
    pub(super) fn give_back(&self, charge: &Charge) {
        if let Some(lease) = self.keys().get_mut(&(charge.limit, charge.key)) {
            lease.tokens = lease.tokens.saturating_add(charge.cost);
        }
    }

    /// Ends the lease of a key; its tokens lapse.
    pub(super) fn forget(&self, limit: LimitId, key: &Key) {
        self.keys().remove(&(limit, *key));
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<(LimitId, Key), Lease>> {
        // Nothing panics while it is held, and each state in between is a valid one.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    fn new(rate: Gcra, now: Instant) -> Self {
        Self { rate, tokens: 0, lapses: now, asking: false, last: None, asked: 0, before: 0, began: now }
    }

    fn pay(&mut self, rate: Gcra, cost: u64, now: Instant) -> Payment {
        if rate != self.rate {
            *self = Self::new(rate, now);
        }
        self.measure(cost, now);
        if now >= self.lapses {
            self.tokens = 0;
        }
        match self.tokens.checked_sub(cost).zip(self.last) {
            Some((left, (last, when))) if self.tokens > 0 => {
                self.tokens = left;
                Payment::Paid(self.decision(last, now.duration_since(when)))
            }
            _ if self.asking || self.before < HOT => Payment::Ask(0),
            _ => {
                self.asking = true;
                Payment::Ask(self.before)
            }
        }
    }

    /// Counts what is asked for in spans of [`AHEAD`].
    fn measure(&mut self, cost: u64, now: Instant) {
        let past = now.saturating_duration_since(self.began);
        if past >= AHEAD {
            self.before = if past < 2 * AHEAD { self.asked } else { 0 };
            (self.asked, self.began) = (0, now);
        }
        self.asked = self.asked.saturating_add(cost.min(self.rate.burst()));
    }

    /// What the server said last, as it is after some time if only this node spends.
    fn decision(&self, last: Decision, past: Duration) -> Decision {
        let past = u64::try_from(past.as_micros()).unwrap_or(u64::MAX);
        let grown = past / self.rate.interval();
        Decision {
            allowed: true,
            remaining: last.remaining.saturating_add(grown).saturating_add(self.tokens).min(last.limit),
            reset_after: last.reset_after.saturating_sub(past),
            retry_after: None,
            ..last
        }
    }
}

/// The charges of a request that ask for more; nobody else asks until it ends, answered or given up.
pub(super) struct Asking<'a> {
    leases: &'a Leases,
    charges: Vec<Charge>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(leases: &'a Leases) -> Self {
        Self { leases, charges: Vec::new() }
    }

    pub(super) fn push(&mut self, charge: Charge) {
        self.charges.push(charge);
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.charges.iter().for_each(|charge| self.leases.asked(charge));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    fn charge(cost: u64) -> Charge {
        let n = |n| NonZeroU64::new(n).unwrap();
        let rate = Gcra::new(n(1000), Duration::from_secs(1), n(500)).unwrap();
        Charge { limit: LimitId(0), key: Key::EMPTY, budget: Budget::Rate(rate), cost }
    }

    const LEFT: Decision =
        Decision { allowed: true, limit: 500, remaining: 400, reset_after: 100_000, retry_after: None };

    /// A key that has asked for `asked` tokens in the span before `now`.
    fn hot(leases: &Leases, asked: u64, now: Instant) {
        for _ in 0..asked {
            assert_eq!(leases.pay(&charge(1), now - AHEAD), Payment::Ask(0));
        }
    }

    #[test]
    fn a_key_that_is_not_hot_pays_for_nothing_in_advance() {
        let (leases, now) = (Leases::new(8), Instant::now() + 2 * AHEAD);
        hot(&leases, HOT - 1, now);
        assert_eq!(leases.pay(&charge(1), now), Payment::Ask(0));
    }

    #[test]
    fn a_hot_key_asks_once_and_spends_no_more_than_it_got() {
        let (leases, now) = (Leases::new(8), Instant::now() + 2 * AHEAD);
        hot(&leases, 50, now);
        assert_eq!(leases.pay(&charge(1), now), Payment::Ask(50));
        assert_eq!(leases.pay(&charge(1), now), Payment::Ask(0), "one asks, the others do not");
        leases.fill(&charge(1), 3, &LEFT, now);
        let paid = (0..10).filter(|_| matches!(leases.pay(&charge(1), now), Payment::Paid(_))).count();
        assert_eq!(paid, 3);
    }

    #[test]
    fn tokens_that_were_not_used_lapse() {
        let (leases, now) = (Leases::new(8), Instant::now() + 2 * AHEAD);
        hot(&leases, 50, now);
        assert_eq!(leases.pay(&charge(1), now), Payment::Ask(50));
        leases.fill(&charge(1), 50, &LEFT, now);
        assert!(matches!(leases.pay(&charge(1), now + LEASE_TIME / 2), Payment::Paid(_)));
        assert!(matches!(leases.pay(&charge(1), now + LEASE_TIME), Payment::Ask(_)));
    }

    #[test]
    fn an_ask_that_is_given_up_lets_the_next_one_ask() {
        let (leases, now) = (Leases::new(8), Instant::now() + 2 * AHEAD);
        hot(&leases, 50, now);
        assert_eq!(leases.pay(&charge(1), now), Payment::Ask(50));
        let mut asking = Asking::new(&leases);
        asking.push(charge(1));
        drop(asking);
        assert_eq!(leases.pay(&charge(1), now), Payment::Ask(50));
    }

    #[test]
    fn keys_are_bounded() {
        let (leases, now) = (Leases::new(2), Instant::now());
        for key in ["a", "b", "c", "d"] {
            leases.pay(&Charge { key: Key::new(key).unwrap(), ..charge(1) }, now);
        }
        assert_eq!(leases.keys().len(), 2);
    }
}
