//! The oracle: every budget in one map, every decision by the book.
//!
//! Main type: [`Ledger`]. It does what a store must do, one request at a time, and keeps every key for ever: stores are compared
//! with it, nothing else should use it.

use crate::{Budget, Charge, Decision, Gcra, Key, LimitId, Micros, State, Verdict};
use std::collections::HashMap;

/// What every key has spent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    rates: HashMap<(LimitId, Key), (Micros, Gcra)>,
    quotas: HashMap<(LimitId, Key), State>,
}

impl Ledger {
    /// Decides the charges of one request together: all are admitted and charged, or none is. When the request is denied,
    /// what would have been admitted says what is left without it.
    pub fn decide(&mut self, charges: &[Charge], now: Micros) -> Verdict {
        let decide = |ledger: &Self, charge: &Charge, cost| {
            let state = ledger.state(charge.limit, &charge.key, charge.budget, now);
            charge.budget.decide(state, now, cost)
        };
        let decided: Vec<_> = charges.iter().map(|charge| decide(self, charge, charge.cost)).collect();
        let admitted = decided.iter().all(|(decision, _)| decision.allowed);
        let answer = |(charge, (decision, state)): (&Charge, (Decision, State))| {
            if admitted {
                self.keep(charge, state);
                return decision;
            }
            self.cut(charge, now);
            if decision.allowed { decide(self, charge, 0).0 } else { decision }
        };
        Verdict { decisions: charges.iter().zip(decided).map(answer).collect() }
    }

    /// Changes what a key has spent by `amount`, whatever the budget says: see [`Budget::adjust`].
    pub fn adjust(&mut self, limit: LimitId, key: &Key, budget: Budget, amount: i64, now: Micros) {
        let state = budget.adjust(self.state(limit, key, budget, now), now, amount);
        self.keep(&Charge { limit, key: *key, budget, cost: 0 }, state);
    }

    /// What a key could do now; charges nothing.
    #[must_use]
    pub fn peek(&self, limit: LimitId, key: &Key, budget: Budget, now: Micros) -> Decision {
        budget.decide(self.state(limit, key, budget, now), now, 0).0
    }

    /// Forgets what a key has spent, in both kinds of budget.
    pub fn reset(&mut self, limit: LimitId, key: &Key) {
        self.rates.remove(&(limit, *key));
        self.quotas.remove(&(limit, *key));
    }

    /// What was written under another rate counts as many tokens under this one.
    fn state(&self, limit: LimitId, key: &Key, budget: Budget, now: Micros) -> State {
        let at = (limit, *key);
        match budget {
            Budget::Rate(gcra) => self.rates.get(&at).map(|(tat, before)| {
                let same = before.interval() == gcra.interval();
                State::Rate(if same { *tat } else { gcra.rescale(*before, *tat, now) })
            }),
            Budget::Quota(_) => self.quotas.get(&at).copied(),
        }
        .unwrap_or_else(|| budget.fresh())
    }

    /// A time further ahead than an empty bucket's was written by a clock that has been set back, or under a burst that has
    /// ended. It counts as an empty bucket ([`Gcra::decide`]); unless that is kept, it does so again at each asking, and the
    /// key never sees the promised retry.
    fn cut(&mut self, charge: &Charge, now: Micros) {
        if let (Budget::Rate(gcra), State::Rate(tat)) =
            (charge.budget, self.state(charge.limit, &charge.key, charge.budget, now))
            && tat > now.after(gcra.span())
        {
            self.keep(charge, State::Rate(now.after(gcra.span())));
        }
    }

    fn keep(&mut self, charge: &Charge, state: State) {
        let at = (charge.limit, charge.key);
        match (charge.budget, state) {
            (Budget::Rate(gcra), State::Rate(tat)) => _ = self.rates.insert(at, (tat, gcra)),
            (_, state) => _ = self.quotas.insert(at, state),
        }
    }
}

#[cfg(test)]
mod tests;
