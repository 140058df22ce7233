//! The script's input and output: a batch of operations as bytes, and its answer as decisions.
//!
//! Main types: [`Batch`] and [`Answer`]. What is admitted, the script says; what that means for a client, the
//! arithmetic of `poundlock-limit` says, from the state that the script found.

use super::names::Names;
use crate::limits::{StoreError, bounds::exact};
use poundlock_limit::{Budget, Charge, Decision, Micros, State, Used, Verdict};
use smallvec::SmallVec;
use std::collections::HashMap;

/// The script, run by the server.
pub(super) const SOURCE: &str = include_str!("script.lua");

/// One charge, and how many tokens beyond it the node would like to pay for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    pub(super) charge: Charge,
    pub(super) want: u64,
}

/// What a caller wants done.
#[derive(Debug)]
pub(super) enum Op {
    /// To decide these together.
    Decide(SmallVec<[Ask; 2]>),
    /// To change what was spent, by an amount that may be negative; the charge's cost does not count.
    Adjust(Charge, i64),
}

/// What came of an operation.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) verdict: Verdict,
    /// Tokens that were paid for beyond the cost, by charge.
    pub(super) prepaid: SmallVec<[u64; 4]>,
}

/// Operations for one call of the script.
#[derive(Default)]
pub(super) struct Batch {
    /// The names of the budgets, each once.
    pub(super) keys: Vec<String>,
    /// The operations as the script reads them.
    pub(super) blob: Vec<u8>,
    index: HashMap<String, usize>,
}

impl Batch {
    /// An adjustment of a budget that nobody has: it shows that the script can run and write.
    pub(super) fn probe(prefix: &str) -> Self {
        let mut probe = Self { keys: vec![format!("{{{prefix}}}:probe")], ..Self::default() };
        let (second, one) = (Micros::SECOND as f64, 1.0);
        probe.numbers(&[0.0, one, second, second, 0.0, one, 0.0]);
        probe
    }

    /// Appends an operation. `nodes` share what is left of a leased key.
    ///
    /// # Errors
    /// When a limit is not in the list; nothing is appended then.
    pub(super) fn push(&mut self, op: &Op, names: &Names, nodes: u32) -> Result<(), StoreError> {
        let known = op.charges().all(|ask| names.has(ask.charge.limit));
        if !known {
            return Err(StoreError::Failed("unknown limit".to_owned()));
        }
        let (count, adjust) = match op {
            Op::Decide(asks) => (asks.len(), None),
            Op::Adjust(_, amount) => (0, Some(*amount as f64)),
        };
        self.numbers(&[count as f64]);
        for ask in op.charges() {
            let charge = &ask.charge;
            let name = names.key(charge.limit, charge.budget, &charge.key).unwrap_or_default();
            let key = self.key(name) as f64;
            let cost = adjust.unwrap_or(charge.cost as f64);
            match exact(charge.budget) {
                Budget::Rate(rate) => {
                    let share = if ask.want == 0 { 0.0 } else { 2.0 * f64::from(nodes.max(1)) };
                    let [interval, span] = [rate.interval() as f64, rate.span() as f64];
                    self.numbers(&[key, interval, span, share, cost, ask.want as f64]);
                }
                Budget::Quota(window) => {
                    let [start, end] = [window.start.0 as f64, window.end.0 as f64];
                    self.numbers(&[-key, start, end, window.total as f64, cost, 0.0]);
                }
            }
        }
        Ok(())
    }

    /// The place of a key in the script's list, from 1.
    fn key(&mut self, name: String) -> usize {
        let next = self.keys.len() + 1;
        *self.index.entry(name).or_insert_with_key(|name| {
            self.keys.push(name.clone());
            next
        })
    }

    fn numbers(&mut self, numbers: &[f64]) {
        self.blob.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }
}

impl Op {
    /// The charges to be named, counted and answered.
    pub(super) fn charges(&self) -> impl Iterator<Item = Ask> {
        let (asks, adjusted) = match self {
            Op::Decide(asks) => (asks.as_slice(), None),
            Op::Adjust(charge, _) => (&[][..], Some(Ask { charge: *charge, want: 0 })),
        };
        asks.iter().copied().chain(adjusted)
    }
}

/// The script's answer, read operation by operation in the order of the batch.
pub(super) struct Answers<'a> {
    bytes: &'a [u8],
    now: Micros,
}

impl<'a> Answers<'a> {
    /// Begins to read. `None` if this is no answer of the script.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut answers = Self { bytes, now: Micros(0) };
        answers.now = Micros(answers.number()?);
        Some(answers)
    }

    /// The answer to `op`, the next of the batch. `None` if it is not there or contradicts the arithmetic.
    pub(super) fn next(&mut self, op: &Op) -> Option<Answer> {
        let admitted = self.number()? == 1;
        let mut found: SmallVec<[(Charge, State); 4]> = SmallVec::new();
        let mut prepaid = SmallVec::new();
        for Ask { charge, .. } in op.charges() {
            let (first, second) = (self.number()?, self.number()?);
            let (state, extra) = match charge.budget {
                Budget::Rate(_) => (State::Rate(Micros(first)), second),
                Budget::Quota(_) => (State::Quota(Used { start: Micros(first), amount: second }), 0),
            };
            found.push((charge, state));
            prepaid.push(if admitted { extra } else { 0 });
        }
        let verdict = verdict(&found, self.now);
        let agrees = matches!(op, Op::Adjust(..)) || verdict.admitted() == admitted;
        agrees.then_some(Answer { verdict, prepaid })
    }

    fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.bytes.split_first_chunk::<8>()?;
        self.bytes = rest;
        Some(f64::from_le_bytes(*number) as u64)
    }
}

/// The decisions that follow from the states that were found. If the request is denied, nothing is spent: what would
/// have been admitted says what is left without it.
fn verdict(found: &[(Charge, State)], now: Micros) -> Verdict {
    let decide = |(charge, state): &(Charge, State), cost| -> Decision {
        exact(charge.budget).decide(*state, now, cost).0
    };
    let mut verdict = Verdict { decisions: found.iter().map(|one| decide(one, one.0.cost)).collect() };
    if !verdict.admitted() {
        for (decision, one) in verdict.decisions.iter_mut().zip(found).filter(|(d, _)| d.allowed) {
            *decision = decide(one, 0);
        }
    }
    verdict
}
