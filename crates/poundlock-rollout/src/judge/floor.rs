//! Whether there is enough evidence to call a release good.
//!
//! Main item: [`shows`]: that a share of bad units is below what is tolerated. It does not know which metric it is.

/// Alternatives as parts of the tolerated share, and the money bet on each. The first one is a release without any bad
/// unit: then at most ln(1/(0.8·α))/δ units show less than δ, 322 for 1 point at α = 5 %.
const BETS: [(f64, f64); 5] = [(0.0, 0.8), (0.1, 0.05), (0.25, 0.05), (0.5, 0.05), (0.75, 0.05)];

/// The chance to call a release good that is not.
const ALPHA: f64 = 0.05;

/// Whether `bad` of `units` show a share below `tolerated`, at any time one looks (the test by betting against a share
/// that is at least as large).
pub(super) fn shows(units: u64, bad: u64, tolerated: f64) -> bool {
    BETS.iter().map(|bet| wealth(*bet, units as f64, bad as f64, tolerated).exp()).sum::<f64>() >= 1.0 / ALPHA
}

/// How many more units show it, if the share stays as it is; `None` if none do.
pub(super) fn missing(units: u64, bad: u64, tolerated: f64) -> Option<u64> {
    if shows(units, bad, tolerated) {
        return Some(0);
    }
    let (n, x) = (units as f64, bad as f64);
    let share = if units == 0 { 0.0 } else { x / n };
    let more = BETS.iter().filter_map(|bet| {
        let gain = rate(bet.0 * tolerated, share, tolerated);
        let lacks = -ALPHA.ln() - wealth(*bet, n, x, tolerated);
        (gain > 0.0 && lacks.is_finite()).then(|| (lacks / gain).ceil())
    });
    more.reduce(f64::min).map(|more| more as u64)
}

/// ln of what a bet on `part` of the tolerated share has become.
fn wealth((part, money): (f64, f64), units: f64, bad: f64, tolerated: f64) -> f64 {
    let hit = if bad == 0.0 { 0.0 } else { bad * part.ln() };
    money.ln() + hit + (units - bad) * clean(part * tolerated, tolerated)
}

/// What a unit adds on average.
fn rate(alternative: f64, share: f64, tolerated: f64) -> f64 {
    let hit = if share == 0.0 { 0.0 } else { share * (alternative / tolerated).ln() };
    hit + (1.0 - share) * clean(alternative, tolerated)
}

fn clean(alternative: f64, tolerated: f64) -> f64 {
    ((1.0 - alternative) / (1.0 - tolerated)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clean_units_show_what_the_formula_says() {
        assert!(shows(322, 0, 0.01) && !shows(300, 0, 0.01));
        assert!(shows(644, 0, 0.005) && !shows(600, 0, 0.005));
        assert_eq!(missing(0, 0, 0.01), Some(321));
    }

    #[test]
    fn a_share_that_is_not_tolerated_is_never_shown() {
        assert_eq!(missing(1_000, 20, 0.01), None);
        assert!(!shows(1_000_000, 20_000, 0.01));
        assert!(!shows(0, 0, 0.01));
    }

    #[test]
    fn a_bad_share_is_rarely_called_good() {
        let mut random = fastrand::Rng::with_seed(7);
        let wrong = (0..2_000).filter(|_| {
            let mut bad = 0;
            (1..2_000).any(|units| {
                bad += u64::from(random.f64() < 0.02);
                shows(units, bad, 0.02)
            })
        });
        assert!(wrong.count() < 100 + 30);
    }

    proptest! {
        #[test]
        fn as_many_as_are_missing_are_enough(units in 0u64..5_000, share in 0.0f64..0.02, tolerated in 0.005f64..0.05) {
            let bad = (units as f64 * share) as u64;
            if let Some(more) = missing(units, bad, tolerated) {
                let share = if units == 0 { 0.0 } else { bad as f64 / units as f64 };
                let then = units + more + more / 20 + 1;
                prop_assert!(shows(then, (then as f64 * share) as u64, tolerated), "{more}");
            }
        }
    }
}
