//! One rollout of a scenario: chance has decided who the clients are and how the shares wander.
//!
//! Main type: [`World`]. It draws no requests.

use crate::{
    random::Random,
    scenario::{MINUTES, Scenario, Trouble},
};
use poundlock_rollout::{judge::Metric, split::Arm};

pub(crate) struct World<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) clients: Vec<Client>,
    /// Factors of the share of slow answers a minute: the stable release's, the candidate's, those of a second
    /// deployment of the stable release.
    wandering: Vec<[f64; 3]>,
    /// The first minute of the outage.
    outage: usize,
}

/// A client with a fate of its own, wherever it goes.
pub(crate) struct Client {
    pub(crate) unit: u64,
    pub(crate) metric: Metric,
    /// Seconds, in order.
    pub(crate) times: Vec<f64>,
}

const END: f64 = MINUTES as f64 * 60.0;

impl<'a> World<'a> {
    pub(crate) fn new(scenario: &'a Scenario, random: &mut Random) -> Self {
        let wandering = if scenario.trouble == Trouble::Wandering { wander(random) } else { Vec::new() };
        let clients = clients(scenario.trouble, random);
        Self { scenario, clients, wandering, outage: 5 + random.below(MINUTES - 10) }
    }

    /// The share of requests with such an event at this second.
    pub(crate) fn share(&self, metric: Metric, arm: Arm, second: f64) -> f64 {
        let column = if arm == Arm::Candidate { 1 } else { 0 };
        self.share_of(metric, arm, second, column)
    }

    /// The same for the second deployment of the stable release.
    pub(crate) fn baseline(&self, metric: Metric, second: f64) -> f64 {
        self.share_of(metric, Arm::Stable, second, 2)
    }

    fn share_of(&self, metric: Metric, arm: Arm, second: f64, column: usize) -> f64 {
        let (scenario, minute) = (self.scenario, second / 60.0);
        let (usual, change) = match metric {
            Metric::Slow => (scenario.slow, scenario.worse_slow),
            _ => (scenario.errors, scenario.worse_errors),
        };
        let worse = if arm == Arm::Candidate { change.at(minute) } else { 1.0 };
        let at = (minute as usize).min(MINUTES - 1);
        let share = match (scenario.trouble, metric) {
            (Trouble::Outage, Metric::Errors) if (self.outage..self.outage + 2).contains(&at) => 0.5,
            (Trouble::WarmUp, Metric::Slow) if second < 8.0 && arm == Arm::Candidate => 0.6,
            (Trouble::Wandering, Metric::Slow) => usual * self.wandering[at][column],
            _ => usual,
        };
        (share * worse).min(1.0)
    }

    /// Bad answers of the candidate until this second that the stable release would not have given, on average.
    pub(crate) fn excess(&self, until: f64) -> f64 {
        let minutes = (0..MINUTES).map(|minute| {
            let from = minute as f64 * 60.0;
            let length = (until - from).clamp(0.0, 60.0);
            let worse = |metric| {
                let at = from + length / 2.0;
                self.share(metric, Arm::Candidate, at) - self.share(metric, Arm::Stable, at)
            };
            length
                * self.scenario.rps
                * self.scenario.weight(minute).share()
                * (worse(Metric::Errors) + worse(Metric::Slow))
        });
        minutes.sum()
    }
}

/// ln of the factors is AR(1): with a correlation of 0.9 a minute and a spread of 0.45 for the load; of 0.8 and 0.1 for
/// each deployment.
fn wander(random: &mut Random) -> Vec<[f64; 3]> {
    let step = |old: f64, correlation: f64, spread: f64, random: &mut Random| {
        correlation * old + (1.0 - correlation * correlation).sqrt() * spread * random.normal()
    };
    let (mut load, mut own) = (0.45 * random.normal(), [0.0; 3].map(|_: f64| 0.1 * random.normal()));
    let minutes = (0..MINUTES).map(|_| {
        load = step(load, 0.9, 0.45, random);
        own = own.map(|old| step(old, 0.8, 0.1, random));
        own.map(|own| (load + own).exp())
    });
    minutes.collect()
}

fn clients(trouble: Trouble, random: &mut Random) -> Vec<Client> {
    match trouble {
        Trouble::Storms => storms(random, |from, random| {
            let until = (from + random.exponential(60.0)).min(END);
            series(from, until, |_| 1.0)
        }),
        Trouble::PatientStorms => storms(random, |from, _| series(from, END, |n| 2f64.powi(n).min(60.0))),
        Trouble::HeavyUsers => (0..6)
            .map(|n| {
                let metric = if n < 3 { Metric::Errors } else { Metric::Slow };
                let times = series(random.uniform() * 2.0, END, |_| 2.0);
                Client { unit: random.bits(), metric, times }
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn storms(random: &mut Random, times: impl Fn(f64, &mut Random) -> Vec<f64>) -> Vec<Client> {
    let mut clients = Vec::new();
    let mut from = random.exponential(600.0);
    while from < END {
        let times = times(from, random);
        clients.push(Client { unit: random.bits(), metric: Metric::Errors, times });
        from += random.exponential(600.0);
    }
    clients
}

fn series(from: f64, until: f64, pause: impl Fn(i32) -> f64) -> Vec<f64> {
    let (mut times, mut at, mut n) = (Vec::new(), from, 0);
    while at < until {
        times.push(at);
        at += pause(n);
        n += 1;
    }
    times
}
