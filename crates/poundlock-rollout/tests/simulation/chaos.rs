//! Everything that may happen to a deployment, at random.
//!
//! Main item: [`act`].

use super::{
    checks,
    world::{Instance, LEASE_MS, World},
};
use poundlock_rollout::machine::{DeploymentId, Event, Judged, MAX_TICK_MS, Operator, Phase};

/// One thing happens.
pub(crate) fn act(world: &mut World) -> Result<(), String> {
    world.danger = 0.005 + 0.02 * world.mood.wild;
    let spared = world.rng.f64() >= world.mood.wild;
    match world.rng.u32(0..100) {
        25..=27 | 82..=83 if spared => world.tell_report()?,
        50..=64 if spared => world.heal()?,
        0..=24 => {
            let pause = world.rng.u64(0..MAX_TICK_MS + 1_000);
            world.pass(pause);
            world.tell_report()?;
            world.deliver(&Event::Tick)?;
        }
        25..=27 => {
            let pause = world.rng.u64(0..400_000);
            world.pass(pause);
            world.tell_report()?;
        }
        28..=29 => {
            world.skew += world.rng.i64(-60_000..60_000);
            world.skew = world.skew.clamp(-600_000, 600_000);
            world.tell_report()?;
        }
        30..=49 => world.finish_effect()?,
        50..=64 => jolt(world)?,
        65..=74 => judge(world)?,
        75..=81 => people(world)?,
        82..=83 => abort(world)?,
        84..=91 => revive(world)?,
        92..=93 => checks::second_deployment(world)?,
        94..=95 => world.wake_zombie()?,
        96..=97 => checks::viewer(world),
        _ => world.heal()?,
    }
    world.danger = 0.0;
    Ok(())
}

fn revive(world: &mut World) -> Result<(), String> {
    if world.controller.is_none() {
        let pause = world.rng.u64(0..2 * LEASE_MS);
        world.pass(pause);
    }
    world.recover()
}

/// Something happens to an instance, and everybody sees it.
fn jolt(world: &mut World) -> Result<(), String> {
    let which = world.rng.bool();
    let pool = if which { &mut world.stable } else { &mut world.candidate };
    if !pool.is_empty() {
        let place = world.rng.usize(0..pool.len());
        match (pool[place], world.rng.u32(0..10)) {
            (Instance::Starting | Instance::Sick, 0..=6) => pool[place] = Instance::Healthy,
            (Instance::Healthy, 0..=1) => pool[place] = Instance::Sick,
            (_, 7) => pool[place] = Instance::Starting,
            // The runtime starts an instance of the stable release again.
            (_, 8) if !which => {
                pool.remove(place);
            }
            _ => {}
        }
    }
    world.tell_report()
}

fn judge(world: &mut World) -> Result<(), String> {
    let judged = match world.rng.u32(0..40) {
        0 if world.rng.f64() < world.mood.wild => Judged::Worse("errors are 3.1× stable's".to_owned()),
        0..=25 => Judged::Good,
        _ => Judged::Unsure,
    };
    world.deliver(&Event::Judged(judged))
}

fn people(world: &mut World) -> Result<(), String> {
    let wish = match world.rng.u32(0..24) {
        0..=5 => Operator::Promote,
        6 => Operator::PromoteFull,
        7..=12 => Operator::Hold,
        13..=20 => Operator::Resume,
        21..=22 => Operator::Start,
        _ if world.rng.u32(0..3) > 0 => Operator::Resume,
        _ => Operator::Supersede { by: DeploymentId(42) },
    };
    world.deliver(&Event::Operator(wish))
}

fn abort(world: &mut World) -> Result<(), String> {
    if world.rng.u32(0..4) != 0 && !matches!(world.phase(), Phase::Soaking { .. }) {
        return Ok(());
    }
    checks::abort_is_taken(world)?;
    world.deliver(&Event::Operator(Operator::Abort))
}
