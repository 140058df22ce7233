//! Random operations, with `poundlock_limit::Budget` in a map as the oracle.

use super::*;
use poundlock_limit::{State, Used};
use proptest::prelude::*;
use std::collections::HashMap;

#[derive(Debug, Clone)]
enum Step {
    /// Key, kind, cost of each charge.
    Decide(Vec<(u64, u8, u64)>),
    Wait(u64),
    Back(u64),
    Adjust(u64, u8, i64),
    Reset(u64),
    Rate(u64, u64),
    Size(usize),
}

/// The state of each key in each kind of budget: 0 and 1 are the rates of two limits, 2 a quota.
#[derive(Default)]
struct Model(HashMap<(u64, u8), State>);

fn budget(kind: u8, gcra: Gcra) -> Budget {
    match kind {
        0 | 1 => Budget::Rate(gcra),
        _ => quota(0, key(0), 12, 1).budget,
    }
}

fn charge((k, kind, cost): (u64, u8, u64), gcra: Gcra) -> Charge {
    Charge { limit: LimitId(u16::from(kind == 1)), key: key(k), budget: budget(kind, gcra), cost }
}

impl Model {
    fn state(&self, (k, kind): (u64, u8), gcra: Gcra) -> State {
        self.0.get(&(k, kind)).copied().unwrap_or_else(|| budget(kind, gcra).fresh())
    }

    fn decide(&mut self, asked: &[(u64, u8, u64)], gcra: Gcra, now: Micros) -> Verdict {
        let ask = |(k, kind, cost): (u64, u8, u64), free: bool| {
            budget(kind, gcra).decide(self.state((k, kind), gcra), now, if free { 0 } else { cost })
        };
        let all: Vec<_> = asked.iter().map(|one| ask(*one, false)).collect();
        let admitted = all.iter().all(|(decision, _)| decision.allowed);
        let shown = |(one, (own, _)): (_, &(Decision, _))| {
            if own.allowed && !admitted { ask(one, true).0 } else { *own }
        };
        let decisions = asked.iter().copied().zip(&all).map(shown).collect();
        for ((k, kind, cost), (_, after)) in asked.iter().zip(all) {
            let kept = match self.state((*k, *kind), gcra) {
                _ if admitted && *cost > 0 => after,
                State::Rate(tat)
                    if (!admitted || asked.len() == 1) && tat > now.after(gcra.span() + Micros::SECOND) =>
                {
                    State::Rate(now.after(gcra.span()))
                }
                kept => kept,
            };
            self.0.insert((*k, *kind), kept);
        }
        Verdict { decisions }
    }

    fn adjust(&mut self, at: (u64, u8), gcra: Gcra, amount: i64, now: Micros) {
        let cost = amount.unsigned_abs();
        let after = match (self.state(at, gcra), budget(at.1, gcra)) {
            (State::Rate(tat), _) if amount < 0 => State::Rate(gcra.refund(tat, cost)),
            (State::Rate(tat), _) if amount > 0 => {
                let debt = tat.since(now);
                State::Rate(now.after((debt + cost * gcra.interval()).min(gcra.span().max(debt))))
            }
            (State::Quota(used), Budget::Quota(window)) if amount < 0 => {
                State::Quota(window.refund(used, cost))
            }
            (State::Quota(used), Budget::Quota(window)) => {
                let amount = if used.start == window.start { used.amount + cost } else { cost };
                State::Quota(Used { start: window.start, amount })
            }
            (state, _) => state,
        };
        self.0.insert(at, after);
    }

    /// Whether a time that has passed is still there when the clock goes back is not defined.
    fn forget_what_has_passed(&mut self, store: &MemoryStore, now: Micros) {
        let passed = |state: &State| matches!(state, State::Rate(tat) if *tat <= now);
        let keys: Vec<u64> = self.0.iter().filter(|(_, state)| passed(state)).map(|((k, _), _)| *k).collect();
        for k in keys {
            [0, 1].iter().for_each(|limit| ready(store.reset(LimitId(*limit), &key(k))).unwrap());
            self.0.retain(|(other, _), _| *other != k);
        }
    }

    fn rescale(&mut self, before: Gcra, after: Gcra, now: Micros) {
        let (before, wide) = (before.with_extra(u64::MAX), after.with_extra(u64::MAX));
        for state in self.0.values_mut() {
            if let State::Rate(tat) = state
                && before.interval() != wide.interval()
                && *tat > now
            {
                *tat = wide.rescale(before, *tat, now);
            }
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let charges = prop::collection::btree_map((0u64..12, 0u8..3), 0u64..9, 1..5);
    let charges = charges.prop_map(|map| map.into_iter().map(|((k, kind), cost)| (k, kind, cost)).collect());
    prop_oneof![
        20 => (0u64..12, 0u8..3, 0u64..6).prop_map(|one| Step::Decide(vec![one])),
        10 => charges.prop_map(Step::Decide),
        10 => (0u64..5_000_000).prop_map(Step::Wait),
        1 => (1u64..100 * Micros::SECOND).prop_map(Step::Back),
        2 => (0u64..12, 0u8..3, -9i64..9).prop_map(|(k, kind, amount)| Step::Adjust(k, kind, amount)),
        1 => (0u64..12).prop_map(Step::Reset),
        1 => (1u64..1_000, 1u64..12).prop_map(|(rate, burst)| Step::Rate(rate, burst)),
        1 => (12usize..400).prop_map(Step::Size),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn answers_as_the_model_does(steps in prop::collection::vec(step(), 1..120)) {
        let (mut store, mut model, mut limit, mut now, mut size) = (store(12), Model::default(), gcra(60, 8), NOW, 12);
        for step in steps {
            match step {
                Step::Decide(asked) => {
                    let charges: Vec<Charge> = asked.iter().map(|one| charge(*one, limit)).collect();
                    prop_assert_eq!(store.decide_now(&charges, now), model.decide(&asked, limit, now));
                }
                Step::Wait(time) => now = now.after(time),
                Step::Back(time) => {
                    model.forget_what_has_passed(&store, now);
                    now = Micros(now.0 - time);
                }
                Step::Adjust(k, kind, amount) => {
                    let Charge { limit: id, key, budget, .. } = charge((k, kind, 1), limit);
                    ready(store.adjust(id, &key, budget, amount, now)).unwrap();
                    model.adjust((k, kind), limit, amount, now);
                }
                Step::Reset(k) => {
                    ready(store.reset(LimitId(0), &key(k))).unwrap();
                    model.0.remove(&(k, 0));
                    model.0.remove(&(k, 2));
                }
                Step::Rate(per_minute, burst) => {
                    let after = gcra(per_minute, burst);
                    store = store.reconfigure(&defs(&[size, size]), &[Some(after), Some(after)], now);
                    model.rescale(limit, after, now);
                    limit = after;
                }
                Step::Size(max_keys) => {
                    store = store.reconfigure(&defs(&[max_keys, max_keys]), &[], now);
                    size = max_keys;
                }
            }
        }
        prop_assert_eq!(store.evictions(LimitId(0)) + store.evictions(LimitId(1)), 0);
    }
}
