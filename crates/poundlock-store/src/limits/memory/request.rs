//! One request: its charges are decided and paid for together, or not at all.
//!
//! Main item: [`Request`]. Everything it asks about is locked before the first decision and unlocked after the last
//! change, so nobody sees half of a request, or a charge that is then taken back.

use super::Limit;
use super::locks::{Ask, Locks};
use super::quotas::Quotas;
use super::table::set_back;
use poundlock_limit::{Budget, Charge, Decision, LimitId, Micros, State, Used, Verdict};
use smallvec::SmallVec;
use std::sync::{MutexGuard, PoisonError, atomic::Ordering};

/// The charges of one request, with everything locked that they need. Locks are taken in one order: rate buckets, then
/// quotas by limit.
pub(super) struct Request<'s> {
    items: SmallVec<[Item<'s>; 4]>,
    rates: SmallVec<[Ask<'s>; 4]>,
    buckets: Locks<'s>,
    quotas: SmallVec<[(LimitId, &'s Limit, MutexGuard<'s, Quotas>); 4]>,
    now: Micros,
}

/// One charge and where its state is.
struct Item<'s> {
    charge: Charge,
    limit: &'s Limit,
    /// Of `rates` or of `quotas`.
    at: usize,
}

impl<'s> Request<'s> {
    /// Locks what the charges need.
    pub(super) fn new(charges: impl Iterator<Item = (Charge, &'s Limit, u64)>, now: Micros) -> Self {
        let (mut items, mut rates) = (SmallVec::new(), SmallVec::<[Ask<'s>; 4]>::new());
        for (charge, limit, tag) in charges {
            if let Budget::Rate(gcra) = charge.budget {
                rates.push(Ask::new(&limit.table, limit.epoch, tag, gcra));
            }
            items.push(Item { charge, limit, at: rates.len().saturating_sub(1) });
        }
        let buckets = Locks::hold(&mut rates, now);
        let quotas = lock_quotas(&mut items);
        let mut request = Self { items, rates, buckets, quotas, now };
        request.count_in_the_units_of_the_tables();
        request
    }

    /// Decides all charges, and charges them if all are allowed.
    pub(super) fn decide(mut self) -> Verdict {
        let decided: SmallVec<[(Decision, State); 4]> = self
            .items
            .iter()
            .map(|item| item.charge.budget.decide(self.state(item), self.now, item.charge.cost))
            .collect();
        match decided.iter().all(|(decision, _)| decision.allowed) {
            true => {
                let states = decided.iter().map(|(_, state)| *state).collect();
                self.write(states);
                Verdict { decisions: decided.into_iter().map(|(decision, _)| decision).collect() }
            }
            false => self.deny(&decided),
        }
    }

    /// What every key could do now.
    pub(super) fn peek(&self) -> SmallVec<[Decision; 4]> {
        self.items.iter().map(|item| item.charge.budget.decide(self.state(item), self.now, 0).0).collect()
    }

    /// Changes what every key has spent by `amount`, up to an empty bucket or down to a full one.
    pub(super) fn adjust(mut self, amount: i64) {
        let states = self.items.iter().map(|item| self.adjusted(item, amount)).collect();
        self.write(states);
    }

    /// What was not denied itself has spent nothing either. Times that a clock which was set back has left in the
    /// future are cut even so: they must not lock a key out.
    fn deny(mut self, decided: &[(Decision, State)]) -> Verdict {
        let free = self.peek();
        let decisions =
            decided.iter().zip(free).map(|((own, _), free)| if own.allowed { free } else { *own }).collect();
        let cut: SmallVec<[(&Ask<'s>, Micros); 4]> = self
            .rates
            .iter()
            .filter_map(|ask| {
                let time = set_back(ask.rate.gcra, self.buckets.tat(ask).0, self.now)?;
                Some((ask, Micros(time)))
            })
            .collect();
        self.buckets.write(&cut, self.now);
        Verdict { decisions }
    }

    fn state(&self, item: &Item<'s>) -> State {
        match item.charge.budget {
            Budget::Rate(_) => State::Rate(self.buckets.tat(&self.rates[item.at])),
            Budget::Quota(_) => State::Quota(self.quotas[item.at].2.get(&item.charge.key)),
        }
    }

    fn adjusted(&self, item: &Item<'s>, amount: i64) -> State {
        let cost = amount.unsigned_abs();
        match (item.charge.budget, self.state(item)) {
            (Budget::Rate(gcra), State::Rate(tat)) if amount < 0 => State::Rate(gcra.refund(tat, cost)),
            (Budget::Rate(gcra), State::Rate(tat)) => {
                let (debt, price) = (tat.since(self.now), cost.saturating_mul(gcra.interval()));
                State::Rate(self.now.after(debt.saturating_add(price).min(gcra.span().max(debt))))
            }
            (Budget::Quota(window), State::Quota(used)) if amount < 0 => {
                State::Quota(window.refund(used, cost))
            }
            (Budget::Quota(window), state) => match (Budget::Quota(window).decide(state, self.now, 0)).1 {
                State::Quota(used) => State::Quota(Used { amount: used.amount.saturating_add(cost), ..used }),
                other => other,
            },
            (_, state) => state,
        }
    }

    /// Keeps new states, one an item. A charge of 0 changes nothing: a late reader's clock must not move a time.
    fn write(&mut self, states: SmallVec<[State; 4]>) {
        let mut tats: SmallVec<[(&Ask<'s>, Micros); 4]> = SmallVec::new();
        for (item, state) in self.items.iter().zip(states) {
            match (item.charge.budget, state) {
                _ if item.charge.cost == 0 => {}
                (Budget::Rate(_), State::Rate(tat)) => tats.push((&self.rates[item.at], tat)),
                (Budget::Quota(window), State::Quota(used)) => {
                    let lost = self.quotas[item.at].2.put(item.charge.key, used, window, self.now);
                    item.limit.table.evictions.fetch_add(lost, Ordering::Relaxed);
                }
                _ => {}
            }
        }
        self.buckets.write(&tats, self.now);
    }

    fn count_in_the_units_of_the_tables(&mut self) {
        for item in &mut self.items {
            if let Budget::Rate(gcra) = &mut item.charge.budget {
                *gcra = self.rates[item.at].rate.gcra;
            }
        }
    }
}

type Held<'s> = (LimitId, &'s Limit, MutexGuard<'s, Quotas>);

fn lock_quotas<'s>(items: &mut [Item<'s>]) -> SmallVec<[Held<'s>; 4]> {
    let quota = |item: &&Item<'s>| matches!(item.charge.budget, Budget::Quota(_));
    let mut wanted: SmallVec<[(LimitId, &'s Limit); 4]> =
        items.iter().filter(quota).map(|item| (item.charge.limit, item.limit)).collect();
    wanted.sort_unstable_by_key(|(id, _)| *id);
    wanted.dedup_by_key(|(id, _)| *id);
    for item in items.iter_mut().filter(|item| matches!(item.charge.budget, Budget::Quota(_))) {
        item.at = wanted.binary_search_by_key(&item.charge.limit, |(id, _)| *id).unwrap_or(0);
    }
    let lock = |limit: &'s Limit| limit.quotas.lock().unwrap_or_else(PoisonError::into_inner);
    wanted.into_iter().map(|(id, limit)| (id, limit, lock(limit))).collect()
}
