//! The eight invariants, seen from the world.
//!
//! Main items: the checks that `world.rs` calls at each moment, and [`Tally`], which shows that they had something to check.

use super::world::{LEASE_MS, World};
use poundlock_rollout::{
    judge::Millis,
    machine::{
        Action, Active, Asked, Busy, Command, Deployment, DeploymentId, Effect, Event, Operator, Phase,
        Refusal, Standing, State, Track, admit, show, step,
    },
    name::Name,
    plan::{Step, Until},
    split::{Arm, Weight},
};

/// What happened in a life, or in many.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    pub(crate) effects: u64,
    pub(crate) crashes: u64,
    pub(crate) torn: u64,
    pub(crate) fenced: u64,
    pub(crate) zombies: u64,
    pub(crate) refused: u64,
    pub(crate) aborts: u64,
    pub(crate) observed: u64,
    pub(crate) rewinds: u64,
    pub(crate) second: u64,
    pub(crate) done: u64,
    pub(crate) rolled_back: u64,
    pub(crate) needs_human: u64,
    pub(crate) superseded: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.effects += other.effects;
        self.crashes += other.crashes;
        self.torn += other.torn;
        self.fenced += other.fenced;
        self.zombies += other.zombies;
        self.refused += other.refused;
        self.aborts += other.aborts;
        self.observed += other.observed;
        self.rewinds += other.rewinds;
        self.second += other.second;
        self.done += other.done;
        self.rolled_back += other.rolled_back;
        self.needs_human += other.needs_human;
        self.superseded += other.superseded;
    }
}

/// 1 and 2: what an effect does to traffic and to the stable pool.
pub(crate) fn effect(world: &World, effect: &Effect) -> Result<(), String> {
    let report = world.report();
    match &effect.action {
        Action::SetWeight { weight, .. } => {
            let lacks = |pool: Arm| match pool {
                Arm::Candidate => report.candidate.healthy == 0,
                Arm::Stable => report.stable.healthy == 0 && world.deployment.stable.is_some(),
            };
            if *weight > report.weight && lacks(Arm::Candidate) {
                return Err(format!("1: {weight:?} to a candidate without a healthy instance"));
            }
            if *weight < report.weight && lacks(Arm::Stable) {
                return Err(format!(
                    "1: {weight:?} leaves the rest to a stable pool without a healthy instance"
                ));
            }
        }
        Action::Stop { pool: Arm::Stable, keep: 0 } => return Err("2: the stable pool is stopped".to_owned()),
        Action::Stop { pool: Arm::Stable, .. } if effect.key.track == Track::Back => {
            return Err("2: the stable pool is made smaller on the way back".to_owned());
        }
        Action::Retire { .. } if report.weight != Weight::ALL => {
            return Err(format!("2: the stable pool is retired at {:?}", report.weight));
        }
        Action::Stop { pool: Arm::Candidate, .. } if report.weight != Weight::NONE => {
            return Err("1: the candidate is stopped while it has traffic".to_owned());
        }
        _ => {}
    }
    Ok(())
}

/// 2: when a rolling deployment begins to take old instances away, as many new ones are healthy; all but one, for that many
/// may be unavailable.
pub(crate) fn replaced(world: &World, before: &State, effect: &Effect) -> Result<(), String> {
    let Action::Drain { pool: Arm::Stable, keep, .. } = effect.action else { return Ok(()) };
    let (healthy, wanted) = (world.report().candidate.healthy, world.deployment.plan.instances() - 1);
    if before.cursor.step != effect.key.step && keep + healthy < wanted {
        return Err(format!("2: {keep} of the stable pool are left beside {healthy} new ones"));
    }
    Ok(())
}

/// 5: the journal knows of an effect before it begins.
pub(crate) fn intent(world: &World, effect: &Effect) -> Result<(), String> {
    let state = world.replayed()?;
    let cursor = state.cursor;
    let same = (cursor.track, cursor.step, cursor.attempt)
        == (effect.key.track, effect.key.step, effect.key.attempt);
    if same && cursor.in_flight && state.fence == effect.fence {
        Ok(())
    } else {
        Err(format!("5: {effect:?} begins, and the journal says {cursor:?}"))
    }
}

/// 6: the deadline of a step is what it was before the crash.
pub(crate) fn recovered(before: &State, after: &State, now: Millis) -> Result<(), String> {
    let back = before.clock.since(now);
    let expect = Millis(before.cursor.deadline.0.saturating_sub(back));
    if after.cursor.deadline == expect && after.latest.0 == before.latest.0.saturating_sub(back) {
        Ok(())
    } else {
        Err(format!("6: the deadline was {expect:?} and is {:?}", after.cursor.deadline))
    }
}

/// The observation of a state, on the way forward.
pub(crate) fn observed(deployment: &Deployment, state: &State) -> Option<(u64, Until)> {
    match deployment.step_of(state) {
        Some(Step::Observe { min_ms, until }) if state.cursor.track == Track::Forward => {
            Some((*min_ms, *until))
        }
        _ => None,
    }
}

