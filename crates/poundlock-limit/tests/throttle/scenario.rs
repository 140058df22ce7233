//! The scenarios: what arrives, what the upstream can do, and from when its answers are counted.
//!
//! Main type: [`Scenario`]. It does not know limiters. All of them: Poisson arrivals, clients that wait for one second,
//! an upstream of N servers behind one first-in-first-out queue, which does not notice that a client has gone.

use super::sim::{GREEDY, Request};
use poundlock_limit::throttle::Priority;
use std::f64::consts::TAU;

/// Microseconds in a second.
pub(crate) const SECOND: u64 = 1_000_000;
/// When a client gives up. An answer after that is not goodput, but the upstream still works on it.
pub(crate) const PATIENCE: u64 = SECOND;
/// What a rejection takes from the machine that also runs the upstream, as a share of an average request.
pub(crate) const REJECTION_COST: f64 = 0.01;

/// How long a request keeps a server busy; times in microseconds.
#[derive(Clone, Copy)]
pub(crate) enum Service {
    /// One route: log-normal, with this mean and sigma (0.5: the 99th percentile is 3.2 times the median).
    LogNormal(f64, f64),
    /// Two routes, each log-normal with a sigma of 0.3: a share of the requests is slow.
    Bimodal { fast: f64, slow: f64, slow_share: f64 },
}

impl Service {
    /// The mean, in microseconds.
    pub(crate) fn mean(self) -> f64 {
        match self {
            Self::LogNormal(mean, _) => mean,
            Self::Bimodal { fast, slow, slow_share } => fast + slow_share * (slow - fast),
        }
    }

    /// One service time, in microseconds.
    pub(crate) fn draw(self, rng: &mut fastrand::Rng) -> f64 {
        let (mean, sigma) = match self {
            Self::LogNormal(mean, sigma) => (mean, sigma),
            Self::Bimodal { fast, slow, slow_share } => {
                (if rng.f64() < slow_share { slow } else { fast }, 0.3)
            }
        };
        let normal = (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (TAU * rng.f64()).cos();
        mean * (sigma * normal - sigma * sigma / 2.0).exp()
    }
}

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) struct People {
    /// The share of critical and of sheddable requests; the others are default ones.
    pub(crate) critical: f64,
    pub(crate) sheddable: f64,
    /// How many clients share the load evenly.
    pub(crate) clients: u64,
    /// The share of all requests that one more client makes, all default ones.
    pub(crate) greedy: f64,
}

impl People {
    /// A request's priority and key.
    pub(crate) fn draw(self, rng: &mut fastrand::Rng) -> Request {
        if rng.f64() < self.greedy {
            return Request { priority: Priority::Default, key: GREEDY };
        }
        let mark = rng.f64();
        let priority = match () {
            () if mark < self.critical => Priority::Critical,
            () if mark >= 1.0 - self.sheddable => Priority::Sheddable,
            () => Priority::Default,
        };
        Request { priority, key: 1 + rng.u64(..self.clients) }
    }
}

/// What is true from an instant on.
#[derive(Clone, Copy)]
pub(crate) struct Stage {
    /// Microseconds from the start.
    pub(crate) from: u64,
    /// Arrivals, as a multiple of what the upstream could do at the start.
    pub(crate) load: f64,
    /// Servers. With none, those of the stage before stand still: what they have begun ends, nothing begins.
    pub(crate) servers: usize,
    /// How many times longer than [`Scenario::service`] a request takes.
    pub(crate) slowness: f64,
}

/// One row of the table.
#[derive(Clone)]
pub(crate) struct Scenario {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// How many instances share the servers. Each has a queue; a request goes to the less busy of two.
    pub(crate) instances: usize,
    /// Who asks.
    pub(crate) people: People,
    /// Service times, before a stage's slowness.
    pub(crate) service: Service,
    /// In order of time, the first from 0.
    pub(crate) stages: Vec<Stage>,
    /// Answers and rejections are counted from here, in microseconds …
    pub(crate) count_from: u64,
    /// … to here, the end.
    pub(crate) end: u64,
}

impl Scenario {
    /// Requests a second that the upstream can do at the start.
    pub(crate) fn capacity(&self) -> f64 {
        self.stages[0].servers as f64 * SECOND as f64 / (self.service.mean() * self.stages[0].slowness)
    }

    /// Requests that an upstream without a queue would answer while it is counted: the integral of the smaller of the
    /// arrival rate and the capacity. It is gross: what rejections cost is not taken off.
    pub(crate) fn useful(&self) -> f64 {
        let ends = self.stages.iter().skip(1).map(|stage| stage.from).chain([self.end]);
        let spans = self.stages.iter().zip(ends).map(|(stage, end)| {
            let seconds =
                end.min(self.end).saturating_sub(stage.from.max(self.count_from)) as f64 / SECOND as f64;
            let can = stage.servers as f64 * SECOND as f64 / (self.service.mean() * stage.slowness);
            seconds * can.min(stage.load * self.capacity())
        });
        spans.sum()
    }
}

const PEOPLE: People = People { critical: 0.2, sheddable: 0.3, clients: 1_000, greedy: 0.0 };
const API: Service = Service::LogNormal(20_000.0, 0.5);
const HEAVY: Service = Service::LogNormal(20_000.0, 1.3);
const SLOW_API: Service = Service::LogNormal(50_000.0, 0.5);
const MIXED: Service = Service::Bimodal { fast: 10_000.0, slow: 200_000.0, slow_share: 0.1 };

