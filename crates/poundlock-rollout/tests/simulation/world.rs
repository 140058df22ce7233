//! The world around a deployment: pools, gateways, a journal, a lease, and controllers that can be killed.
//!
//! Main type: [`World`]. It does not know what a deployment should do; `checks.rs` does.

use super::checks::{self, Tally};
use poundlock_rollout::{
    judge::Millis,
    machine::{
        Action, Asked, Command, Deployment, DeploymentId, Effect, Event, Failure, HeldWeight, Lease, Next,
        Operator, Phase, Pool, Report, Retry, Standing, State, admit, journal, recover, step,
    },
    name::Name,
    plan::Options,
    plan::Strategy,
    split::Arm,
};

/// How long a lease lasts, in milliseconds.
pub(crate) const LEASE_MS: u64 = 15_000;

/// What kind of a world it is, once chaos is over.
#[derive(Clone, Copy)]
pub(crate) struct Mood {
    pub(crate) effects_fail: bool,
    pub(crate) instances_heal: bool,
    pub(crate) stable_is_down: bool,
    pub(crate) judge_is_sure: bool,
    pub(crate) people_decide: bool,
    /// How much goes wrong in the time of chaos, from 0 to 1.
    pub(crate) wild: f64,
}

impl Mood {
    pub(crate) fn kind() -> Self {
        let (effects_fail, stable_is_down) = (false, false);
        Self {
            effects_fail,
            instances_heal: true,
            stable_is_down,
            judge_is_sure: true,
            people_decide: true,
            wild: 0.0,
        }
    }

