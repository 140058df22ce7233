//! A budget per calendar period, and how it is written: `100000/day`, `1000/month`.
//!
//! Main type: [`Quota`]. What was used of it is [`Used`](crate::Used), kept by a store.

use crate::rate::number;
use crate::{Calendar, Micros, Period, Window};
use std::{fmt, str::FromStr};

/// The periods by name.
const NAMES: [(&str, Period); 7] = [
    ("min", Period::Minute),
    ("h", Period::Hour),
    ("day", Period::Day),
    ("week", Period::Week),
    ("month", Period::Month),
    ("quarter", Period::Quarter),
    ("year", Period::Year),
];

/// What may be used in each period of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// What may be used; 0 admits nothing but what is free.
    pub total: u64,
    /// The periods.
    pub calendar: Calendar,
}

impl Quota {
    /// The period of `now`. Valid until its end: see [`Quota::renew`].
    #[must_use]
    pub fn window(&self, now: Micros) -> Window {
        let (start, end) = self.calendar.window(now);
        Window { start, end, total: self.total }
    }

    /// `last` if it still is the period of `now`, or else that: what a caller who keeps its last answer pays on a
    /// request.
    #[must_use]
    pub fn renew(&self, last: Window, now: Micros) -> Window {
        match last.start <= now && now < last.end {
            true => Window { total: self.total, ..last },
            false => self.window(now),
        }
    }
}

/// A quota as it is written: what may be used, and in which period. Time zone and anchor are written beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QuotaText {
    /// What may be used.
    pub total: u64,
    /// In which period.
    pub period: Period,
}

/// Why a text is not a quota. Correct the text; a retry does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuotaSyntax {
    /// No `/`.
    #[error("expected N/PERIOD, such as 100000/day or 1000/month")]
    Shape,
    /// What stands before the `/`.
    #[error("expected a whole number before the `/`")]
    Total,
    /// What stands after it.
    #[error("unknown quota period: expected min, h, day, week, month, quarter or year")]
    Period {
        /// What was probably meant, whole: `1000/month`.
        suggestion: Option<String>,
    },
}

impl QuotaSyntax {
    /// What was probably meant, whole: `1000/month`.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        match self {
            Self::Period { suggestion } => suggestion.as_deref(),
            Self::Shape | Self::Total => None,
        }
    }
}

impl FromStr for QuotaText {
    type Err = QuotaSyntax;

    fn from_str(text: &str) -> Result<Self, QuotaSyntax> {
        let (total, name) = text.split_once('/').ok_or(QuotaSyntax::Shape)?;
        let (total, name) = (total.trim(), name.trim());
        let total = number(total).ok_or(QuotaSyntax::Total)?;
        match NAMES.iter().find(|(known, _)| *known == name) {
            Some((_, period)) => Ok(Self { total, period: *period }),
            None => {
                Err(QuotaSyntax::Period { suggestion: meant(name).map(|name| format!("{total}/{name}")) })
            }
        }
    }
}

impl fmt::Display for QuotaText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = NAMES.iter().find(|(_, period)| *period == self.period);
        let (name, _) = named.expect("every period has a name");
        write!(f, "{}/{name}", self.total)
    }
}

/// The period whose name, or a longer or plural form of it, is nearest, if it is near.
fn meant(name: &str) -> Option<&'static str> {
    let name = name.get(..name.len().min(16))?.to_ascii_lowercase();
    let name = name.strip_suffix('s').unwrap_or(&name);
    let full = |known| match known {
        "min" => "minute",
        "h" => "hour",
        other => other,
    };
    let known = NAMES.iter().map(|(known, _)| *known);
    let near = known.map(|known| (strsim::damerau_levenshtein(full(known), name), known)).min()?;
    (near.0 <= 1 && !name.is_empty()).then_some(near.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_printed() {
        for (name, period) in NAMES {
            let quota = QuotaText { total: 1_000, period };
            assert_eq!(format!("1000/{name}").parse(), Ok(quota));
            assert_eq!(quota.to_string(), format!("1000/{name}"));
        }
        assert_eq!("0/day".parse(), Ok(QuotaText { total: 0, period: Period::Day }));
    }

    #[test]
    fn mistakes_are_told_apart_and_answered() {
        for (text, expect) in [
            ("1000/mnth", Some("1000/month")),
            ("5/months", Some("5/month")),
            ("5/Hours", Some("5/h")),
            ("5/minutes", Some("5/min")),
            ("5/", None),
            ("5/decade", None),
            ("5/s", None),
        ] {
            let error = text.parse::<QuotaText>().unwrap_err();
            assert!(matches!(error, QuotaSyntax::Period { .. }), "{text}: {error:?}");
            assert_eq!(error.suggestion(), expect, "{text}");
        }
        assert_eq!("5".parse::<QuotaText>(), Err(QuotaSyntax::Shape));
        for text in ["-1/day", "/day", "1e3/day", "18446744073709551616/day"] {
            assert_eq!(text.parse::<QuotaText>(), Err(QuotaSyntax::Total), "{text}");
        }
    }

    #[test]
    fn a_period_is_renewed_when_it_is_over_and_a_new_total_counts_at_once() {
        let quota = Quota { total: 10, calendar: Calendar::utc(Period::Day) };
        let day = 86_400 * Micros::SECOND;
        let first = quota.window(Micros(5));
        assert_eq!(first, Window { start: Micros(0), end: Micros(day), total: 10 });
        let raised = Quota { total: 20, ..quota };
        assert_eq!(raised.renew(first, Micros(day - 1)), Window { total: 20, ..first });
        assert_eq!(raised.renew(first, Micros(day)).start, Micros(day));
        assert_eq!(raised.renew(raised.window(Micros(day)), Micros(5)), Window { total: 20, ..first });
    }
}
