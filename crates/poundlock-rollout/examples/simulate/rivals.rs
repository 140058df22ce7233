//! The rules of other tools, written from what their documents say, on the same rollouts.
//!
//! Main item: [`alarms`]. Where a document leaves something open, the choice is the one that suits the tool: a check
//! without requests passes, the limit ends the rollout in the moment it is reached, measurements are a minute apart.

use crate::{random::Random, scenario::MINUTES, world::World};
use poundlock_rollout::{
    judge::Metric,
    split::{Arm, Unit, Weight},
};

pub(crate) const NAMES: [&str; 5] =
    ["Flagger", "Flagger, threshold 1", "Argo", "Argo, failureLimit 0", "Kayenta"];

/// A rule of thresholds: the share of good answers and the 99th percentile, each minute.
///
/// Flagger (docs.flagger.app, "How it works" and "Metrics Analysis"): success rate ≥ 99 %, 99th percentile ≤ 500 ms, rollback
/// when `threshold` checks have failed; the examples have 5. Argo Rollouts (argo-rollouts.readthedocs.io, "Analysis"): the
/// example has a success rate ≥ 95 % and a `failureLimit` of 3; the default limit is 0. It is given the same
/// latency condition, which it leaves to its user.
struct Thresholds {
    success: f64,
    failures: u32,
}

const THRESHOLDS: [Thresholds; 4] = [
    Thresholds { success: 0.99, failures: 5 },
    Thresholds { success: 0.99, failures: 1 },
    Thresholds { success: 0.95, failures: 3 },
    Thresholds { success: 0.95, failures: 1 },
];

/// Of the answers that are slow, those above 500 ms: latency is log-normal with a median of 60 ms and a 99th percentile
/// of 300 ms.
const ABOVE_500_MS: f64 = 0.1;

/// Kayenta (spinnaker.io, "Best practices" and "How canary judgment works"): at least 50 points of each metric, a second
/// deployment of the stable release of the candidate's size, Mann–Whitney at 98 %, only increases fail. With two metrics
/// one of them is half of the score, below the marginal threshold.
const POINTS: usize = 50;

/// The normal quantile of 99 %: 98 % in two tails.
const Z: f64 = 2.326;

/// A minute as a metrics system knows it.
#[derive(Clone, Copy)]
struct Minute {
    requests: f64,
    errors: f64,
    above: f64,
    /// Errors and slow answers, of the candidate and of the second deployment.
    points: [[f64; 2]; 2],
}

/// The second of each rule's alarm.
pub(crate) fn alarms(world: &World<'_>, random: &mut Random) -> [Option<f64>; 5] {
    let minutes: Vec<Minute> = (0..MINUTES).map(|minute| count(world, minute, random)).collect();
    let [a, b, c, d] = THRESHOLDS.map(|rule| rule.alarm(&minutes));
    [a, b, c, d, kayenta(&minutes)]
}

impl Thresholds {
    fn alarm(&self, minutes: &[Minute]) -> Option<f64> {
        let mut left = self.failures;
        let end = minutes.iter().position(|minute| {
            let bad = minute.requests > 0.0
                && (1.0 - minute.errors / minute.requests < self.success
                    || minute.above / minute.requests > 0.01);
            left -= u32::from(bad);
            left == 0
        })?;
        Some((end as f64 + 1.0) * 60.0)
    }
}

fn kayenta(minutes: &[Minute]) -> Option<f64> {
    let higher = |metric: usize| {
        let of =
            |who: usize| minutes[..POINTS].iter().map(move |minute| minute.points[who][metric]).collect();
        mann_whitney(of(0), of(1)) > Z
    };
    (higher(0) || higher(1)).then_some(POINTS as f64 * 60.0)
}

/// How far the ranks of `a` are above what chance gives, in standard deviations; ties share their ranks.
fn mann_whitney(a: Vec<f64>, b: Vec<f64>) -> f64 {
    let (n, m) = (a.len() as f64, b.len() as f64);
    let mut all: Vec<(f64, bool)> =
        a.into_iter().map(|x| (x, true)).chain(b.into_iter().map(|x| (x, false))).collect();
    all.sort_by(|x, y| x.0.total_cmp(&y.0));
    let (mut ranks, mut ties, mut below) = (0.0, 0.0, 0.0);
    for group in all.chunk_by(|x, y| x.0 == y.0) {
        let size = group.len() as f64;
        ranks += group.iter().filter(|x| x.1).count() as f64 * (below + (size + 1.0) / 2.0);
        ties += size * size * size - size;
        below += size;
    }
    let total = n + m;
    let variance = n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    if variance <= 0.0 { 0.0 } else { (ranks - n * (total + 1.0) / 2.0) / variance.sqrt() }
}

fn count(world: &World<'_>, minute: usize, random: &mut Random) -> Minute {
    let weight = world.scenario.weight(minute);
    let requests = world.scenario.rps * weight.share() * 60.0;
    let middle = minute as f64 * 60.0 + 30.0;
    // A warm-up of seconds is a part of its minute.
    let mean = |metric| {
        let seconds = [4.0, 12.0, 20.0, 28.0, 36.0, 44.0, 52.0].map(|second| minute as f64 * 60.0 + second);
        seconds.map(|at| world.share(metric, Arm::Candidate, at)).iter().sum::<f64>() / 7.0
    };
    let errors = random.poisson(requests * mean(Metric::Errors));
    let above = random.poisson(requests * mean(Metric::Slow) * ABOVE_500_MS);
    let slow = above + random.poisson(requests * mean(Metric::Slow) * (1.0 - ABOVE_500_MS));
    let mut second = |metric| random.poisson(requests * world.baseline(metric, middle));
    let points = [[errors, slow], [second(Metric::Errors), second(Metric::Slow)]];
    let good = random.poisson(requests * (1.0 - mean(Metric::Errors)).max(0.0));
    let mut counted = Minute { requests: good + errors, errors, above: above.min(good), points };
    add_clients(world, minute, weight, &mut counted);
    counted
}

/// Clients with a fate of their own: on the candidate below its weight, on the second deployment next to it.
fn add_clients(world: &World<'_>, minute: usize, weight: Weight, counted: &mut Minute) {
    for client in &world.clients {
        let times = client.times.iter().filter(|at| (**at / 60.0) as usize == minute).count() as f64;
        let metric = usize::from(client.metric == Metric::Slow);
        let beside = Unit(client.unit.wrapping_sub(u64::MAX / 10_000 * u64::from(weight.basis_points())));
        if Unit(client.unit).arm(weight) == Arm::Candidate {
            counted.requests += times;
            counted.points[0][metric] += times;
            *(if metric == 0 { &mut counted.errors } else { &mut counted.above }) += times;
        } else if beside.arm(weight) == Arm::Candidate {
            counted.points[1][metric] += times;
        }
    }
}
