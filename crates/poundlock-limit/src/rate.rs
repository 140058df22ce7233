//! How a rate is written: `100/min`, `10/s`, `5/30s`.
//!
//! Main type: [`Rate`], a count and a period. It does not know bursts; [`Gcra`] does the arithmetic.

use crate::{Gcra, RateError};
use std::cmp::Reverse;
use std::num::NonZeroU64;
use std::time::Duration;
use std::{fmt, str::FromStr};

/// The units of a period and their seconds, longest first.
const UNITS: [(&str, u64); 4] = [("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];

/// What people write instead of a unit, and what they mean.
const ALIASES: [(&str, &str); 18] = [
    ("s", "s"),
    ("h", "h"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("m", "min"),
    ("mins", "min"),
    ("minute", "min"),
    ("minutes", "min"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("d", "day"),
    ("days", "day"),
    ("min", "min"),
    ("day", "day"),
];

/// So many tokens in so long a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    count: NonZeroU64,
    period: Duration,
}

/// Why a text is not a rate. Correct the text; a retry does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateSyntax {
    /// No `/`, or more than one.
    #[error("expected N/s, N/min, N/h or N/day")]
    Shape,
    /// What stands before the `/`.
    #[error("expected a whole number of at least 1 before the `/`")]
    Count,
    /// The unit after the `/`.
    #[error("unknown rate unit: expected N/s, N/min, N/h or N/day")]
    Unit {
        /// What was probably meant, whole: `100/min`.
        suggestion: Option<String>,
    },
    /// The number before the unit is 0 or the period is over [`Gcra::MAX_PERIOD`].
    #[error("expected a period from 1 s to 366 days")]
    Period,
}

impl RateSyntax {
    /// What was probably meant, whole: `100/min`.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        match self {
            Self::Unit { suggestion } => suggestion.as_deref(),
            Self::Shape | Self::Count | Self::Period => None,
        }
    }
}

impl Rate {
    /// `count` tokens in `period`, which is taken in whole seconds; `None` if that is not from one second to
    /// [`Gcra::MAX_PERIOD`].
    #[must_use]
    pub fn new(count: NonZeroU64, period: Duration) -> Option<Self> {
        let period = Duration::from_secs(period.as_secs());
        (!period.is_zero() && period <= Gcra::MAX_PERIOD).then_some(Self { count, period })
    }

    /// Tokens in a period.
    #[must_use]
    pub fn count(self) -> NonZeroU64 {
        self.count
    }

    /// The period, in whole seconds.
    #[must_use]
    pub fn period(self) -> Duration {
        self.period
    }

    /// The arithmetic of this rate with a burst.
    ///
    /// # Errors
    /// See [`RateError`].
    pub fn gcra(self, burst: NonZeroU64) -> Result<Gcra, RateError> {
        Gcra::new(self.count, self.period, burst)
    }
}

impl FromStr for Rate {
    type Err = RateSyntax;

    fn from_str(text: &str) -> Result<Self, RateSyntax> {
        let (count, period) = text.split_once('/').ok_or(RateSyntax::Shape)?;
        let count = number(count.trim()).and_then(NonZeroU64::new).ok_or(RateSyntax::Count)?;
        let period = period.trim();
        if period.contains('/') {
            return Err(RateSyntax::Shape);
        }
        let unit = period.trim_start_matches(|c: char| c.is_ascii_digit());
        let many = &period[..period.len() - unit.len()];
        let Some((_, seconds)) = UNITS.iter().find(|(name, _)| *name == unit.trim()) else {
            let suggestion = meant(unit.trim()).map(|unit| format!("{count}/{many}{unit}"));
            return Err(RateSyntax::Unit { suggestion });
        };
        let many = if many.is_empty() { Some(1) } else { number(many) };
        let period = many.and_then(|many| many.checked_mul(*seconds)).map(Duration::from_secs);
        period.and_then(|period| Self::new(count, period)).ok_or(RateSyntax::Period)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.period.as_secs();
        let (unit, size) =
            UNITS.iter().find(|(_, size)| seconds.is_multiple_of(*size)).expect("1 divides everything");
        match seconds / size {
            1 => write!(f, "{}/{unit}", self.count),
            many => write!(f, "{}/{many}{unit}", self.count),
        }
    }
}

/// A number of digits only: `u64::from_str` would take a sign.
pub(crate) fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The unit that is nearest to a wrong one, if it is near.
fn meant(unit: &str) -> Option<&'static str> {
    let lower = unit.get(..unit.len().min(16))?.to_ascii_lowercase();
    let near = |alias: &str| strsim::damerau_levenshtein(alias, &lower);
    let (alias, meant) = ALIASES.iter().min_by_key(|(alias, _)| (near(alias), Reverse(alias.len())))?;
    (near(alias) <= alias.len() / 3).then_some(*meant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_meant() {
        for (text, count, seconds) in [
            ("100/min", 100, 60),
            ("10/s", 10, 1),
            ("1000/h", 1_000, 3_600),
            ("100000/day", 100_000, 86_400),
            ("5/30s", 5, 30),
            ("1/366day", 1, 366 * 86_400),
            (" 7 / 2 h ", 7, 7_200),
        ] {
            let rate: Rate = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((rate.count().get(), rate.period().as_secs()), (count, seconds), "{text}");
        }
    }

    #[test]
    fn a_wrong_unit_is_answered_with_the_right_one() {
        for (text, expect) in [
            ("100/mn", Some("100/min")),
            ("100/m", Some("100/min")),
            ("5/30sec", Some("5/30s")),
            ("5/MIN", Some("5/min")),
            ("5/H", Some("5/h")),
            ("5/hour", Some("5/h")),
            ("5/dya", Some("5/day")),
            ("5/month", None),
            ("5/", None),
            ("5/fortnight", None),
        ] {
            let error = text.parse::<Rate>().unwrap_err();
            assert!(matches!(error, RateSyntax::Unit { .. }), "{text}: {error:?}");
            assert_eq!(error.suggestion(), expect, "{text}");
        }
    }

    #[test]
    fn other_mistakes_are_told_apart() {
        for (text, expect) in [
            ("", RateSyntax::Shape),
            ("100", RateSyntax::Shape),
            ("1/2/s", RateSyntax::Shape),
            ("0/s", RateSyntax::Count),
            ("-5/s", RateSyntax::Count),
            ("+5/s", RateSyntax::Count),
            ("1.5/s", RateSyntax::Count),
            ("/s", RateSyntax::Count),
            ("99999999999999999999/s", RateSyntax::Count),
            ("5/0s", RateSyntax::Period),
            ("5/367day", RateSyntax::Period),
            ("5/18446744073709551615day", RateSyntax::Period),
        ] {
            assert_eq!(text.parse::<Rate>(), Err(expect), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(count in 1u64.., seconds in 1u64..=366 * 86_400) {
            let rate = Rate::new(NonZeroU64::new(count).unwrap(), Duration::from_secs(seconds)).unwrap();
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        }

        #[test]
        fn no_text_panics(text in "[0-9]{0,3}[/ ]?[0-9]{0,3}\\PC{0,20}") {
            let _ = text.parse::<Rate>();
        }
    }
}
