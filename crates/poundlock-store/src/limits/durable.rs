//! Rates in memory and quotas in a file, as one store.
//!
//! Main type: [`DurableLimits`]. It knows the order of the two, and not how either keeps anything.

use crate::limits::sqlite::SqliteQuotas;
use crate::limits::{LimitStore, StoreError};
use poundlock_limit::{Budget, Charge, Decision, Key, LimitId, Micros, Verdict};
use smallvec::SmallVec;

/// Keeps rates in another store, and quotas in SQLite.
///
/// A request that has both is charged its rates first, because that is quick and seldom has to be undone; if its quotas
/// then deny, its rates are given back. In between, another request of the same key may be denied a token that comes back.
#[derive(Debug, Clone)]
pub struct DurableLimits<R> {
    /// Where rates are kept.
    pub rates: R,
    /// Where quotas are kept.
    pub quotas: SqliteQuotas,
}

impl<R: LimitStore> DurableLimits<R> {
    /// Decides the quotas of a request whose rates have been charged; charges those back if they are not admitted.
    async fn confirm(
        &self,
        rates: &[Charge],
        paid: &mut Verdict,
        quotas: &[Charge],
        now: Micros,
    ) -> Result<Verdict, StoreError> {
        let result = self.quotas.decide(quotas, now).await;
        if !result.as_ref().is_ok_and(Verdict::admitted) {
            for (charge, decision) in rates.iter().zip(&mut paid.decisions) {
                let amount = i64::try_from(charge.cost).unwrap_or(i64::MAX);
                self.rates.adjust(charge.limit, &charge.key, charge.budget, -amount, now).await?;
                unspend(charge, decision);
            }
        }
        result
    }
}

impl<R: LimitStore> LimitStore for DurableLimits<R> {
    async fn decide(&self, charges: &[Charge], now: Micros) -> Result<Verdict, StoreError> {
        let (rates, quotas): (SmallVec<[Charge; 4]>, SmallVec<[Charge; 4]>) =
            charges.iter().copied().partition(is_rate);
        let mut of_rates = self.rates.decide(&rates, now).await?;
        let of_quotas = match of_rates.admitted() {
            true => self.confirm(&rates, &mut of_rates, &quotas, now).await?,
            false => self.unspent(&quotas, now).await?,
        };
        let mut decisions = [of_rates, of_quotas].map(|verdict| verdict.decisions.into_iter());
        let in_order = charges.iter().filter_map(|charge| decisions[usize::from(!is_rate(charge))].next());
        Ok(Verdict { decisions: in_order.collect() })
    }

    async fn adjust(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        amount: i64,
        now: Micros,
    ) -> Result<(), StoreError> {
        match budget {
            Budget::Rate(_) => self.rates.adjust(limit, key, budget, amount, now).await,
            Budget::Quota(_) => self.quotas.adjust(limit, key, budget, amount, now).await,
        }
    }

    async fn peek(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        now: Micros,
    ) -> Result<Decision, StoreError> {
        match budget {
            Budget::Rate(_) => self.rates.peek(limit, key, budget, now).await,
            Budget::Quota(_) => self.quotas.peek(limit, key, budget, now).await,
        }
    }

    async fn reset(&self, limit: LimitId, key: &Key) -> Result<(), StoreError> {
        self.rates.reset(limit, key).await?;
        self.quotas.reset(limit, key).await
    }
}

impl<R> DurableLimits<R> {
    /// What the quotas of a request say that its rates have denied: what is left without it.
    async fn unspent(&self, quotas: &[Charge], now: Micros) -> Result<Verdict, StoreError> {
        let mut verdict = self.quotas.weigh(quotas, now).await?;
        for (charge, decision) in quotas.iter().zip(&mut verdict.decisions).filter(|(_, d)| d.allowed) {
            *decision = self.quotas.peek(charge.limit, &charge.key, charge.budget, now).await?;
        }
        Ok(verdict)
    }
}

fn is_rate(charge: &Charge) -> bool {
    matches!(charge.budget, Budget::Rate(_))
}

/// The decision as it is when its charge has been given back.
fn unspend(charge: &Charge, decision: &mut Decision) {
    if let Budget::Rate(rate) = charge.budget {
        decision.remaining = decision.remaining.saturating_add(charge.cost);
        decision.reset_after =
            decision.reset_after.saturating_sub(charge.cost.saturating_mul(rate.interval()));
    }
}
