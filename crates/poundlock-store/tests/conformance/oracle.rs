//! The smallest store: a map, and [`Budget::decide`].
//!
//! Main type: [`Oracle`]. It never forgets and is not meant to be fast.

use poundlock_limit::{Budget, Charge, Decision, Gcra, Key, LimitId, Micros, State, Used, Verdict};
use poundlock_store::limits::{LimitStore, StoreError};
use std::collections::HashMap;
use std::sync::Mutex;

/// Budgets by limit, kind and key.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    budgets: Mutex<HashMap<(LimitId, bool, Key), Kept>>,
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    state: State,
    /// The rate that the state was written under.
    rate: Option<Gcra>,
}

type Budgets = HashMap<(LimitId, bool, Key), Kept>;

fn place(limit: LimitId, budget: Budget, key: &Key) -> (LimitId, bool, Key) {
    (limit, matches!(budget, Budget::Rate(_)), *key)
}

fn state(budgets: &Budgets, charge: &Charge, now: Micros) -> State {
    let kept = budgets.get(&place(charge.limit, charge.budget, &charge.key));
    let Some(kept) = kept else { return charge.budget.fresh() };
    match (kept.state, charge.budget, kept.rate) {
        (State::Rate(tat), Budget::Rate(rate), Some(before)) if rate.interval() != before.interval() => {
            State::Rate(rate.rescale(before, tat, now))
        }
        _ => kept.state,
    }
}

fn keep(budgets: &mut Budgets, charge: &Charge, state: State) {
    let rate = if let Budget::Rate(rate) = charge.budget { Some(rate) } else { None };
    budgets.insert(place(charge.limit, charge.budget, &charge.key), Kept { state, rate });
}

impl LimitStore for Oracle {
    async fn decide(&self, charges: &[Charge], now: Micros) -> Result<Verdict, StoreError> {
        let mut budgets = self.budgets.lock().unwrap();
        let found: Vec<State> = charges.iter().map(|charge| state(&budgets, charge, now)).collect();
        let decide = |i: usize, cost| charges[i].budget.decide(found[i], now, cost);
        let results: Vec<(Decision, State)> =
            (0..charges.len()).map(|i| decide(i, charges[i].cost)).collect();
        let admitted = results.iter().all(|(decision, _)| decision.allowed);
        let mut verdict = Verdict::default();
        for (i, (decision, after)) in results.into_iter().enumerate() {
            // Kept even if nothing was spent: what lies further ahead than an empty bucket is taken as that for good.
            keep(&mut budgets, &charges[i], if admitted { after } else { decide(i, 0).1 });
            // A request that was denied has spent nothing, of no budget.
            let unspent = !admitted && decision.allowed;
            verdict.decisions.push(if unspent { decide(i, 0).0 } else { decision });
        }
        Ok(verdict)
    }

    async fn adjust(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        amount: i64,
        now: Micros,
    ) -> Result<(), StoreError> {
        let mut budgets = self.budgets.lock().unwrap();
        let charge = Charge { limit, key: *key, budget, cost: 0 };
        let cost = amount.unsigned_abs();
        let after = match (budget, budget.decide(state(&budgets, &charge, now), now, 0).1) {
            (Budget::Rate(rate), State::Rate(tat)) if amount < 0 => {
                State::Rate(Micros(rate.refund(tat, cost).0.max(now.0)))
            }
            (Budget::Rate(rate), State::Rate(tat)) => {
                let debt = tat.since(now).saturating_add(cost.saturating_mul(rate.interval()));
                State::Rate(now.after(debt.min(rate.span())))
            }
            (Budget::Quota(window), State::Quota(used)) if amount < 0 => {
                State::Quota(window.refund(used, cost))
            }
            (_, State::Quota(used)) => {
                State::Quota(Used { amount: used.amount.saturating_add(cost), ..used })
            }
            (_, state) => state,
        };
        keep(&mut budgets, &charge, after);
        Ok(())
    }

    async fn peek(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        now: Micros,
    ) -> Result<Decision, StoreError> {
        let charge = Charge { limit, key: *key, budget, cost: 0 };
        Ok(budget.decide(state(&self.budgets.lock().unwrap(), &charge, now), now, 0).0)
    }

    async fn reset(&self, limit: LimitId, key: &Key) -> Result<(), StoreError> {
        self.budgets.lock().unwrap().retain(|(of, _, whose), _| (*of, whose) != (limit, key));
        Ok(())
    }
}
