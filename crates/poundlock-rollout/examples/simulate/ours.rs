//! The judge on simulated requests, one event after the other.
//!
//! Main item: [`alarm`].

use crate::{random::Random, scenario::MINUTES, world::World};
use poundlock_rollout::{
    judge::{Assignment, Event, Judge, Metric, Millis, Outcome, Settings, Warmth},
    split::{Arm, Unit, Weight},
};

/// What makes an event count.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Counting {
    /// Its unit had none before, as the judge does it.
    Once,
    /// Its unit had none in these ten seconds.
    EachTenSeconds,
    /// Nothing.
    Every,
}

/// Events after which a healthy candidate is left alone by this simulation: what is left of the chance of an alarm is
/// below a thousandth of it.
const MAX_EVENTS: usize = 8_000;

/// Visitors stay for a minute and send a request each five seconds.
const STAY: f64 = 60.0;
const PAUSE: f64 = 5.0;

/// Visitors who are there now.
struct Visitors(Vec<(u64, f64)>);

impl Visitors {
    fn new(rps: f64) -> Self {
        Self(vec![(0, -1.0); (rps * PAUSE).ceil().max(3.0) as usize])
    }

    /// One of them, who may have come just now.
    fn any(&mut self, now: f64, random: &mut Random) -> u64 {
        let place = random.below(self.0.len());
        let (unit, leaves) = &mut self.0[place];
        if *leaves < now {
            *unit = random.bits();
            *leaves = now + random.exponential(STAY);
        }
        *unit
    }
}

struct Run<'a> {
    world: &'a World<'a>,
    judge: Judge,
    counting: Counting,
    events: usize,
}

/// The second of the alarm.
pub(crate) fn alarm(world: &World<'_>, counting: Counting, random: &mut Random) -> Option<f64> {
    let judge = Judge::with_slow_limit(Settings::default(), Millis(0), 100.0);
    let mut run = Run { world, judge, counting, events: 0 };
    let mut visitors = Visitors::new(world.scenario.rps);
    for minute in 0..MINUTES {
        run.clients(minute);
        run.minute(minute, &mut visitors, random);
        // Whether a candidate is good is another question.
        match run.judge.alarm() {
            Some(alarm) => return Some(alarm.at.0 as f64 / 1e3),
            None if run.events > MAX_EVENTS => return None,
            None => {}
        }
    }
    None
}

impl Run<'_> {
    /// The events of clients with a fate of their own. They come before the others of their minute, which the judge
    /// cannot tell.
    fn clients(&mut self, minute: usize) {
        let weight = self.world.scenario.weight(minute);
        for client in &self.world.clients {
            for at in client.times.iter().filter(|at| (**at / 60.0) as usize == minute) {
                tell(&mut self.judge, self.counting, *at, client.unit, client.metric, weight);
            }
        }
    }

    /// Thins a Poisson process of the largest rate that either release has in this minute.
    fn minute(&mut self, minute: usize, visitors: &mut Visitors, random: &mut Random) {
        let (scenario, weight) = (self.world.scenario, self.world.scenario.weight(minute));
        let most = |metric| {
            let seconds = [0.0, 59.999].map(|second| minute as f64 * 60.0 + second);
            let shares =
                seconds.map(|at| [Arm::Stable, Arm::Candidate].map(|arm| self.world.share(metric, arm, at)));
            shares.into_iter().flatten().fold(0.0, f64::max)
        };
        let (errors, slow) = (most(Metric::Errors), most(Metric::Slow));
        let rate = if scenario.every_request { 1.0_f64.max(errors + slow) } else { errors + slow };
        let (mut at, end) = (minute as f64 * 60.0, (minute as f64 + 1.0) * 60.0);
        loop {
            at += random.exponential(1.0 / (scenario.rps * rate));
            if at >= end || self.judge.alarm().is_some() {
                return;
            }
            let unit = visitors.any(at, random);
            let arm = Unit(unit).arm(weight);
            if scenario.every_request {
                self.judge.routed(millis(at), arm, weight, Unit(unit), Warmth::WARM);
            }
            let draw = random.uniform() * rate;
            let (metric, share) =
                if draw < errors { (Metric::Errors, draw) } else { (Metric::Slow, draw - errors) };
            if share < self.world.share(metric, arm, at) {
                self.events += 1;
                tell(&mut self.judge, self.counting, at, unit, metric, weight);
            }
        }
    }
}

fn tell(judge: &mut Judge, counting: Counting, at: f64, unit: u64, metric: Metric, weight: Weight) {
    let outcome = match metric {
        Metric::Slow => Outcome::Answered(200, 400.0),
        _ => Outcome::Answered(500, 10.0),
    };
    let arm = Unit(unit).arm(weight);
    let counted = match counting {
        Counting::Once => unit,
        Counting::EachTenSeconds => mix(unit ^ (at / 10.0) as u64),
        Counting::Every => mix(unit ^ at.to_bits()),
    };
    let age_ms = if arm == Arm::Candidate { (at * 1e3) as u64 } else { u64::MAX };
    let instance = Warmth { age_ms, served: u64::MAX };
    let (unit, assignment) = (Unit(counted), Assignment::Drawn(weight));
    judge.ended(&Event { at: millis(at), arm, assignment, unit, outcome, instance, id: "" });
}

fn millis(second: f64) -> Millis {
    Millis((second * 1e3) as u64)
}

fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits ^ (bits >> 29)
}
