//! What a zone's clock shows, and when it first shows something.
//!
//! Main function: [`first`]. It does not know periods.

use super::{micros, timestamp};
use crate::Micros;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// What the clock shows.
pub(super) fn local(zone: &TimeZone, now: Micros) -> DateTime {
    zone.to_datetime(timestamp(now))
}

/// When the clock first shows `local` or more. This never falls as `local` grows, so that periods cannot overlap.
pub(super) fn first(zone: &TimeZone, local: DateTime) -> Micros {
    let offset = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Fold { before, .. } => before,
        AmbiguousOffset::Gap { after, .. } => {
            let inside = after.to_timestamp(local).unwrap_or(Timestamp::MIN);
            return zone.following(inside).next().map_or(micros(inside), |change| micros(change.timestamp()));
        }
    };
    micros(offset.to_timestamp(local).unwrap_or(Timestamp::MIN))
}

/// The stretch of `seconds` that begins and ends on a multiple of them on the clock, cut where the clock is changed.
pub(super) fn span(zone: &TimeZone, now: Micros, seconds: i64) -> (Micros, Micros) {
    let at = timestamp(now);
    let ahead = i64::from(zone.to_offset(at).seconds());
    let shown = (at.as_microsecond() + ahead * 1_000_000).rem_euclid(seconds * 1_000_000) as u64;
    let start = Micros(now.0.saturating_sub(shown));
    let end = now.after(seconds as u64 * Micros::SECOND - shown);
    // `preceding` is exclusive: a change at `now` itself is found from the next microsecond.
    let changed = zone.preceding(timestamp(now.after(1))).next().map_or(start, |c| micros(c.timestamp()));
    let changes = zone.following(at).next().map_or(end, |c| micros(c.timestamp()));
    (start.max(changed), end.min(changes))
}