/// 3, 5 and 6: what may change from one state to the next.
pub(crate) fn moved(world: &mut World, before: &State, after: &State, event: &Event) -> Result<(), String> {
    world.tally.rewinds += u64::from(after.rewinds > before.rewinds);
    let place = |state: &State| (state.cursor.track, state.cursor.step);
    let ended = matches!(event, Event::Outcome { .. }) && before.cursor.in_flight && !after.cursor.in_flight;
    if ended && world.replayed()?.cursor.in_flight {
        return Err("5: an outcome is known that is not in the journal".to_owned());
    }
    let waits = matches!(after.phase, Phase::Running | Phase::Aborting { .. })
        && !matches!(world.deployment.step_of(after), Some(Step::Observe { .. }));
    if waits && after.cursor.deadline <= world.clock() && matches!(event, Event::Report(_)) {
        return Err(format!("6: {:?} is past its deadline at {:?}", after.cursor, world.clock()));
    }
    let aborts = |state: &State| matches!(state.phase, Phase::Aborting { .. });
    let undone = !aborts(after) && (!after.phase.is_final() || after.phase == Phase::Done);
    if aborts(before) && undone {
        return Err(format!("3: an abort became {:?}", after.phase));
    }
    if place(before) == place(after) {
        return Ok(());
    }
    let on = after.cursor.track == Track::Forward && after.cursor.step > before.cursor.step;
    if let (Some((min_ms, _)), true, false) = (observed(&world.deployment, before), on, world.promoted) {
        world.tally.observed += 1;
        if world.watched < min_ms {
            return Err(format!("6: watched for {} of {min_ms} ms", world.watched));
        }
    }
    world.watched = 0;
    world.promoted = after.hurry;
    Ok(())
}

/// 3: an abort is taken now, again, and before a promotion.
pub(crate) fn abort_is_taken(world: &mut World) -> Result<(), String> {
    let Some(state) = world.controller.clone().filter(|state| !state.phase.is_final()) else { return Ok(()) };
    world.tally.aborts += 1;
    let (now, deployment) = (world.clock(), &world.deployment);
    let abort = Event::Operator(Operator::Abort);
    let first = step(deployment, &state, &abort, now).map_err(|refusal| format!("3: {refusal}"))?.state;
    let goes_back = |phase: &Phase| {
        matches!(phase, Phase::Aborting { .. } | Phase::RolledBack { .. } | Phase::NeedsHuman { .. })
    };
    if !goes_back(&first.phase) {
        return Err(format!("3: after an abort it is {:?}", first.phase));
    }
    if !first.phase.is_final() {
        let again = step(deployment, &first, &abort, now).map_err(|refusal| format!("3: {refusal}"))?;
        let performs = again.commands.iter().any(|command| matches!(command, Command::Perform(_)));
        if performs || again.state.cursor != first.cursor || again.state.phase != first.phase {
            return Err("3: a second abort is not the first".to_owned());
        }
    }
    match step(deployment, &first, &Event::Operator(Operator::PromoteFull), now) {
        Err(Refusal::Aborting(_) | Refusal::Ended { .. }) => Ok(()),
        other => Err(format!("3: a promotion after an abort gives {other:?}")),
    }
}

/// 4: there is no second deployment while one is not over, whether the store knows it or only the lease.
pub(crate) fn second_deployment(world: &mut World) -> Result<(), String> {
    let state = world.state();
    world.tally.second += 1;
    let known = [world.deployment.candidate.clone(), Name::new("v3").map_err(|error| error.to_string())?];
    let active = Active { id: world.deployment.id, candidate: &known[0], phase: &state.phase };
    let ask = |active, lease| {
        let stable = world.deployment.stable.as_ref();
        let standing = Standing { service: &world.deployment.service, stable, known: &known, active, lease };
        let plan = world.deployment.plan.clone();
        let asked = Asked { id: DeploymentId(42), candidate: known[1].clone(), plan };
        admit(&standing, asked, world.clock(), LEASE_MS)
    };
    let over = state.phase.is_final();
    match ask(Some(active), None) {
        Err(Busy::Deployment { .. }) if !over => {}
        Ok(_) if over => {}
        other => return Err(format!("4: a second deployment while one is {:?}: {other:?}", state.phase)),
    }
    match ask(None, Some(&world.lease)) {
        Err(Busy::Lease(_)) if world.lease.until > world.clock() => Ok(()),
        Ok(second) if world.lease.until <= world.clock() && second.lease.fence > world.lease.fence => Ok(()),
        other => Err(format!("4: the lease is {:?} at {:?}: {other:?}", world.lease, world.clock())),
    }
}

/// Somebody looks, at a time of any kind.
pub(crate) fn viewer(world: &mut World) {
    let state = world.state();
    let at = Millis(world.rng.u64(..));
    let shown = show(&world.deployment, &state, at);
    assert!(shown.number <= shown.of.max(1), "{shown:?}");
}

/// How it must look at the end.
pub(crate) fn end(world: &World) -> Result<(), String> {
    let (state, report) = (world.state(), world.report());
    let instances = world.deployment.plan.instances();
    let as_it_was = || {
        let stable = world.deployment.stable.is_none() || report.stable.running >= 1;
        report.weight == Weight::NONE && report.candidate.running == 0 && stable
    };
    let right = match &state.phase {
        Phase::Done => report.weight == Weight::ALL && report.candidate.running >= 1,
        Phase::RolledBack { .. } | Phase::Superseded { .. } => as_it_was(),
        Phase::NeedsHuman { .. } => true,
        _ => false,
    };
    if right { Ok(()) } else { Err(format!("8: {:?} of {instances} with {report:?}", state.phase)) }
}

/// Counts how it ended.
pub(crate) fn count_end(world: &mut World) {
    let count = match world.phase() {
        Phase::Done => &mut world.tally.done,
        Phase::NeedsHuman { .. } => &mut world.tally.needs_human,
        Phase::Superseded { .. } => &mut world.tally.superseded,
        _ => &mut world.tally.rolled_back,
    };
    *count += 1;
}
