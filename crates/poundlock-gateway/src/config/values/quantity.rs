//! Durations and sizes: a whole number and a unit, nothing between them.

use std::time::Duration;

use super::Mistake;

/// The longest duration accepted, in milliseconds: a year. Sums with the clock cannot overflow.
const MAX_DURATION: u64 = 365 * 24 * 3600 * 1000;

/// The largest size accepted, in bytes: 1 TiB. Larger is written `unlimited`.
const MAX_SIZE: u64 = 1 << 40;

struct Unit {
    name: &'static str,
    factor: u64,
    /// Other spellings in lower case, for "did you mean".
    aliases: &'static [&'static str],
}

const TIME: &[Unit] = &[
    Unit { name: "ms", factor: 1, aliases: &["ms", "msec", "msecs", "milli", "millis", "milliseconds"] },
    Unit { name: "s", factor: 1000, aliases: &["s", "sec", "secs", "second", "seconds"] },
    Unit { name: "m", factor: 60_000, aliases: &["m", "min", "mins", "minute", "minutes"] },
    Unit { name: "h", factor: 3_600_000, aliases: &["h", "hr", "hrs", "hour", "hours"] },
    Unit { name: "d", factor: 86_400_000, aliases: &["d", "day", "days"] },
];

const BYTES: &[Unit] = &[
    Unit { name: "B", factor: 1, aliases: &["b", "byte", "bytes"] },
    Unit { name: "kB", factor: 1000, aliases: &["kb"] },
    Unit { name: "MB", factor: 1_000_000, aliases: &["mb"] },
    Unit { name: "GB", factor: 1_000_000_000, aliases: &["gb"] },
    Unit { name: "KiB", factor: 1 << 10, aliases: &["k", "kib"] },
    Unit { name: "MiB", factor: 1 << 20, aliases: &["m", "mib"] },
    Unit { name: "GiB", factor: 1 << 30, aliases: &["g", "gib"] },
];

/// Reads `250ms`, `5s`, `2m`, `3h` or `7d`; zero is allowed.
pub(in crate::config) fn duration(text: &str) -> Result<Duration, Mistake> {
    quantity(text, TIME, "s", MAX_DURATION, "a year").map(Duration::from_millis)
}

/// Like [`duration`], but not zero: a time-out of zero refuses everything.
pub(in crate::config) fn timeout(text: &str) -> Result<Duration, Mistake> {
    match duration(text)? {
        Duration::ZERO => Err(Mistake::new("zero is not allowed", "expected more than 0")
            .help("for a very long time write \"365d\"")),
        duration => Ok(duration),
    }
}

/// Reads `512B`, `64KiB`, `16MB` and the like, in bytes; not zero.
pub(in crate::config) fn size(text: &str) -> Result<u64, Mistake> {
    match quantity(text, BYTES, "B", MAX_SIZE, "1024 GiB")? {
        0 => Err(Mistake::new("zero is not allowed", "expected more than 0")),
        size => Ok(size),
    }
}

/// Like [`size`], or `unlimited`, which is `u64::MAX`.
pub(in crate::config) fn body_size(text: &str) -> Result<u64, Mistake> {
    if text == "unlimited" {
        return Ok(u64::MAX);
    }
    size(text).map_err(|mistake| {
        if text.eq_ignore_ascii_case("unlimited") || text == "none" || text.starts_with('0') {
            mistake.did_you_mean("unlimited")
        } else {
            mistake
        }
    })
}

/// `default_unit` is suggested when the unit is missing; `max_words` says `max` for people.
fn quantity(
    text: &str,
    units: &[Unit],
    default_unit: &str,
    max: u64,
    max_words: &str,
) -> Result<u64, Mistake> {
    let names: Vec<_> = units.iter().map(|unit| unit.name).collect();
    let (last, others) = names.split_last().expect("both tables have units");
    let expected = format!("expected a whole number and one of {} or {last}", others.join(", "));
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(Mistake::new("missing number", expected));
    }
    if unit.starts_with(['.', ',']) {
        return Err(Mistake::new("fraction", expected).help("use a smaller unit"));
    }
    if unit.is_empty() {
        return Err(Mistake::new("missing unit", expected).did_you_mean(format!("{number}{default_unit}")));
    }
    let Some(found) = units.iter().find(|candidate| candidate.name == unit) else {
        let lower = unit.trim().to_lowercase();
        let alias = units.iter().find(|candidate| candidate.aliases.contains(&lower.as_str()));
        let mistake = Mistake::new(format!("unknown unit `{}`", unit.trim()), expected);
        return Err(match alias {
            Some(alias) => mistake.did_you_mean(format!("{number}{}", alias.name)),
            None => mistake,
        });
    };
    let value = number.parse::<u64>().ok().and_then(|number| number.checked_mul(found.factor));
    value
        .filter(|value| *value <= max)
        .ok_or_else(|| Mistake::new("too large a value", format!("expected at most {max_words}")))
}
