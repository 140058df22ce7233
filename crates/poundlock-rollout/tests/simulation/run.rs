//! One random life of a deployment: chaos for a while, then a quiet time in which it must end.
//!
//! Main item: [`run`]. The same seed gives the same life.

mod chaos;
mod checks;
mod world;

pub(crate) use checks::Tally;
use poundlock_rollout::{
    judge::LowTraffic,
    machine::{Event, Judged, Operator, Phase},
    name::Name,
    plan::{Canary, Gate, Hooks, Observation, Options, Strategy},
    split::Weight,
};
use world::{Mood, World};

/// Lives through a seed. The error says which invariant broke.
pub(crate) fn run(seed: u64) -> Result<Tally, String> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let options = options(&mut rng);
    let mood = Mood::random(&mut rng);
    let mut world = World::new(rng, &options, mood)?;
    world.deliver(&Event::Operator(Operator::Start))?;
    for _ in 0..world.rng.u32(20..150) {
        chaos::act(&mut world)?;
        if world.is_over() {
            break;
        }
    }
    quiet(&mut world)?;
    checks::end(&world)?;
    checks::count_end(&mut world);
    Ok(world.tally)
}

/// A life without faults but one: the controller is killed at one moment. `None` when there are fewer moments.
pub(crate) fn run_killed_at(strategy: Strategy, moment: u32, torn: bool) -> Result<Option<Phase>, String> {
    let rng = fastrand::Rng::with_seed(u64::from(moment));
    let options = short(Options::new(strategy, 3));
    let mut world = World::new(rng, &options, Mood::kind())?;
    world.fuse = Some((moment, torn));
    world.deliver(&Event::Operator(Operator::Start))?;
    quiet(&mut world)?;
    checks::end(&world)?;
    Ok(world.fuse.is_none().then(|| world.phase().clone()))
}

/// The stable pool is down all the time.
pub(crate) fn run_without_stable(seed: u64) -> Result<Phase, String> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let strategy = strategy(&mut rng);
    let options = short(Options::new(strategy, rng.u32(1..5)));
    let mut world = World::new(rng, &options, Mood { stable_is_down: true, ..Mood::kind() })?;
    world.stable_goes_down();
    world.deliver(&Event::Operator(Operator::Start))?;
    quiet(&mut world)?;
    checks::end(&world)?;
    Ok(world.phase().clone())
}

/// Time goes on, with a controller and without new trouble, until the deployment is over; or it takes too long.
fn quiet(world: &mut World) -> Result<(), String> {
    let bound = world.longest_ms();
    let start = world.now;
    while !world.is_over() {
        if world.now - start > bound {
            return Err(format!("8: not over after {bound} ms: {:?}", world.phase()));
        }
        let pause = world.rng.u64(500..8_000);
        world.pass(pause);
        world.recover()?;
        world.heal()?;
        world.deliver(&Event::Operator(Operator::Start))?;
        world.deliver(&Event::Tick)?;
        world.finish_effect()?;
        if world.mood.judge_is_sure {
            world.deliver(&Event::Judged(Judged::Good))?;
        }
        if matches!(world.phase(), Phase::Holding { .. }) && world.mood.people_decide {
            world.deliver(&Event::Operator(Operator::PromoteFull))?;
        }
    }
    Ok(())
}

fn strategy(rng: &mut fastrand::Rng) -> Strategy {
    match rng.u32(0..3) {
        0 => Strategy::blue_green(),
        1 => Strategy::canary(),
        _ => Strategy::rolling(),
    }
}

fn options(rng: &mut fastrand::Rng) -> Options {
    let strategy = if rng.u32(0..12) == 0 { Strategy::First } else { strategy(rng) };
    let mut options = short(Options::new(strategy, rng.u32(1..6)));
    let mut hook = |name: &str| rng.bool().then(|| Name::new(name).expect("it is a name"));
    options.hooks = Hooks {
        pre_deploy: hook("pre"),
        smoke: hook("smoke"),
        post_deploy: hook("post"),
        rollback: hook("undo"),
    };
    match &mut options.strategy {
        Strategy::Canary(canary) => {
            canary.mirror = rng.bool().then(|| Weight::new(1_000).expect("it is a weight"));
            canary.confirm = match rng.u32(0..3) {
                0 => Some(Gate::Manual),
                1 => Some(Gate::Webhook { hook: Name::new("confirm").expect("it is a name") }),
                _ => None,
            };
            let policies = [LowTraffic::Hold, LowTraffic::PromoteWithWarning, LowTraffic::Rollback];
            canary.observe.otherwise = policies[rng.usize(0..3)];
        }
        Strategy::Rolling(rolling) => rolling.unavailable = rng.u32(0..options.instances.min(2)),
        _ => {}
    }
    options
}

/// The same with times that a simulation can afford.
fn short(mut options: Options) -> Options {
    options.deadline_ms = 60_000;
    options.hold_ms = 300_000;
    options.keep_old_ms = 120_000;
    let times = Observation { min_ms: 15_000, max_ms: 60_000, otherwise: LowTraffic::Hold };
    match &mut options.strategy {
        Strategy::BlueGreen { observe_ms } => *observe_ms = 15_000,
        Strategy::Canary(Canary { observe, soak_ms, mirror_ms, .. }) => {
            (*observe, *soak_ms, *mirror_ms) = (times, 20_000, 10_000);
        }
        Strategy::Rolling(rolling) => rolling.observe = times,
        Strategy::First => {}
    }
    options
}
