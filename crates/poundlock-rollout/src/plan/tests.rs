//! Strategies and the way back as words, and plans as they are written down.

use super::{Strategy, *};
use crate::split::{Arm, Weight};
use proptest::{prelude::*, strategy::Strategy as Sampler};

fn words(options: &Options) -> String {
    let plan = options.compile().unwrap();
    let word = |step: &Step| match step {
        Step::Provision { count, .. } => format!("+{count}"),
        Step::SetWeight { weight } => format!("{}%", weight.basis_points() / 100),
        Step::Stop { keep, .. } => format!("-{keep}"),
        Step::AwaitHealthy { min_healthy, .. } => format!("ok{min_healthy}"),
        step => step.name().to_owned(),
    };
    plan.steps().iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn strategies_compile_to_the_steps_of_the_guide() {
    assert_eq!(
        words(&Options::new(Strategy::blue_green(), 4)),
        "validate snapshot +4 ok4 100% observe retire"
    );
    assert_eq!(
        words(&Options::new(Strategy::canary(), 4)),
        "validate snapshot +1 ok1 5% observe 10% observe 25% observe +2 ok2 50% observe +4 ok4 100% observe retire"
    );
    assert_eq!(
        words(&Options::new(Strategy::rolling(), 4)),
        "validate snapshot +1 ok1 25% observe ok1 drain -3 +2 ok2 50% observe ok2 drain -2 +3 ok3 75% observe ok3 drain -1 \
         +4 ok4 100% observe retire"
    );
    assert_eq!(words(&Options::new(Strategy::First, 2)), "validate snapshot +2 ok2 100%");
}

#[test]
fn hooks_gates_and_mirrors_have_their_places() {
    let Strategy::Canary(mut canary) = Strategy::canary() else { panic!("it is a canary") };
    canary.weights = vec![Weight::new(500).unwrap(), Weight::ALL];
    canary.mirror = Weight::new(1_000);
    canary.confirm = Some(Gate::Manual);
    let mut options = Options::new(Strategy::Canary(canary), 2);
    let name = |text: &str| crate::name::Name::new(text).ok();
    options.hooks = Hooks {
        pre_deploy: name("pre"),
        smoke: name("smoke"),
        post_deploy: name("post"),
        rollback: name("undo"),
    };
    assert_eq!(
        words(&options),
        "validate snapshot hook +1 ok1 smoke mirror observe mirror 5% observe +2 ok2 gate 100% observe hook retire"
    );
}

#[test]
fn with_none_to_spare_old_instances_go_first_and_one_stays() {
    let Strategy::Rolling(mut rolling) = Strategy::rolling() else { panic!("it is rolling") };
    rolling.unavailable = 1;
    assert_eq!(
        words(&Options::new(Strategy::Rolling(rolling), 2)),
        "validate snapshot drain -1 +1 ok1 50% observe ok1 drain -1 +2 ok2 100% observe retire"
    );
}

#[test]
fn a_plan_is_the_same_wherever_it_is_compiled() {
    let digest = |strategy| Options::new(strategy, 4).compile().unwrap().digest().short();
    assert_eq!(digest(Strategy::canary()), "09844d1b79c6");
    assert_eq!(digest(Strategy::blue_green()), "51b632cd19ed");
    assert_ne!(digest(Strategy::rolling()), digest(Strategy::canary()));
}

#[test]
fn all_problems_are_told_at_once() {
    let Strategy::Canary(mut canary) = Strategy::canary() else { panic!("it is a canary") };
    canary.weights.pop();
    canary.observe.min_ms = canary.observe.max_ms + 1;
    canary.soak_ms = 0;
    let mut options = Options::new(Strategy::Canary(canary), 0);
    options.keep_old_ms = u64::MAX;
    let InvalidOptions(problems) = options.compile().unwrap_err();
    let expect = [
        Problem::Instances,
        Problem::Observation,
        Problem::Weights,
        Problem::Time("soak"),
        Problem::Time("keep old"),
    ];
    assert_eq!(problems, expect);
}

#[test]
fn a_plan_that_is_too_long_is_refused() {
    let Strategy::Rolling(rolling) = Strategy::rolling() else { panic!("it is rolling") };
    let of = |batch| Options::new(Strategy::Rolling(Rolling { batch, ..rolling }), 1_000).compile();
    assert_eq!(of(Weight::new(1_000).unwrap()).unwrap().steps().len(), 70);
    let InvalidOptions(problems) = of(Weight::new(1).unwrap()).unwrap_err();
    assert_eq!(problems, [Problem::TooLong]);
}

#[test]
fn what_was_written_down_is_checked_again() {
    let plan = Options::new(Strategy::canary(), 4).compile().unwrap();
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    for (from, to) in [("\"version\":1", "\"version\":2"), ("\"steps\":[", "\"more\":1,\"steps\":[")] {
        assert!(serde_json::from_str::<Plan>(&text.replace(from, to)).is_err(), "{to}");
    }
    let mut raw = serde_json::to_value(&plan).unwrap();
    for (steps, is_read) in [(0, false), (1, true), (MAX_STEPS, true), (MAX_STEPS + 1, false)] {
        raw["steps"] = serde_json::to_value(vec![Step::Validate; steps]).unwrap();
        assert_eq!(serde_json::from_value::<Plan>(raw.clone()).is_ok(), is_read, "{steps} steps");
    }
}

#[test]
fn the_way_back_undoes_what_was_begun() {
    let names = |plan: &Plan, begun, haste| {
        plan.back(begun, haste).iter().map(Step::name).collect::<Vec<_>>().join(" ")
    };
    let canary = Options::new(Strategy::canary(), 4).compile().unwrap();
    assert_eq!(names(&canary, 2, Haste::SwapFirst), "");
    assert_eq!(names(&canary, 3, Haste::SwapFirst), "drain stop");
    assert_eq!(names(&canary, 5, Haste::SwapFirst), "set-weight drain stop");
    let rolling = Options::new(Strategy::rolling(), 4).compile().unwrap();
    assert_eq!(names(&rolling, 10, Haste::SwapFirst), "set-weight provision await-healthy drain stop");
    assert_eq!(names(&rolling, 10, Haste::RestoreFirst), "provision await-healthy set-weight drain stop");
}

fn any_options() -> impl Sampler<Value = Options> {
    let weight = |low| (low..10_000u16).prop_map(|bp| Weight::new(bp).unwrap());
    let canary = prop::collection::btree_set(weight(1), 0..6).prop_map(|weights| {
        let Strategy::Canary(mut canary) = Strategy::canary() else { unreachable!() };
        canary.weights = weights.into_iter().chain([Weight::ALL]).collect();
        Strategy::Canary(canary)
    });
    let rolling = (weight(500), 0u32..3).prop_map(|(batch, unavailable)| {
        let Strategy::Rolling(rolling) = Strategy::rolling() else { unreachable!() };
        Strategy::Rolling(Rolling { batch, unavailable, ..rolling })
    });
    (prop_oneof![Just(Strategy::blue_green()), canary, rolling], 3u32..40)
        .prop_map(|(strategy, instances)| Options::new(strategy, instances))
}

proptest! {
    #[test]
    fn weights_rise_to_everybody_and_capacity_is_there_before(options in any_options()) {
        let plan = options.compile().unwrap();
        let (mut new, mut healthy, mut old, mut last) = (0, 0, options.instances, 0);
        for step in plan.steps() {
            match step {
                Step::Provision { pool: Arm::Candidate, count } => new = *count,
                Step::AwaitHealthy { min_healthy, .. } => healthy = *min_healthy,
                Step::Stop { pool: Arm::Stable, keep } => old = *keep,
                Step::SetWeight { weight } => {
                    prop_assert!(healthy == new && weight.basis_points() > last);
                    last = weight.basis_points();
                    let enough = u64::from(new) * 10_000 + 10_000 >= u64::from(last) * u64::from(options.instances);
                    prop_assert!(enough, "{} of {} at {}", new, options.instances, last);
                }
                Step::Retire { .. } => prop_assert_eq!((last, new), (10_000, options.instances)),
                _ => {}
            }
            prop_assert!(old >= 1, "the last old instance goes with Retire only");
        }
        prop_assert_eq!(last, 10_000);
    }
}
