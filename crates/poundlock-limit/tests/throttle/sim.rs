//! The simulator: one seed of one scenario under one limiter, event by event.
//!
//! Main item: [`run`]. Arrivals, whose they are and the sequence of service times come from the seed alone, so every
//! limiter meets the same ones.

use super::scenario::{PATIENCE, REJECTION_COST, SECOND, Scenario, Stage};
use poundlock_limit::throttle::Priority;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How often a limiter is told the time, in microseconds.
pub(crate) const TICK: u64 = 50_000;

/// What is compared. Times are microseconds since the start.
pub(crate) trait Limiter {
    /// How many requests may be in flight now.
    fn limit(&self) -> u32;
    /// A request has ended: answered after `rtt`, or given up by the client. `in_flight` is from its start, with itself.
    fn ended(&mut self, now: u64, rtt: u64, answered: bool, in_flight: u32);
    /// Whether to admit a request while so many are in flight; most do not look at whose it is.
    fn admit(&mut self, in_flight: u32, _request: Request) -> bool {
        in_flight < self.limit()
    }
    /// Time has passed.
    fn tick(&mut self, _now: u64, _in_flight: u32) {}
}

/// What a request says of itself.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    /// How much it matters.
    pub(crate) priority: Priority,
    /// Whose it is; the greedy one's is [`GREEDY`].
    pub(crate) key: u64,
}

/// The key of the client that asks for more than others.
pub(crate) const GREEDY: u64 = 0;

/// Requests of one kind.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    /// Those that arrived.
    pub(crate) arrived: u64,
    /// Those that were rejected.
    pub(crate) rejected: u64,
}

/// What came of it, in the time that is counted.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Outcome {
    /// All of them.
    pub(crate) all: Tally,
    /// By priority, the greedy client's not counted.
    pub(crate) by_priority: [Tally; 3],
    /// Those of the greedy client.
    pub(crate) greedy: Tally,
    /// Requests that were answered in time.
    pub(crate) good: u64,
    /// The 99th percentile of the time to such an answer, in milliseconds.
    pub(crate) p99_ms: usize,
}

impl Outcome {
    fn count(&mut self, request: Request, admitted: bool) {
        let kind = match request.key {
            GREEDY => &mut self.greedy,
            _ => &mut self.by_priority[request.priority as usize],
        };
        for tally in [&mut self.all, kind] {
            tally.arrived += 1;
            tally.rejected += u64::from(!admitted);
        }
    }
}

impl Tally {
    /// Rejected, in per cent of what arrived.
    pub(crate) fn rejected_percent(self) -> f64 {
        100.0 * self.rejected as f64 / self.arrived.max(1) as f64
    }
}

/// Plays a scenario.
pub(crate) fn run(scenario: &Scenario, seed: u64, limiter: &mut dyn Limiter) -> Outcome {
    let mut world = World::new(scenario, seed);
    let mut tick = TICK;
    let mut arrival = world.next_arrival(0);
    while arrival < scenario.end {
        while tick <= arrival {
            world.end_until(tick, limiter);
            limiter.tick(tick, world.in_flight());
            tick += TICK;
        }
        world.end_until(arrival, limiter);
        world.arrive(arrival, limiter);
        arrival = world.next_arrival(arrival);
    }
    world.end_until(scenario.end, limiter);
    Outcome { p99_ms: world.p99_ms(), ..world.outcome }
}

/// A request at the gateway, ordered by when it ends there.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Flight {
    end: u64,
    start: u64,
    instance: usize,
    in_flight: u32,
    answered: bool,
}

#[derive(Default)]
struct Instance {
    /// When each server will have done all that is queued for it.
    servers: BinaryHeap<Reverse<u64>>,
    in_flight: u32,
}

struct World<'a> {
    scenario: &'a Scenario,
    /// Place in the scenario's stages.
    stage: usize,
    instances: Vec<Instance>,
    flights: BinaryHeap<Reverse<Flight>>,
    /// Work of rejections that no server has done yet, in microseconds.
    debt: f64,
    arrivals: fastrand::Rng,
    services: fastrand::Rng,
    balancing: fastrand::Rng,
    people: fastrand::Rng,
    outcome: Outcome,
    /// Answers in time, by milliseconds.
    by_ms: [u64; PATIENCE as usize / 1_000 + 1],
}