/// Overload and faults: what counts is goodput.
///
/// Where the load changes, the first 20 s are ordinary traffic in which a limiter can learn, and counting starts with the
/// change itself, so that the transient counts too. Where overload begins with the limiter's own start, the first 5 s are
/// not counted: they say what the initial limit was, which is a setting.
pub(crate) fn overloads() -> Vec<Scenario> {
    vec![
        change("step to 2x", API, stage(0.7, 32), stage(2.0, 32), 60),
        change("step to 10x", API, stage(0.7, 32), stage(10.0, 32), 30),
        change("capacity to 1/3: servers lost", API, stage(0.8, 33), stage(0.8, 11), 60),
        change(
            "capacity to 1/3: all slower",
            API,
            stage(0.8, 32),
            Stage { slowness: 3.0, ..stage(0.8, 32) },
            60,
        ),
        change("bimodal latency, 2x", MIXED, stage(0.7, 32), stage(2.0, 32), 60),
        change("heavy-tailed latency, 2x", HEAVY, stage(0.7, 32), stage(2.0, 32), 60),
        change("just over: 1.1x", API, stage(0.7, 32), stage(1.1, 32), 60),
        Scenario {
            instances: 8,
            ..change("8 instances of 4 servers, 2x", API, stage(0.7, 32), stage(2.0, 32), 60)
        },
        recovery(),
        stalls(),
        bursts(),
        change("2 servers, 2x", SLOW_API, stage(0.7, 2), stage(2.0, 2), 120),
        change("256 servers, 2x", API, stage(0.7, 256), stage(2.0, 256), 20),
        steady("20 minutes of 2x from the start", Service::LogNormal(40_000.0, 0.5), stage(2.0, 8), 1_200),
    ]
}

/// Twice the capacity, of which critical and default requests together are one and a half times it …
pub(crate) fn priorities() -> Scenario {
    let people = People { critical: 0.25, sheddable: 0.25, ..PEOPLE };
    Scenario { people, ..change("priorities at 2x", API, stage(0.7, 32), stage(2.0, 32), 30) }
}

/// … and twice the capacity, of which one client makes three fifths; the others alone would be 0.8 times the capacity.
pub(crate) fn greedy_client() -> Scenario {
    let people = People { critical: 0.0, sheddable: 0.0, clients: 100, greedy: 0.6 };
    Scenario { people, ..change("a greedy client at 2x", API, stage(0.7, 32), stage(2.0, 32), 30) }
}

/// Load that the upstream can bear: what counts is that nothing is rejected. Counted from 5 s after the limiter's start,
/// or from the change of latency on: to find that slower is not overloaded takes a few rejections, over four minutes.
pub(crate) fn bearable() -> Vec<Scenario> {
    let slower = Stage { slowness: 2.0, ..stage(0.7, 64) };
    vec![
        steady("0.7x, 32 servers", API, stage(0.7, 32), 60),
        steady("0.7x, bimodal latency", MIXED, stage(0.7, 32), 60),
        steady("0.7x, 2 servers", SLOW_API, stage(0.7, 2), 240),
        steady("0.7x, 256 servers", API, stage(0.7, 256), 20),
        steady("0.7x, heavy-tailed latency", HEAVY, stage(0.7, 32), 60),
        Scenario { instances: 8, ..steady("0.7x, 8 instances of 4 servers", API, stage(0.7, 32), 60) },
        change("0.7x, latency doubles, capacity stays", API, stage(0.7, 32), slower, 240),
    ]
}

fn stage(load: f64, servers: usize) -> Stage {
    Stage { from: 0, load, servers, slowness: 1.0 }
}

fn steady(name: &'static str, service: Service, only: Stage, seconds: u64) -> Scenario {
    let count_from = 5 * SECOND;
    Scenario {
        name,
        instances: 1,
        people: PEOPLE,
        service,
        stages: vec![only],
        count_from,
        end: count_from + seconds * SECOND,
    }
}

fn change(name: &'static str, service: Service, before: Stage, after: Stage, seconds: u64) -> Scenario {
    let from = 20 * SECOND;
    let stages = vec![before, Stage { from, ..after }];
    Scenario {
        name,
        instances: 1,
        people: PEOPLE,
        service,
        stages,
        count_from: from,
        end: from + seconds * SECOND,
    }
}

/// Three times slower for 30 s, then as before: the limit has to find its way down and up again.
fn recovery() -> Scenario {
    let slow = Stage { slowness: 3.0, ..stage(1.5, 32) };
    let mut scenario = change("all slower for 30 s, 1.5x", API, stage(0.7, 32), slow, 60);
    scenario.stages.push(Stage { from: 50 * SECOND, ..stage(1.5, 32) });
    scenario
}

/// Every 10 s everything stands still for 400 ms: a collector, a checkpoint, a lock.
fn stalls() -> Scenario {
    let mut scenario = steady("stalls of 0.4 s each 10 s, 1.5x", API, stage(1.5, 32), 60);
    for from in (10 * SECOND..scenario.end).step_by(10 * SECOND as usize) {
        scenario.stages.push(Stage { from, servers: 0, ..stage(1.5, 32) });
        scenario.stages.push(Stage { from: from + SECOND * 2 / 5, ..stage(1.5, 32) });
    }
    scenario
}

/// 0.6x, and every 3 s a burst of 4x for 200 ms. On average the upstream could do it all, with a queue of half a second.
fn bursts() -> Scenario {
    let mut scenario = steady("bursts of 4x for 200 ms", API, stage(0.6, 32), 60);
    for start in (3 * SECOND..scenario.end).step_by(3 * SECOND as usize) {
        scenario.stages.push(Stage { from: start, ..stage(4.0, 32) });
        scenario.stages.push(Stage { from: start + SECOND / 5, ..stage(0.6, 32) });
    }
    scenario
}
