//! RFC 3339 times in UTC. Main function: [`rfc3339`]. It does not know time zones or leap seconds.
//!
//! Source of the calendar: Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.

use std::time::Duration;

const SECONDS_PER_DAY: u64 = 86_400;
/// 9999-12-31T23:59:59Z; RFC 3339 years have four digits.
const LAST_SECOND: u64 = 253_402_300_799;

/// A time since the Unix epoch, with milliseconds.
pub(super) fn rfc3339(unix: Duration) -> String {
    let seconds = unix.as_secs().min(LAST_SECOND);
    let (year, month, day) = civil_from_days(seconds / SECONDS_PER_DAY);
    let of_day = seconds % SECONDS_PER_DAY;
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", unix.subsec_millis())
}

/// Year, month and day of a day since 1970-01-01. Years start in March, so the leap day is the last.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}
