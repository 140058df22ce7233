//! What one request asks of one budget.
//!
//! Main type: [`Charge`]. Several are decided together by a store: all are admitted, or none is charged.

use crate::{Decision, Gcra, Key, Micros, Used, Window};
use smallvec::SmallVec;

/// How many budgets one request can be charged to at once.
pub const MAX_CHARGES: usize = 64;

/// A budget in the form that stores do arithmetic with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Budget {
    /// A rate with a burst.
    Rate(Gcra),
    /// A quota in its present period.
    Quota(Window),
}

/// Which limit: its place in the list that a store was configured with. Keys of different limits, and the rate and the
/// quota of one, never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LimitId(pub u16);

/// A request for `cost` from the budget of `key` under a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// Which limit.
    pub limit: LimitId,
    /// Whose budget.
    pub key: Key,
    /// The budget.
    pub budget: Budget,
    /// What is asked for.
    pub cost: u64,
}

/// The answers to the charges of one request, in their order.
///
/// If every one is allowed, all have been charged; if one is not, none has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// One for each charge.
    pub decisions: SmallVec<[Decision; 4]>,
}

impl Verdict {
    /// Whether the request is admitted.
    #[must_use]
    pub fn admitted(&self) -> bool {
        self.decisions.iter().all(|decision| decision.allowed)
    }
}

/// The state of one key under one budget, whichever kind it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Of a rate: the theoretical arrival time.
    Rate(Micros),
    /// Of a quota.
    Quota(Used),
}

impl Budget {
    /// The state of a key that was never seen.
    #[must_use]
    pub fn fresh(self) -> State {
        match self {
            Budget::Rate(_) => State::Rate(Micros::default()),
            Budget::Quota(_) => State::Quota(Used::default()),
        }
    }

    /// What one of `nodes` may grant when they cannot count together: all of them grant no more than the budget, unless
    /// that is less than one token a node.
    #[must_use]
    pub fn part_of(self, nodes: u32) -> Self {
        match self {
            Budget::Rate(gcra) => Budget::Rate(gcra.part_of(nodes)),
            Budget::Quota(window) => {
                Budget::Quota(Window { total: window.total / u64::from(nodes.max(1)), ..window })
            }
        }
    }

    /// Decides; see [`Gcra::decide`] and [`Window::decide`]. A state of the other kind counts as fresh.
    #[must_use]
    pub fn decide(self, state: State, now: Micros, cost: u64) -> (Decision, State) {
        match (self, state) {
            (Budget::Rate(gcra), State::Rate(tat)) => {
                let (decision, tat) = gcra.decide(tat, now, cost);
                (decision, State::Rate(tat))
            }
            (Budget::Quota(window), State::Quota(used)) => {
                let (decision, used) = window.decide(used, now, cost);
                (decision, State::Quota(used))
            }
            _ => self.decide(self.fresh(), now, cost),
        }
    }

    /// Changes what was spent by `amount`, whatever the budget allows: a rate's bucket is then at most empty and at least
    /// full, a quota may be used beyond its total. What is given back to a period that is over is lost.
    #[must_use]
    pub fn adjust(self, state: State, now: Micros, amount: i64) -> State {
        let cost = amount.unsigned_abs();
        match (self, state) {
            (Budget::Rate(gcra), State::Rate(tat)) => {
                let debt = tat.since(now).min(gcra.span());
                let price = cost.saturating_mul(gcra.interval());
                let after = if amount < 0 { debt.saturating_sub(price) } else { debt.saturating_add(price) };
                State::Rate(now.after(after.min(gcra.span())))
            }
            (Budget::Quota(window), State::Quota(used)) if amount < 0 => {
                State::Quota(window.refund(used, cost))
            }
            (Budget::Quota(window), State::Quota(used)) => State::Quota(window.add(used, cost)),
            _ => self.adjust(self.fresh(), now, amount),
        }
    }
}
