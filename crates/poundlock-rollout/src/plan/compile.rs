//! From options to steps.
//!
//! Main item: [`Options::compile`].

use super::{
    Canary, InvalidOptions, MAX_STEPS, Options, Plan, Problem, Rolling, Step, Strategy, Until, VERSION,
    options::{MAX_INSTANCES, MAX_MS, MAX_WEIGHTS},
};
use crate::{
    name::Name,
    split::{Arm, Weight},
};

impl Options {
    /// The plan of these options. All that is wrong with them is said at once.
    pub fn compile(&self) -> Result<Plan, InvalidOptions> {
        let mut problems = self.problems();
        if problems.is_empty() {
            let plan = self.frozen(self.steps());
            if plan.steps.len() <= MAX_STEPS {
                return Ok(plan);
            }
            problems.push(Problem::TooLong);
        }
        Err(InvalidOptions(problems))
    }

    fn frozen(&self, steps: Vec<Step>) -> Plan {
        let dead_man_ms = match &self.strategy {
            Strategy::Canary(canary) => Some(canary.dead_man_ms),
            // All or nothing needs no such switch; a rolling deployment leaves no whole pool to go back to.
            Strategy::BlueGreen { .. } | Strategy::Rolling(_) | Strategy::First => None,
        };
        Plan {
            version: VERSION,
            instances: self.instances,
            deadline_ms: self.deadline_ms,
            drain: self.drain,
            hold_ms: self.hold_ms,
            dead_man_ms,
            rollback_hook: self.hooks.rollback.clone(),
            steps,
        }
    }

    fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        if !(1..=MAX_INSTANCES).contains(&self.instances) {
            found.push(Problem::Instances);
        }
        let mut times = vec![("deadline", self.deadline_ms), ("hold", self.hold_ms)];
        match &self.strategy {
            Strategy::BlueGreen { observe_ms } => times.push(("observe", *observe_ms)),
            Strategy::Canary(canary) => {
                let Canary { observe, soak_ms, mirror_ms, dead_man_ms, .. } = canary;
                times.extend([("observe", observe.max_ms), ("soak", *soak_ms)]);
                times.extend([("mirror", *mirror_ms), ("dead man", *dead_man_ms)]);
                found.extend((observe.min_ms > observe.max_ms).then_some(Problem::Observation));
                found.extend((!canary.rises()).then_some(Problem::Weights));
            }
            Strategy::Rolling(rolling) => {
                times.push(("observe", rolling.observe.max_ms));
                found.extend(
                    (rolling.observe.min_ms > rolling.observe.max_ms).then_some(Problem::Observation),
                );
                found.extend((rolling.batch == Weight::NONE).then_some(Problem::Batch));
                found.extend((rolling.unavailable >= self.instances).then_some(Problem::Unavailable));
            }
            Strategy::First => {}
        }
        found.extend(
            times.iter().filter(|(_, ms)| !(1..=MAX_MS).contains(ms)).map(|(name, _)| Problem::Time(name)),
        );
        // These may be no time at all.
        let budgets = [
            ("keep old", self.keep_old_ms),
            ("drain", self.drain.http_ms),
            ("drain", self.drain.upgraded_ms),
        ];
        found.extend(budgets.iter().filter(|(_, ms)| *ms > MAX_MS).map(|(name, _)| Problem::Time(name)));
        found
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = vec![Step::Validate, Step::Snapshot];
        steps.extend(self.hook(self.hooks.pre_deploy.as_ref()));
        match &self.strategy {
            Strategy::BlueGreen { observe_ms } => {
                self.first_instances(&mut steps, self.instances);
                steps.extend([set(Weight::ALL), dwell(*observe_ms)]);
            }
            Strategy::Canary(canary) => self.canary(&mut steps, canary),
            Strategy::Rolling(rolling) => self.rolling(&mut steps, rolling),
            Strategy::First => {
                self.first_instances(&mut steps, self.instances);
                steps.push(set(Weight::ALL));
            }
        }
        steps.extend(self.hook(self.hooks.post_deploy.as_ref()));
        let keep = match self.strategy {
            Strategy::First => return steps,
            // What is left of the old pool is one batch: nothing that could take all the traffic.
            Strategy::Rolling(_) => 0,
            Strategy::BlueGreen { .. } | Strategy::Canary(_) => self.keep_old_ms,
        };
        steps.push(Step::Retire { not_before_ms: keep, budget: self.drain });
        steps
    }

    fn canary(&self, steps: &mut Vec<Step>, canary: &Canary) {
        let mut running = 0;
        for weight in &canary.weights {
            let wanted = share_of(self.instances, *weight);
            if running == 0 {
                self.first_instances(steps, wanted);
                mirror(steps, canary);
            } else if wanted > running {
                self.instances_up_to(steps, wanted);
            }
            running = wanted;
            if *weight == Weight::ALL {
                steps.extend(canary.confirm.clone().map(|gate| Step::Gate { gate }));
                steps.extend([set(*weight), dwell(canary.soak_ms)]);
            } else {
                let until =
                    Until::Good { max_ms: canary.observe.max_ms, otherwise: canary.observe.otherwise };
                steps.extend([set(*weight), Step::Observe { min_ms: canary.observe.min_ms, until }]);
            }
        }
    }

    fn rolling(&self, steps: &mut Vec<Step>, rolling: &Rolling) {
        let batch = share_of(self.instances, rolling.batch);
        let mut new = 0;
        while new < self.instances {
            let (before, next) = (new, (new + batch).min(self.instances));
            // One stays until the end, whatever may be unavailable.
            let early = rolling.unavailable.min(self.instances - before - 1).min(next - before);
            if early > 0 {
                self.fewer_old(steps, before, self.instances - before - early);
            }
            if before == 0 {
                self.first_instances(steps, next);
            } else {
                self.instances_up_to(steps, next);
            }
            let share = Weight::from_share(f64::from(next) / f64::from(self.instances));
            let weight = share.expect("next is at most all instances");
            let until = match weight {
                Weight::ALL => Until::Dwelt,
                _ => Until::Good { max_ms: rolling.observe.max_ms, otherwise: rolling.observe.otherwise },
            };
            steps.extend([set(weight), Step::Observe { min_ms: rolling.observe.min_ms, until }]);
            if next < self.instances {
                self.fewer_old(steps, next, self.instances - next);
            }
            new = next;
        }
    }

    /// Stops old instances, once more sure that those which take their place are still there.
    fn fewer_old(&self, steps: &mut Vec<Step>, new: u32, keep: u32) {
        if new > 0 {
            let (pool, deadline_ms) = (Arm::Candidate, self.deadline_ms);
            steps.push(Step::AwaitHealthy { pool, min_healthy: new, deadline_ms });
        }
        steps.push(Step::Drain { pool: Arm::Stable, keep, budget: self.drain });
        steps.push(Step::Stop { pool: Arm::Stable, keep });
    }

    fn instances_up_to(&self, steps: &mut Vec<Step>, count: u32) {
        let pool = Arm::Candidate;
        steps.push(Step::Provision { pool, count });
        steps.push(Step::AwaitHealthy { pool, min_healthy: count, deadline_ms: self.deadline_ms });
    }

    fn first_instances(&self, steps: &mut Vec<Step>, count: u32) {
        self.instances_up_to(steps, count);
        let smoke = self.hooks.smoke.clone();
        steps.extend(smoke.map(|hook| Step::Smoke { hook, deadline_ms: self.deadline_ms }));
    }

    fn hook(&self, hook: Option<&Name>) -> Option<Step> {
        hook.map(|hook| Step::Hook { hook: hook.clone(), deadline_ms: self.deadline_ms })
    }
}

fn mirror(steps: &mut Vec<Step>, canary: &Canary) {
    if let Some(share) = canary.mirror.filter(|share| *share != Weight::NONE) {
        steps.extend([Step::Mirror { share }, dwell(canary.mirror_ms), Step::Mirror { share: Weight::NONE }]);
    }
}

const fn set(weight: Weight) -> Step {
    Step::SetWeight { weight }
}

const fn dwell(min_ms: u64) -> Step {
    Step::Observe { min_ms, until: Until::Dwelt }
}

/// Instances that a share of the traffic needs: at least one.
fn share_of(instances: u32, weight: Weight) -> u32 {
    let exact = u64::from(instances) * u64::from(weight.basis_points());
    u32::try_from(exact.div_ceil(10_000)).unwrap_or(instances).max(1)
}

impl Canary {
    fn rises(&self) -> bool {
        let weights = &self.weights;
        weights.len() <= MAX_WEIGHTS
            && weights.first().is_some_and(|first| *first > Weight::NONE)
            && weights.last() == Some(&Weight::ALL)
            && weights.is_sorted_by(|a, b| a < b)
    }
}
