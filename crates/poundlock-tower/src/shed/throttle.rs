//! What all requests to one service share, and what each worker keeps of it.
//!
//! Main type: [`Throttle`]. On the path of a request it has two atomics, the number in flight and the limit, and a desk
//! of the request's own worker. Nothing here knows HTTP.
//!
//! A desk stands behind a mutex. In the gateway nobody else wants it but the tick, every 50 ms and for less than a
//! microsecond, so it costs two uncontended atomic operations; in an application, whose futures move between threads, one
//! desk serves all. State in each clone of a service would cost less and know less: axum clones for every connection, and
//! the shares of clients would be forgotten as often.

use super::spell::{Spell, Turn};
use poundlock_limit::Micros;
use poundlock_limit::throttle::{Admission, Bounds, Cause, Controller, Outcome, Pressure, Priority, Window};
use poundlock_observe::Registry;
use poundlock_observe::registry::{Counter, RegistryError};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Requests that were shed, by service and priority.
const SHED: &str = "poundlock_shed_total";
/// How often half of the shares is forgotten, and how often all, in microseconds.
const FORGET_US: u64 = 250_000;
const RESEED_US: u64 = 10_000_000;

/// The throttle of one service.
#[derive(Debug)]
pub struct Throttle {
    service: Arc<str>,
    load: Load,
    desks: Box<[Desk]>,
    shed: [Counter; 3],
    regulator: Mutex<Regulator>,
}

/// Written by every request, so apart from everything that is only read.
#[derive(Debug)]
#[repr(align(128))]
struct Load {
    in_flight: AtomicU32,
    limit: AtomicU32,
}

/// A worker's own part, on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Desk(Mutex<Seat>);

#[derive(Debug, Default)]
struct Seat {
    admission: Admission,
    window: Window,
}

/// What only the tick uses.
#[derive(Debug)]
struct Regulator {
    bounds: Bounds,
    controller: Controller,
    spell: Spell,
    now: Micros,
    forgot: Micros,
    reseeded: Micros,
    seed: u64,
}

/// What a tick has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// The limit from now on.
    pub limit: u32,
    /// Why it is that.
    pub cause: Cause,
    /// Whether shedding has begun or ended.
    pub turn: Option<Turn>,
}

impl Throttle {
    /// The throttle of the service of this name, with as many desks as there are workers. What it sheds is counted for
    /// itself only.
    pub fn new(service: Arc<str>, bounds: Bounds, desks: NonZeroUsize) -> Self {
        let regulator = Regulator::new(bounds, Micros(0));
        let limit = AtomicU32::new(regulator.controller.limit());
        Self {
            service,
            load: Load { in_flight: AtomicU32::new(0), limit },
            desks: std::iter::repeat_with(Desk::default).take(desks.get()).collect(),
            shed: Default::default(),
            regulator: Mutex::new(regulator),
        }
    }

    /// Counts what is shed in a registry: `poundlock_shed_total{service,priority}`.
    ///
    /// # Errors
    /// The name belongs to something else.
    pub fn counted(mut self, registry: &Registry) -> Result<Self, RegistryError> {
        let counter = |priority| {
            let labels = [("service", &*self.service), ("priority", priority)];
            registry.counter(SHED, "Requests refused because the service was at its limit.", &labels)
        };
        self.shed = [counter("critical")?, counter("default")?, counter("sheddable")?];
        Ok(self)
    }

    /// The name of the service.
    pub fn service(&self) -> &Arc<str> {
        &self.service
    }

    /// Requests that are admitted and whose answers have not begun.
    pub fn in_flight(&self) -> u32 {
        self.load.in_flight.load(Relaxed)
    }

    /// How many may be.
    pub fn limit(&self) -> u32 {
        self.load.limit.load(Relaxed)
    }

    /// Keeps to these bounds from now on. If they are others than before, the search for the limit begins anew; what is
    /// in flight stays counted.
    pub fn keep_to(&self, bounds: Bounds) {
        let mut regulator = lock(&self.regulator);
        if regulator.bounds != bounds {
            let now = regulator.now;
            (regulator.bounds, regulator.controller) = (bounds, Controller::new(bounds, now));
            self.load.limit.store(regulator.controller.limit(), Relaxed);
        }
    }

    /// Collects what the desks have seen and moves the limit: every 50 ms or so, from one place. `now` may begin anywhere
    /// and should not jump; `seed` is 64 random bits, of which one draw in ten seconds is used.
    pub fn tick(&self, now: Micros, pressure: Pressure, seed: u64) -> Tick {
        let mut regulator = lock(&self.regulator);
        let forget = regulator.forget(now, seed);
        for Desk(desk) in &self.desks {
            let mut seat = lock(desk);
            regulator.controller.absorb(&seat.window.take());
            if let Some(seed) = forget {
                seat.admission.tick(seed);
            }
        }
        let change = regulator.controller.tick(now, self.in_flight(), pressure);
        self.load.limit.store(change.limit, Relaxed);
        let total = self.shed.iter().map(Counter::get).fold(0, u64::saturating_add);
        Tick { limit: change.limit, cause: change.cause, turn: regulator.spell.tick(now, total) }
    }

    /// Takes a place for a request, if there is one for it. Another worker may do so at the same moment: the limit can be
    /// exceeded by the number of desks less one.
    pub(super) fn admit(&self, desk: usize, priority: Priority, key: u64) -> bool {
        let mut seat = self.seat(desk);
        let admitted = seat.admission.admit(self.in_flight(), self.limit(), priority, key);
        if admitted {
            self.load.in_flight.fetch_add(1, Relaxed);
        } else {
            seat.window.refuse();
            drop(seat);
            self.shed[priority as usize].inc();
        }
        admitted
    }

    /// Gives a place back; the sample is what its request says of the service, in microseconds.
    pub(super) fn leave(&self, desk: usize, sample: Option<(u64, Outcome)>) {
        if let Some((rtt_us, outcome)) = sample {
            self.seat(desk).window.sample(rtt_us, outcome);
        }
        self.load.in_flight.fetch_sub(1, Relaxed);
    }

    fn seat(&self, desk: usize) -> MutexGuard<'_, Seat> {
        lock(&self.desks[desk % self.desks.len()].0)
    }

    /// Sets the limit as a tick might.
    #[cfg(test)]
    pub(super) fn load_limit(&self, limit: u32) {
        self.load.limit.store(limit, Relaxed);
    }

    /// What the desks have seen since the last tick.
    #[cfg(test)]
    pub(super) fn seen(&self) -> Window {
        let mut all = Window::default();
        self.desks.iter().for_each(|desk| all.merge(&lock(&desk.0).window));
        all
    }
}

impl Regulator {
    fn new(bounds: Bounds, now: Micros) -> Self {
        let controller = Controller::new(bounds, now);
        Self { bounds, controller, spell: Spell::default(), now, forgot: now, reseeded: now, seed: 0 }
    }

    /// The seed with which shares are to be forgotten now, if they are.
    fn forget(&mut self, now: Micros, random: u64) -> Option<u64> {
        self.now = now;
        if now >= self.forgot && now.since(self.forgot) < FORGET_US {
            return None;
        }
        self.forgot = now;
        if now < self.reseeded || now.since(self.reseeded) >= RESEED_US || self.seed == 0 {
            (self.reseeded, self.seed) = (now, random);
        }
        Some(self.seed)
    }
}

/// Nothing that holds one of these locks can panic half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
