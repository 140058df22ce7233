//! One event's worth of work on a state.
//!
//! Main type: [`Turn`]: the state that is being made, and the commands that lead to it.

use super::{
    MAX_TICK_MS, Phase,
    command::{Action, Command, Effect, Key, Next, Record, Track},
    event::Event,
    operator,
    state::{Cursor, Deployment, Seen, State},
};
use crate::{judge::Millis, plan::Step, split::Weight};

/// A state in the making.
pub(super) struct Turn<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) state: State,
    pub(super) now: Millis,
    commands: Vec<Command>,
    /// What the journal says, as far as that matters.
    written: State,
    stands_down: bool,
}

impl<'a> Turn<'a> {
    pub(super) fn new(deployment: &'a Deployment, before: &State, now: Millis) -> Self {
        let mut state = before.clone();
        // Deadlines are absolute, and a clock that is set back must not put them off.
        state.shift_back(state.clock.since(now));
        let gap = state.seen.at.map_or(0, |at| now.since(at));
        let watched = if gap <= MAX_TICK_MS { gap } else { 0 };
        let watches = matches!(deployment.step_of(&state), Some(Step::Observe { .. }));
        if watches && state.phase == Phase::Running {
            state.cursor.dwelt_ms = state.cursor.dwelt_ms.saturating_add(watched);
            state.seen.unwritten_ms = state.seen.unwritten_ms.saturating_add(watched);
        }
        state.clock = now;
        state.seen.at = Some(now);
        Self { deployment, written: essence(before), state, now, commands: Vec::new(), stands_down: false }
    }

    pub(super) fn take(&mut self, event: &Event) {
        match event {
            Event::Tick => {
                if self.state.seen.settle_until.is_some_and(|until| until <= self.now) {
                    self.settle();
                }
            }
            Event::Report(report) => {
                self.state.seen.report = Some(*report);
                self.state.seen.weight_is_fresh = true;
                self.settle();
            }
            Event::Outcome { key, result } => self.outcome(key, result),
            Event::Judged(judged) => self.state.seen.judged = Some(judged.clone()),
            Event::Operator(wish) => operator::take(self, wish),
        }
        if matches!(event, Event::Tick | Event::Report(_)) {
            self.renew();
        }
        if let Event::Report(report) = event {
            self.compare_weight(report.weight);
        }
    }

    /// After a crash, what was in flight is begun again once it is seen how things are.
    fn settle(&mut self) {
        if self.state.seen.settle_until.take().is_some() {
            self.state.cursor.in_flight = false;
        }
    }

    pub(super) fn step(&self) -> Option<&Step> {
        self.deployment.step_of(&self.state)
    }

    pub(super) fn key(&self) -> Key {
        let Cursor { track, step, attempt, .. } = self.state.cursor;
        Key { deployment: self.deployment.id, track, step, attempt }
    }

    /// Moves to a step.
    pub(super) fn go_to(&mut self, track: Track, step: usize) {
        let place = u16::try_from(step).expect("a plan has at most 1,024 steps");
        self.state.cursor = Cursor::at(track, place, self.now);
        let time = self.step().map_or(0, |step| self.deployment.plan.step_ms(step));
        self.state.cursor.deadline = self.later(time);
    }

    /// Writes down that an effect begins, and begins it.
    pub(super) fn begin(&mut self, action: Action) {
        let state = &mut self.state;
        state.attempts = state.attempts.saturating_add(1);
        state.cursor.attempt = state.attempts;
        state.cursor.in_flight = true;
        state.cursor.retry_at = None;
        if let Action::SetWeight { .. } = action {
            state.seen.weight_is_fresh = false;
        }
        if state.cursor.track == Track::Forward {
            state.begun = state.begun.max(state.cursor.step.saturating_add(1));
        }
        self.journal();
        let effect = Effect { key: self.key(), fence: self.state.fence, action };
        self.commands.push(Command::Perform(effect));
    }

    pub(super) fn journal(&mut self) {
        self.state.seen.unwritten_ms = 0;
        self.written = essence(&self.state);
        let record = Record { deployment: self.deployment.id, state: self.state.clone() };
        self.commands.push(Command::Journal(Box::new(record)));
    }

    /// Writes the new token down, then shows it.
    pub(super) fn announce(&mut self) {
        self.journal();
        self.commands.push(Command::Announce { fence: self.state.fence });
    }

    pub(super) fn stand_down(&mut self) {
        self.stands_down = true;
    }

    fn renew(&mut self) {
        let Some(dead_man) = self.deployment.plan.dead_man_ms() else { return };
        let partial = self.state.weight != Weight::NONE && self.state.weight != Weight::ALL;
        if partial && self.state.seen.settle_until.is_none() {
            self.commands.push(Command::Renew { fence: self.state.fence, until: self.later(dead_man) });
        }
    }

    pub(super) fn later(&self, ms: u64) -> Millis {
        Millis(self.now.0.saturating_add(ms))
    }

    pub(super) fn end(mut self) -> Next {
        if self.stands_down {
            return Next { state: self.state, commands: vec![Command::StandDown] };
        }
        let stale = self.state.seen.unwritten_ms >= MAX_TICK_MS;
        if stale || essence(&self.state) != self.written {
            self.journal();
        }
        Next { state: self.state, commands: self.commands }
    }
}

/// A state without what changes all the time.
fn essence(state: &State) -> State {
    let mut state = state.clone();
    state.clock = Millis(0);
    state.seen = Seen::default();
    state.cursor.dwelt_ms = 0;
    state
}
