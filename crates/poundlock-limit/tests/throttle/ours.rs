//! Our controller and admission as a gateway with one worker would use them.

use super::sim::{Limiter, Request};
use poundlock_limit::{
    Micros,
    throttle::{Admission, Bounds, Controller, Outcome, Pressure, Window},
};

/// The controller, and what a worker keeps.
pub(crate) struct Ours {
    controller: Controller,
    admission: Admission,
    window: Window,
}

impl Default for Ours {
    fn default() -> Self {
        let controller = Controller::new(Bounds::default(), Micros(0));
        Self { controller, admission: Admission::default(), window: Window::default() }
    }
}

impl Limiter for Ours {
    fn limit(&self) -> u32 {
        self.controller.limit()
    }
    fn admit(&mut self, in_flight: u32, request: Request) -> bool {
        let admitted =
            self.admission.admit(in_flight, self.controller.limit(), request.priority, request.key);
        if !admitted {
            self.window.refuse();
        }
        admitted
    }
    fn ended(&mut self, _now: u64, rtt: u64, answered: bool, _in_flight: u32) {
        self.window.sample(rtt, if answered { Outcome::Answered } else { Outcome::Abandoned });
    }
    fn tick(&mut self, now: u64, in_flight: u32) {
        self.controller.absorb(&self.window.take());
        self.controller.tick(Micros(now), in_flight, Pressure::default());
        if now.is_multiple_of(250_000) {
            self.admission.tick(now / 10_000_000);
        }
    }
}