    pub(crate) fn random(rng: &mut fastrand::Rng) -> Self {
        Self {
            effects_fail: rng.u32(0..8) == 0,
            instances_heal: rng.u32(0..8) != 0,
            stable_is_down: rng.u32(0..8) == 0,
            judge_is_sure: rng.u32(0..4) != 0,
            people_decide: rng.bool(),
            wild: [0.05, 0.2, 1.0][rng.usize(0..3)],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instance {
    Starting,
    Healthy,
    Sick,
}

pub(crate) struct World {
    pub(crate) rng: fastrand::Rng,
    pub(crate) mood: Mood,
    pub(crate) deployment: Deployment,
    /// True time, and how far the clock is off, in milliseconds.
    pub(crate) now: u64,
    pub(crate) skew: i64,
    pub(crate) stable: Vec<Instance>,
    pub(crate) candidate: Vec<Instance>,
    pub(crate) held: HeldWeight,
    pub(crate) lease: Lease,
    pub(crate) journal: Vec<u8>,
    /// Where the last line begins.
    pub(crate) last_line: usize,
    pub(crate) controller: Option<State>,
    pub(crate) zombie: Option<State>,
    pub(crate) flight: Option<Effect>,
    /// Dies at this many moments from now, with a torn line or without.
    pub(crate) fuse: Option<(u32, bool)>,
    /// Kills at each moment with this chance.
    pub(crate) danger: f64,
    /// Truly watched in this step, in milliseconds.
    pub(crate) watched: u64,
    pub(crate) heard: Option<u64>,
    pub(crate) promoted: bool,
    pub(crate) tally: Tally,
}

impl World {
    pub(crate) fn new(rng: fastrand::Rng, options: &Options, mood: Mood) -> Result<Self, String> {
        let name = |text: &str| Name::new(text).map_err(|error| error.to_string());
        let (service, v1, v2) = (name("shop")?, name("v1")?, name("v2")?);
        let plan = options.compile().map_err(|error| error.to_string())?;
        let is_first = options.strategy == Strategy::First;
        let known = [v1.clone(), v2.clone()];
        let stable = (!is_first).then_some(&v1);
        let standing = Standing { service: &service, stable, known: &known, active: None, lease: None };
        let asked = Asked { id: DeploymentId(41), candidate: v2, plan };
        let now = 1_000_000_000;
        let admitted = admit(&standing, asked, Millis(now), LEASE_MS).map_err(|busy| busy.to_string())?;
        Ok(Self {
            rng,
            mood,
            now,
            skew: 0,
            stable: vec![Instance::Healthy; if is_first { 0 } else { options.instances as usize }],
            candidate: Vec::new(),
            held: HeldWeight::default(),
            lease: admitted.lease,
            journal: journal::line(&admitted.record),
            last_line: 0,
            controller: Some(admitted.record.state),
            deployment: admitted.deployment,
            zombie: None,
            flight: None,
            fuse: None,
            danger: 0.0,
            watched: 0,
            heard: None,
            promoted: false,
            tally: Tally::default(),
        })
    }

    pub(crate) fn clock(&self) -> Millis {
        Millis(self.now.saturating_add_signed(self.skew))
    }

    pub(crate) fn pass(&mut self, ms: u64) {
        self.now += ms;
    }

    /// The state that counts: the controller's, or what the journal says.
    pub(crate) fn state(&self) -> State {
        self.controller.clone().unwrap_or_else(|| self.replayed().expect("the first record is never torn"))
    }

    pub(crate) fn replayed(&self) -> Result<State, String> {
        let replayed = journal::replay(self.deployment.id, &self.journal[self.last_line..]);
        replayed.map(|replayed| replayed.state).map_err(|error| error.to_string())
    }

    pub(crate) fn phase(&self) -> Phase {
        self.state().phase
    }

    /// Whether the journal says that it is over; nobody has to be there.
    pub(crate) fn is_over(&self) -> bool {
        self.state().phase.is_final()
    }

    pub(crate) fn longest_ms(&self) -> u64 {
        let state = self.state();
        // Whatever was written down to happen later than the plan allows does not count as bounded.
        let plan = &self.deployment.plan;
        let left = state.latest.since(self.clock()).min(2 * plan.longest_ms());
        left + plan.longest_ms() + plan.longest_back_ms() + 120_000
    }

    pub(crate) fn report(&self) -> Report {
        let pool = |pool: &Vec<Instance>| Pool {
            running: pool.len() as u32,
            healthy: pool.iter().filter(|instance| **instance == Instance::Healthy).count() as u32,
        };
        Report {
            stable: pool(&self.stable),
            candidate: pool(&self.candidate),
            weight: self.held.at(self.clock()),
        }
    }

    /// Tells the controller, if there is one.
    pub(crate) fn deliver(&mut self, event: &Event) -> Result<(), String> {
        let Some(state) = self.controller.take() else { return Ok(()) };
        self.count_watching(&state);
        match step(&self.deployment, &state, event, self.clock()) {
            Ok(next) => {
                self.promoted |= matches!(event, Event::Operator(Operator::Promote | Operator::PromoteFull));
                self.carry_out(state, next, event)
            }
            Err(_) => {
                self.tally.refused += 1;
                self.controller = Some(state);
                Ok(())
            }
        }
    }

    fn count_watching(&mut self, state: &State) {
        let gap = self.heard.map_or(0, |heard| self.clock().0.saturating_sub(heard));
        let is_observing = checks::observed(&self.deployment, state).is_some();
        if is_observing && state.phase == Phase::Running && gap <= poundlock_rollout::machine::MAX_TICK_MS {
            self.watched += gap;
        }
        self.heard = Some(self.clock().0);
    }

    fn carry_out(&mut self, before: State, next: Next, event: &Event) -> Result<(), String> {
        for command in &next.commands {
            if self.dies(Some(command), &before) {
                return Ok(());
            }
            if let Command::Perform(effect) = command {
                checks::replaced(self, &before, effect)?;
            }
            self.execute(command)?;
        }
        if self.dies(None, &before) {
            return Ok(());
        }
        checks::moved(self, &before, &next.state, event)?;
        self.controller = Some(next.state);
        Ok(())
    }

    /// Whether the controller dies before this command, or at the end.
    fn dies(&mut self, command: Option<&Command>, before: &State) -> bool {
        let torn = match &mut self.fuse {
            Some((0, torn)) => *torn,
            Some((moments, _)) => {
                *moments -= 1;
                return false;
            }
            None if self.rng.f64() < self.danger => self.rng.bool(),
            None => return false,
        };
        self.fuse = None;
        if let (Some(Command::Journal(record)), true) = (command, torn) {
            let line = journal::line(record);
            let half = self.rng.usize(0..line.len());
            self.journal.extend(&line[..half]);
            self.tally.torn += 1;
        }
        self.tally.crashes += 1;
        self.heard = None;
        if self.rng.u32(0..4) == 0 {
            self.zombie = Some(before.clone());
        }
        true
    }

    fn execute(&mut self, command: &Command) -> Result<(), String> {
        match command {
            Command::Journal(record) => {
                self.last_line = self.journal.len();
                self.journal.extend(journal::line(record));
            }
            Command::Perform(effect) => self.perform(effect)?,
            Command::Renew { fence, until } => {
                self.held =
                    self.held.renew(*fence, self.clock(), *until).map_err(|error| error.to_string())?;
            }
            Command::Announce { fence } => {
                self.held = self.held.announce(*fence).map_err(|error| error.to_string())?;
            }
            Command::StandDown => self.controller = None,
        }
        Ok(())
    }

    fn perform(&mut self, effect: &Effect) -> Result<(), String> {
        self.tally.effects += 1;
        checks::intent(self, effect)?;
        // One swap: there is no time between its decision and its being done.
        if is_swap(effect) {
            self.apply(effect)?;
            self.apply_again(effect)?;
        }
        self.flight = Some(effect.clone());
        Ok(())
    }

    /// The effect in flight ends, one way or the other.
    pub(crate) fn finish_effect(&mut self) -> Result<(), String> {
        let Some(effect) = self.flight.take() else { return Ok(()) };
        let fails =
            if self.danger > 0.0 { self.rng.f64() < 0.1 * self.mood.wild } else { self.mood.effects_fail };
        // A failure may come before or after the work was done.
        if !is_swap(&effect) && (!fails || self.rng.bool()) {
            self.apply(&effect)?;
            self.apply_again(&effect)?;
        }
        let retry = if self.rng.u32(0..4) == 0 { Retry::IsUseless } else { Retry::MayHelp };
        let failure = Failure { retry, detail: "it was a bad day".to_owned() };
        let result = if fails { Err(failure) } else { Ok(()) };
        self.tell_report()?;
        self.deliver(&Event::Outcome { key: effect.key, result })?;
        self.tell_report()
    }

    fn apply_again(&mut self, effect: &Effect) -> Result<(), String> {
        let once = (self.stable.clone(), self.candidate.clone(), self.held);
        self.apply(effect)?;
        if once == (self.stable.clone(), self.candidate.clone(), self.held) {
            Ok(())
        } else {
            Err(format!("5: doing {effect:?} twice is not doing it once"))
        }
    }

    /// Does what an effect wants, unless its controller is not the last one.
    pub(crate) fn apply(&mut self, effect: &Effect) -> Result<(), String> {
        if self.held.admit(effect.fence).is_err() {
            self.tally.fenced += 1;
            return Ok(());
        }
        checks::effect(self, effect)?;
        let pool = |world: &mut Self, arm: Arm, keep: u32| match arm {
            Arm::Stable => world.stable.truncate(keep as usize),
            Arm::Candidate => world.candidate.truncate(keep as usize),
        };
        match &effect.action {
            Action::Ensure { pool, count } => {
                let pool = if *pool == Arm::Stable { &mut self.stable } else { &mut self.candidate };
                while pool.len() < *count as usize {
                    pool.push(Instance::Starting);
                }
            }
            Action::SetWeight { weight, until } => {
                self.held =
                    self.held.set(effect.fence, *weight, *until).map_err(|error| error.to_string())?;
            }
            Action::Stop { pool: arm, keep } => pool(self, *arm, *keep),
            Action::Retire { .. } => pool(self, Arm::Stable, 0),
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn tell_report(&mut self) -> Result<(), String> {
        let report = self.report();
        self.deliver(&Event::Report(report))
    }

    /// A new controller takes over when the lease is over.
    pub(crate) fn recover(&mut self) -> Result<(), String> {
        self.renew_lease();
        if self.controller.is_some() {
            return Ok(());
        }
        let now = self.clock();
        let Ok(lease) = Lease::take(Some(&self.lease), self.deployment.id, now, LEASE_MS) else {
            return Ok(());
        };
        self.lease = lease;
        let replayed =
            journal::replay(self.deployment.id, &self.journal).map_err(|error| error.to_string())?;
        self.journal.truncate(replayed.good);
        if self.rng.bool() {
            // What was begun before the crash goes on without anybody who waits for it.
            if let Some(effect) = self.flight.take().filter(|effect| !is_swap(effect)) {
                self.apply(&effect)?;
            }
        }
        let next = recover(&self.deployment, &replayed.state, lease.fence, now);
        checks::recovered(&replayed.state, &next.state, now)?;
        self.carry_out(replayed.state, next, &Event::Tick)?;
        self.tell_report()
    }

    fn renew_lease(&mut self) {
        let Some(state) = &self.controller else { return };
        if let Ok(lease) = self.lease.renew(state.fence, self.clock(), LEASE_MS) {
            self.lease = lease;
        }
    }

    /// Instances come up, where this world lets them.
    pub(crate) fn heal(&mut self) -> Result<(), String> {
        let (heals, down) = (self.mood.instances_heal, self.mood.stable_is_down);
        let better = |instance: &mut Instance| *instance = Instance::Healthy;
        if heals {
            self.candidate.iter_mut().for_each(better);
        }
        if heals && !down {
            self.stable.iter_mut().for_each(better);
        }
        self.tell_report()
    }

    pub(crate) fn stable_goes_down(&mut self) {
        self.stable.iter_mut().for_each(|instance| *instance = Instance::Sick);
    }

    /// What a paused controller does when it wakes up and believes to be alone, while an other one is at work.
    pub(crate) fn wake_zombie(&mut self) -> Result<(), String> {
        let (Some(mut state), Some(successor)) = (self.zombie.take(), &self.controller) else {
            return Ok(());
        };
        if successor.fence <= state.fence {
            return Ok(());
        }
        let (now, report) = (self.clock(), Event::Report(self.report()));
        for event in [Event::Operator(Operator::Abort), report, Event::Tick] {
            let Ok(next) = step(&self.deployment, &state, &event, now) else { continue };
            state = next.state;
            for command in &next.commands {
                let Command::Perform(effect) = command else { continue };
                self.tally.zombies += 1;
                if self.held.admit(effect.fence).is_ok() {
                    return Err(format!("4: a controller that was replaced does {effect:?}"));
                }
            }
        }
        Ok(())
    }
}

fn is_swap(effect: &Effect) -> bool {
    matches!(effect.action, Action::SetWeight { .. })
}
