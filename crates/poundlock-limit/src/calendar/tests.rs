//! Periods tile time, whatever the zone, the anchor and the year.

use super::*;
use proptest::prelude::*;

const PERIODS: [Period; 7] =
    [Period::Minute, Period::Hour, Period::Day, Period::Week, Period::Month, Period::Quarter, Period::Year];

fn at(text: &str) -> Micros {
    micros(text.parse().unwrap())
}

/// The period at `now` is from `start` to `end`.
fn check(calendar: &Calendar, now: &str, start: &str, end: &str) {
    let show = |at: Micros| timestamp(at).to_string();
    let (from, to) = calendar.window(at(now));
    assert_eq!((show(from).as_str(), show(to).as_str()), (start, end), "{calendar:?} at {now}");
}

fn calendar(period: Period, zone: &str, anchor: Anchor) -> Calendar {
    Calendar::new(period, zone, anchor).unwrap()
}

#[test]
fn a_day_has_23_or_25_hours_when_the_clocks_change() {
    let berlin = calendar(Period::Day, "Europe/Berlin", Anchor::default());
    check(&berlin, "2025-03-30T12:00:00Z", "2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z");
    check(&berlin, "2025-10-26T12:00:00Z", "2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z");
}

#[test]
fn a_skipped_beginning_is_the_end_of_the_gap_and_a_repeated_one_its_first_time() {
    let two = Anchor { hour: 2, ..Anchor::default() };
    let berlin = calendar(Period::Day, "Europe/Berlin", two);
    check(&berlin, "2025-03-30T01:00:00Z", "2025-03-30T01:00:00Z", "2025-03-31T00:00:00Z");
    check(&berlin, "2025-10-26T00:30:00Z", "2025-10-26T00:00:00Z", "2025-10-27T01:00:00Z");
    // In St. John's, 00:01 became 01:01: one o'clock was skipped in the middle of the gap.
    let st_johns = calendar(Period::Day, "America/St_Johns", Anchor { hour: 1, ..Anchor::default() });
    check(&st_johns, "2010-03-14T03:31:00Z", "2010-03-14T03:31:00Z", "2010-03-15T03:30:00Z");
    // Cairo's clocks skip midnight; Havana's repeat it.
    let cairo = calendar(Period::Day, "Africa/Cairo", Anchor::default());
    check(&cairo, "2024-04-26T00:00:00Z", "2024-04-25T22:00:00Z", "2024-04-26T21:00:00Z");
    let havana = calendar(Period::Day, "America/Havana", Anchor::default());
    check(&havana, "2024-11-03T05:30:00Z", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z");
}

#[test]
fn a_day_that_a_country_skipped_has_no_period() {
    let apia = calendar(Period::Day, "Pacific/Apia", Anchor::default());
    check(&apia, "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z");
    check(&apia, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z");
}

#[test]
fn a_repeated_hour_begins_anew_and_a_half_changed_one_is_cut() {
    let berlin = calendar(Period::Hour, "Europe/Berlin", Anchor::default());
    check(&berlin, "2025-10-26T00:30:00Z", "2025-10-26T00:00:00Z", "2025-10-26T01:00:00Z");
    check(&berlin, "2025-10-26T01:30:00Z", "2025-10-26T01:00:00Z", "2025-10-26T02:00:00Z");
    let kolkata = calendar(Period::Hour, "Asia/Kolkata", Anchor::default());
    check(&kolkata, "2025-01-01T00:00:00Z", "2024-12-31T23:30:00Z", "2025-01-01T00:30:00Z");
    // 02:00 becomes 01:30 on Lord Howe: the half hour that is repeated is a period.
    let lord_howe = calendar(Period::Hour, "Australia/Lord_Howe", Anchor::default());
    check(&lord_howe, "2025-04-05T15:00:00Z", "2025-04-05T15:00:00Z", "2025-04-05T15:30:00Z");
}

#[test]
fn the_31st_is_the_last_day_of_each_month() {
    let billing = calendar(Period::Month, "UTC", Anchor { day: 31, ..Anchor::default() });
    check(&billing, "2024-02-10T00:00:00Z", "2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z");
    check(&billing, "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z");
    check(&billing, "2025-02-28T12:00:00Z", "2025-02-28T00:00:00Z", "2025-03-31T00:00:00Z");
    check(&billing, "2025-04-30T00:00:00Z", "2025-04-30T00:00:00Z", "2025-05-31T00:00:00Z");
}

#[test]
fn weeks_quarters_and_years_begin_at_their_anchor() {
    let sunday = Anchor { weekday: Weekday::Sunday, hour: 6, ..Anchor::default() };
    let week = calendar(Period::Week, "UTC", sunday);
    check(&week, "2026-11-22T05:59:59Z", "2026-11-15T06:00:00Z", "2026-11-22T06:00:00Z");
    let fiscal = Anchor { month: 11, day: 15, ..Anchor::default() };
    let quarter = calendar(Period::Quarter, "UTC", fiscal);
    check(&quarter, "2026-01-01T00:00:00Z", "2025-11-15T00:00:00Z", "2026-02-15T00:00:00Z");
    let year = calendar(Period::Year, "UTC", fiscal);
    check(&year, "2026-01-01T00:00:00Z", "2025-11-15T00:00:00Z", "2026-11-15T00:00:00Z");
    let leap = calendar(Period::Year, "UTC", Anchor { month: 2, day: 29, ..Anchor::default() });
    check(&leap, "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2025-02-28T00:00:00Z");
}

#[test]
fn what_is_no_calendar_is_refused() {
    let refuse = |zone, anchor, error| assert_eq!(Calendar::new(Period::Day, zone, anchor), Err(error));
    let anchor = Anchor::default();
    refuse("Europe/Atlantis", anchor, CalendarError::Zone);
    refuse("../../etc/localtime", anchor, CalendarError::Zone);
    refuse("UTC", Anchor { month: 13, ..anchor }, CalendarError::Month);
    refuse("UTC", Anchor { day: 32, ..anchor }, CalendarError::Day);
    refuse("UTC", Anchor { day: 0, ..anchor }, CalendarError::Day);
    refuse("UTC", Anchor { hour: 24, ..anchor }, CalendarError::Hour);
    assert!(Calendar::new(Period::Day, "europe/berlin", anchor).is_ok());
}

/// What must hold at every instant.
fn tiles(calendar: &Calendar, now: Micros) {
    let (start, end) = calendar.window(now);
    assert!(start <= now && now < end, "{calendar:?}: {now:?} is not in {start:?}..{end:?}");
    assert_eq!(calendar.window(start), (start, end), "{calendar:?} at its start");
    assert_eq!(calendar.window(Micros(end.0 - 1)), (start, end), "{calendar:?} at its end");
    assert!(end.0 == u64::MAX || calendar.window(end).0 == end, "{calendar:?} after its end");
    assert!(start.0 == 0 || calendar.window(Micros(start.0 - 1)).1 == start, "{calendar:?} before");
    longest(calendar.period, start, end);
}

/// No period is longer than a calendar makes it, or repeated hours would be merged.
fn longest(period: Period, start: Micros, end: Micros) {
    let hours = match period {
        Period::Minute | Period::Hour => 1,
        Period::Day => 49,
        Period::Week => 8 * 24,
        Period::Month => 32 * 24,
        Period::Quarter => 93 * 24 + 25,
        Period::Year => 367 * 24,
    };
    assert!(end >= LAST || end.since(start) <= hours * 3_600_000_000, "{period:?} {start:?} {end:?}");
}

fn anchors() -> impl Strategy<Value = Anchor> {
    let weekday = (1i8..=7).prop_map(|day| Weekday::from_monday_one_offset(day).unwrap());
    (1u8..=12, prop_oneof![1u8..=31, 28u8..=31], weekday, prop_oneof![0u8..=3, 0u8..=23])
        .prop_map(|(month, day, weekday, hour)| Anchor { month, day, weekday, hour })
}

fn zones() -> Vec<String> {
    TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Any zone, any anchor, any instant until the year 2100 and the last one.
    #[test]
    fn periods_tile_time(
        zone in prop::sample::select(zones()), anchor in anchors(), period in prop::sample::select(&PERIODS[..]),
        now in prop_oneof![0u64..4_102_444_800_000_000, any::<u64>().prop_map(|n| n.min(u64::MAX - 1)), LAST.0 - 1_000..LAST.0 + 1_000],
    ) {
        tiles(&calendar(period, &zone, anchor), Micros(now));
    }

    /// Around each of the zone's clock changes.
    #[test]
    fn periods_tile_time_around_clock_changes(
        zone in prop::sample::select(zones()), anchor in anchors(), period in prop::sample::select(&PERIODS[..]),
        after in 0i64..4_000_000_000, off in -90_000_000_000i64..90_000_000_000,
    ) {
        let calendar = calendar(period, &zone, anchor);
        let from = Timestamp::from_second(after).unwrap();
        let change = calendar.zone.following(from).next().map_or(from, |change| change.timestamp());
        tiles(&calendar, Micros(u64::try_from(change.as_microsecond() + off).unwrap_or(0)));
        tiles(&calendar, micros(change));
        tiles(&calendar, Micros(micros(change).0.saturating_sub(1)));
    }

    /// Around the ends of months and leap days.
    #[test]
    fn periods_tile_time_around_month_ends(
        zone in prop::sample::select(zones()), anchor in anchors(), period in prop::sample::select(&PERIODS[..]),
        year in 1970i16..2200, month in 1i8..=12, hours in -60i64..60,
    ) {
        let calendar = calendar(period, &zone, anchor);
        let end = Date::constant(year, month, 1).last_of_month().at(0, 0, 0, 0);
        let near = end.saturating_add(SignedDuration::from_hours(hours));
        tiles(&calendar, clock::first(&calendar.zone, near));
    }
}
