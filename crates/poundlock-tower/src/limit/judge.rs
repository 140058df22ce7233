//! From a request to a decision: what is charged, who decides, what follows.
//!
//! Main function: [`judge`]. Where the answer is at hand it is given at once; else a [`Question`] is left to be asked.

use super::Limiter;
use super::facts::HeadFacts;
use super::future::{Admitted, Answer};
use super::settle::Settlement;
use super::told::{Pen, Refused};
use crate::Rejection;
use poundlock_limit::{Ask, LimitSet, Micros, Reservation, Verdict};
use poundlock_store::limits::Outcome;
use std::sync::Arc;

/// What is known of a request right away.
pub(super) enum Judged {
    /// Everything.
    Now(Result<Admitted, Rejection>),
    /// A store has to be asked.
    Later(Box<Question>),
}

/// What is to be asked of a store.
pub(super) struct Question {
    ask: Ask,
    now: Micros,
}

/// Judges a request, as far as that is possible without waiting.
pub(super) fn judge(limiter: &Arc<Limiter>, set: &LimitSet, facts: &HeadFacts<'_>, pen: &mut Pen) -> Judged {
    let now = limiter.now();
    let facts = limiter.guard(facts);
    let ask = match set.ask(&facts, now, |id, key| limiter.access(id, key, &facts, now)) {
        Ok(ask) if ask.is_empty() => return Judged::Now(Ok(Admitted::default())),
        Ok(ask) => ask,
        Err(rejection) => return Judged::Now(Err(rejection)),
    };
    let budgets = limiter.budgets();
    // Shadows too: what waits for a store is as much part of a trial as of the real thing.
    let outcome = match ask.shadows().all(|charges| budgets.at_hand(charges)) {
        true => budgets.decide_now(ask.enforced(), now),
        false => None,
    };
    let Some(outcome) = outcome else { return Judged::Later(Box::new(Question { ask, now })) };
    let judgement = Judgement { limiter, set, ask: &ask, now };
    let verdict = match judgement.enforced(outcome, pen) {
        Ok(verdict) => verdict,
        Err(rejection) => return Judged::Now(Err(rejection)),
    };
    for charges in ask.shadows() {
        if let Some(outcome) = budgets.decide_now(charges, now) {
            limiter.count_shadow(charges, &outcome);
        }
    }
    Judged::Now(Ok(judgement.admitted(&verdict, pen)))
}

impl Question {
    /// Asks, and concludes.
    pub(super) fn ask(self: Box<Self>, limiter: Arc<Limiter>, set: Arc<LimitSet>) -> Answer {
        Box::pin(async move {
            let Self { ask, now } = &*self;
            let budgets = limiter.budgets();
            let judgement = Judgement { limiter: &limiter, set: &set, ask, now: *now };
            let mut pen = Pen::default();
            let outcome = budgets.decide(ask.enforced(), *now).await;
            let verdict = judgement.enforced(outcome, &mut pen)?;
            for charges in ask.shadows() {
                limiter.count_shadow(charges, &budgets.decide(charges, *now).await);
            }
            Ok(judgement.admitted(&verdict, &mut pen))
        })
    }
}

/// A decision being drawn up.
struct Judgement<'a> {
    limiter: &'a Arc<Limiter>,
    set: &'a LimitSet,
    ask: &'a Ask,
    now: Micros,
}

impl Judgement<'_> {
    /// Counts what has been decided, and refuses for it.
    fn enforced(&self, outcome: Outcome, pen: &mut Pen) -> Result<Verdict, Rejection> {
        let charges = self.ask.enforced();
        let verdict = match outcome {
            Outcome::Decided(verdict) => verdict,
            Outcome::Unlimited => {
                self.limiter.count_unavailable(charges);
                return Ok(Verdict::default());
            }
            Outcome::Unavailable => {
                self.limiter.count_unavailable(charges);
                return Err(Rejection::LimitsUnavailable);
            }
        };
        self.limiter.count(charges, &verdict);
        let Some(denial) = self.ask.denial(&verdict) else { return Ok(verdict) };
        self.limiter.denied(&denial, self.now);
        let told = pen.write(self.limiter, self.set, self.ask, &verdict, self.now);
        let name = self.limiter.name(denial.charge.limit);
        Err(Rejection::RateLimited(Arc::new(Refused::limited(name, denial.decision, told))))
    }

    fn admitted(&self, verdict: &Verdict, pen: &mut Pen) -> Admitted {
        let told = pen.write(self.limiter, self.set, self.ask, verdict, self.now);
        Admitted { told, settlement: self.settlement(verdict) }
    }

    /// What is still to be settled: nothing where the answer will not say, or where nothing was charged.
    fn settlement(&self, verdict: &Verdict) -> Option<Box<Settlement>> {
        if !self.limiter.settles() || verdict.decisions.is_empty() {
            return None;
        }
        let of_one = self.ask.enforced().chunk_by(|a, b| a.limit == b.limit);
        let open = of_one.filter_map(|charges| {
            let header = self.limiter.cost_header(charges[0].limit)?;
            Some((header.clone(), Reservation::new(charges.iter().copied())))
        });
        let open: Vec<_> = open.collect();
        (!open.is_empty()).then(|| Box::new(Settlement::new(self.limiter.clone(), open)))
    }
}