impl<'a> World<'a> {
    fn new(scenario: &'a Scenario, seed: u64) -> Self {
        let mut world = Self {
            scenario,
            stage: 0,
            instances: std::iter::repeat_with(Instance::default).take(scenario.instances).collect(),
            flights: BinaryHeap::new(),
            debt: 0.0,
            arrivals: fastrand::Rng::with_seed(seed),
            services: fastrand::Rng::with_seed(seed ^ 0x5eed_5eed_5eed_5eed),
            balancing: fastrand::Rng::with_seed(!seed),
            people: fastrand::Rng::with_seed(seed.rotate_left(32)),
            outcome: Outcome::default(),
            by_ms: [0; PATIENCE as usize / 1_000 + 1],
        };
        world.resize();
        world
    }

    fn in_flight(&self) -> u32 {
        self.flights.len() as u32
    }

    fn stage(&self) -> &Stage {
        &self.scenario.stages[self.stage]
    }

    fn p99_ms(&self) -> usize {
        let mut left = self.outcome.good / 100;
        let slow = self.by_ms.iter().rposition(|count| {
            let here = *count > left;
            left = left.saturating_sub(*count);
            here
        });
        slow.unwrap_or(0)
    }

    fn counts(&self, at: u64) -> bool {
        at >= self.scenario.count_from
    }

    fn next_arrival(&mut self, mut now: u64) -> u64 {
        loop {
            let rate = self.stage().load * self.scenario.capacity() / SECOND as f64;
            let next = now + (-(1.0 - self.arrivals.f64()).ln() / rate).round() as u64;
            // Poisson arrivals have no memory: at a change of the rate they may be drawn anew.
            match self.scenario.stages.get(self.stage + 1) {
                Some(change) if next >= change.from => {
                    now = change.from;
                    self.enter_next_stage();
                }
                _ => return next,
            }
        }
    }

    fn enter_next_stage(&mut self) {
        self.stage += 1;
        self.resize();
    }

    fn resize(&mut self) {
        let Stage { from, servers, .. } = *self.stage();
        if servers == 0 {
            let end = self.scenario.stages.get(self.stage + 1).map_or(self.scenario.end, |next| next.from);
            for instance in &mut self.instances {
                let free = instance.servers.drain().map(|Reverse(free)| Reverse(free.max(end))).collect();
                instance.servers = free;
            }
            return;
        }
        let (count, mut left) = (self.instances.len(), servers);
        for (index, instance) in self.instances.iter_mut().enumerate() {
            let share = left.div_ceil(count - index);
            left -= share;
            // A server that goes does what is queued for it first.
            while instance.servers.len() > share {
                instance.servers.pop();
            }
            while instance.servers.len() < share {
                instance.servers.push(Reverse(from));
            }
        }
    }

    /// The less busy of two, as the gateway knows it.
    fn choose(&mut self) -> usize {
        let count = self.instances.len();
        let (a, b) = (self.balancing.usize(..count), self.balancing.usize(..count));
        if self.instances[a].in_flight <= self.instances[b].in_flight { a } else { b }
    }

    fn end_until(&mut self, now: u64, limiter: &mut dyn Limiter) {
        while self.flights.peek().is_some_and(|Reverse(flight)| flight.end <= now) {
            let Some(Reverse(flight)) = self.flights.pop() else { return };
            let rtt = flight.end - flight.start;
            self.instances[flight.instance].in_flight -= 1;
            if flight.answered && self.counts(flight.end) {
                self.outcome.good += 1;
                self.by_ms[(rtt / 1_000) as usize] += 1;
            }
            limiter.ended(flight.end, rtt, flight.answered, flight.in_flight);
        }
    }

    fn arrive(&mut self, now: u64, limiter: &mut dyn Limiter) {
        let request = self.scenario.people.draw(&mut self.people);
        let admitted = limiter.admit(self.in_flight(), request);
        if self.counts(now) {
            self.outcome.count(request, admitted);
        }
        if !admitted {
            self.debt += self.scenario.service.mean() * REJECTION_COST;
            return;
        }
        let service = self.scenario.service.draw(&mut self.services) * self.stage().slowness;
        let index = self.choose();
        let instance = &mut self.instances[index];
        let Some(Reverse(free)) = instance.servers.pop() else { return };
        let done = free.max(now) + service as u64;
        instance.servers.push(Reverse(done + self.debt as u64));
        instance.in_flight += 1;
        self.debt = 0.0;
        let (end, answered) = (done.min(now + PATIENCE), done <= now + PATIENCE);
        let in_flight = self.in_flight() + 1;
        self.flights.push(Reverse(Flight { end, start: now, instance: index, in_flight, answered }));
    }
}
