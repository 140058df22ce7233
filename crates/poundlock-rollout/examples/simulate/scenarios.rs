//! The list of scenarios.

use crate::scenario::{Change, Scenario, Trouble, percent};

const ERRORS: [f64; 5] = [0.02, 0.1, 0.5, 1.0, 5.0];
const RATES: [f64; 6] = [0.5, 2.0, 10.0, 50.0, 100.0, 1000.0];
const USUAL: Change = Change::Always(1.0);

/// The long ones first, so that two threads end together.
pub(crate) fn all() -> Vec<Scenario> {
    let plain =
        RATES.iter().rev().flat_map(|rps| ERRORS.iter().rev().map(|errors| Scenario::healthy(*rps, *errors)));
    plain.chain(troubled()).chain(errors()).chain(others()).collect()
}

fn troubled() -> Vec<Scenario> {
    let mut all = Vec::new();
    for rps in [10.0, 100.0] {
        all.extend([
            Scenario::with(Trouble::Storms, "retry storms", rps, 0.02),
            Scenario::with(Trouble::PatientStorms, "patient retry storms", rps, 0.02),
            Scenario::with(Trouble::HeavyUsers, "heavy users", rps, 0.02),
            Scenario::with(Trouble::Outage, "shared outage", rps, 0.1),
            Scenario::with(Trouble::WarmUp, "warm-up", rps, 0.1),
            Scenario::with(Trouble::Wandering, "wandering latency", rps, 0.1),
        ]);
        let steps = Scenario::healthy(rps, 0.5);
        let weights = vec![(0, percent(5)), (10, percent(10)), (20, percent(25)), (30, percent(50))];
        all.push(Scenario { name: format!("rising weights {rps}/s"), weights, ..steps });
    }
    let every = Scenario { every_request: true, ..Scenario::healthy(10.0, 1.0) };
    all.push(Scenario { name: "every request 10/s".to_owned(), ..every });
    all
}

/// Errors, always worse by the same multiple.
fn errors() -> Vec<Scenario> {
    let mut all = Vec::new();
    let ratios = [
        (0.1, &[1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 1000.0][..]),
        (0.5, &[1.5, 2.0, 4.0, 10.0, 40.0, 200.0]),
    ];
    for (base, multiples) in ratios {
        for multiple in multiples {
            for rps in [10.0, 100.0] {
                let name = format!("errors {base} % ×{multiple}");
                all.push(Scenario::worse(rps, base, &name, Change::Always(*multiple), USUAL));
            }
        }
    }
    for rps in [50.0, 1000.0] {
        all.push(Scenario::worse(rps, 0.1, "errors 0.1 % ×1000", Change::Always(1000.0), USUAL));
    }
    all
}

/// The tail only, one route, a leak.
fn others() -> Vec<Scenario> {
    let mut all = Vec::new();
    for rps in [10.0, 100.0] {
        all.extend([
            Scenario::worse(rps, 0.1, "slow tail ×1.5", USUAL, Change::Always(1.5)),
            Scenario::worse(rps, 0.1, "slow tail ×3", USUAL, Change::Always(3.0)),
            Scenario::worse(rps, 0.1, "slow tail ×10", USUAL, Change::Always(10.0)),
            // A route with 2 % of the requests that always fails; with 0.5 % of them that fails every other time.
            Scenario::worse(rps, 0.1, "one route dead", Change::Always(21.0), USUAL),
            Scenario::worse(rps, 0.1, "one rare route", Change::Always(3.5), USUAL),
            Scenario::worse(rps, 0.1, "leak of errors ×30", Change::Growing(30.0), USUAL),
            Scenario::worse(rps, 0.1, "leak of latency ×20", USUAL, Change::Growing(20.0)),
        ]);
    }
    all
}
