//! What the end of an effect means.
//!
//! Main item: [`Turn::outcome`].

use super::{
    Cause, MAX_TRIES, MAX_TRIES_BACK, RETRY_MS, Trouble,
    command::{Key, Track},
    event::{Failure, Retry, cut},
    turn::Turn,
};
use crate::plan::Step;

impl Turn<'_> {
    /// Takes the outcome of the effect in flight; that of an earlier one means nothing any more.
    pub(super) fn outcome(&mut self, key: &Key, result: &Result<(), Failure>) {
        if *key != self.key() || !self.state.cursor.in_flight {
            return;
        }
        match result {
            Ok(()) => self.succeeded(),
            Err(Failure { retry: Retry::IsForbidden, .. }) => self.stand_down(),
            Err(failure) => self.failed(failure),
        }
    }

    fn succeeded(&mut self) {
        if let Some(Step::SetWeight { weight }) = self.step() {
            let weight = *weight;
            self.state.weight = weight;
            self.state.seen.report.iter_mut().for_each(|report| report.weight = weight);
        }
        self.state.cursor.in_flight = false;
        self.state.cursor.ended = true;
    }

    fn failed(&mut self, failure: &Failure) {
        let cursor = &mut self.state.cursor;
        cursor.in_flight = false;
        cursor.failures = cursor.failures.saturating_add(1);
        let (failures, track) = (cursor.failures, cursor.track);
        let tries = if track == Track::Back { MAX_TRIES_BACK } else { MAX_TRIES };
        if failure.retry == Retry::MayHelp && failures < tries {
            let pause = RETRY_MS << failures.saturating_sub(1).min(10);
            self.state.cursor.retry_at = Some(self.later(pause));
            return;
        }
        let Some(step) = self.step() else { return };
        let (step, detail) = (step.clone(), cut(&failure.detail));
        let name = step.name().to_owned();
        match (track, step) {
            // Connections that do not end are no reason to go back, nor is an old pool that does not.
            (_, Step::Drain { .. } | Step::Retire { .. }) | (Track::Back, Step::Hook { .. }) => {
                self.pass_over(&detail);
            }
            (Track::Forward, _) => self.abort(Cause::Failed { step: name, detail }),
            (Track::Back, _) => self.give_up(Trouble::Failed { step: name, detail }),
        }
    }
}
