//! What quotas have used, in memory: a part of what is on the disk, and ahead of nothing there.
//!
//! Main types: [`Entry`], one quota of one key, and [`Ledger`]. Pure arithmetic: it knows no file and no clock.
//!
//! A key's quota is written in chunks *before* it is used: what is on the disk is what was used, plus the rest of the
//! chunk. A process that is killed loses that rest, and never a charge.

use crate::limits::bounds::{EXACT, exact};
use poundlock_limit::{Budget, Charge, Decision, Key, LimitId, Micros, Used, Verdict, Window};
use std::collections::HashMap;

/// The largest chunk, and the part of a quota that a chunk is.
const CHUNK: u64 = 1000;

/// Where a quota is kept.
pub(super) type Place = (LimitId, Key);

/// Quotas that have lately been asked for.
pub(super) type Ledger = HashMap<Place, Entry>;

/// One quota of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// What is, or is to be, on the disk: what was used, and what is left of the chunk.
    pub(super) written: Used,
    /// When the period ends.
    pub(super) end: Micros,
    /// What is left of the chunk.
    pub(super) left: u64,
    /// Whether `written` is not on the disk yet.
    pub(super) dirty: bool,
}

impl Entry {
    /// What was on the disk.
    pub(super) fn stored(written: Used, end: Micros) -> Self {
        Self { written, end, left: 0, dirty: false }
    }

    /// What has really been used.
    pub(super) fn used(&self) -> Used {
        Used { amount: self.written.amount - self.left, ..self.written }
    }

    /// Takes back what is left of the chunk.
    pub(super) fn give_back(&mut self) {
        self.written = self.used();
        self.dirty |= self.left > 0;
        self.left = 0;
    }

    /// Notes what has been used now, from the chunk if it is enough, or with a new one.
    fn spend(&mut self, window: Window, now_used: Used) {
        if now_used.start != self.written.start {
            (self.written, self.left) = (Used { amount: 0, ..now_used }, 0);
        }
        match self.written.amount.checked_sub(now_used.amount) {
            Some(left) => self.left = left,
            None => self.write(window, now_used),
        }
    }

    /// Notes what has been used now, to be written with a whole chunk ahead.
    fn write(&mut self, window: Window, now_used: Used) {
        let chunk = (window.total / CHUNK).clamp(1, CHUNK);
        self.left = (chunk - 1).min(window.total.saturating_sub(now_used.amount));
        self.written = Used { amount: now_used.amount + self.left, ..now_used };
        self.dirty = true;
        if now_used.start == window.start {
            self.end = window.end;
        }
    }

    /// Changes what was used by an amount; what becomes of it is written at once.
    pub(super) fn adjust(&mut self, window: Window, amount: i64, now: Micros) {
        let (_, used) = window.decide(self.used(), now, 0);
        let cost = amount.unsigned_abs();
        let changed = match amount < 0 {
            true => window.refund(used, cost),
            false => Used { amount: used.amount.saturating_add(cost).min(EXACT), ..used },
        };
        if changed != self.used() {
            self.write(window, changed);
        }
    }
}

/// What the charges come to, if every quota is in the ledger; changes nothing.
pub(super) fn weigh(ledger: &Ledger, charges: &[Charge], now: Micros) -> Option<Verdict> {
    let decide = |charge: &Charge, cost| -> Option<Decision> {
        let entry = ledger.get(&(charge.limit, charge.key))?;
        Some(window(charge)?.decide(entry.used(), now, cost).0)
    };
    let decisions: Option<_> = charges.iter().map(|charge| decide(charge, charge.cost)).collect();
    let mut verdict = Verdict { decisions: decisions? };
    if !verdict.admitted() {
        // Nothing is spent, so what would have been admitted says what is left without it.
        for (decision, charge) in verdict.decisions.iter_mut().zip(charges).filter(|(d, _)| d.allowed) {
            *decision = decide(charge, 0)?;
        }
    }
    Some(verdict)
}

/// Charges all, if each is admitted and nothing has to be written for it. `None` if only the writer can tell.
pub(super) fn decide_at_once(ledger: &mut Ledger, charges: &[Charge], now: Micros) -> Option<Verdict> {
    let verdict = weigh(ledger, charges, now)?;
    let covered = |charge: &Charge| {
        let found = ledger.get(&(charge.limit, charge.key)).zip(window(charge));
        charge.cost == 0
            || found.is_some_and(|(entry, window)| {
                entry.left >= charge.cost && entry.written.start >= window.start
            })
    };
    if verdict.admitted() {
        if !charges.iter().all(covered) {
            return None;
        }
        spend(ledger, charges, now);
    }
    Some(verdict)
}

/// Charges what [`weigh`] has found to be admitted.
pub(super) fn spend(ledger: &mut Ledger, charges: &[Charge], now: Micros) {
    for charge in charges.iter().filter(|charge| charge.cost > 0) {
        if let Some((entry, window)) = ledger.get_mut(&(charge.limit, charge.key)).zip(window(charge)) {
            let (_, used) = window.decide(entry.used(), now, charge.cost);
            entry.spend(window, used);
        }
    }
}

/// The period of a charge, with numbers that a file can hold; `None` if it is no quota.
pub(super) fn window(charge: &Charge) -> Option<Window> {
    match exact(charge.budget) {
        Budget::Quota(window) => Some(window),
        Budget::Rate(_) => None,
    }
}

#[cfg(test)]
mod tests;
