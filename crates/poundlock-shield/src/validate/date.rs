//! Dates, instants and ranges of them (RFC 3339).
//!
//! Main types: [`DateRule`] and [`RangeRule`]. `now` is an argument. A date without a time is read in the rule's own offset
//! from UTC; they know no time zones.

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::Offset,
};

/// The longest text that is looked at: an instant with nanoseconds and an offset, in bytes.
pub const MAX_DATE_BYTES: usize = 35;

/// What a moment may be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DateForm {
    /// `2026-01-31`.
    Date,
    /// `2026-01-31T12:00:00Z`, with seconds and an offset.
    Instant,
    /// Both.
    #[default]
    Either,
}

/// Whether moments after `now` are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Future {
    /// They are.
    #[default]
    Allowed,
    /// They are not; the present day is.
    Refused,
}

/// Which moments are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateRule {
    /// How they are written.
    pub form: DateForm,
    /// The offset from UTC in which a date without a time is a day.
    pub offset: Offset,
    /// Not before this day.
    pub earliest: Date,
    /// Not after this day.
    pub latest: Date,
    /// Whether after `now`.
    pub future: Future,
}

impl Default for DateRule {
    /// Any moment of the years 1 to 9999.
    fn default() -> Self {
        let earliest = Date::constant(1, 1, 1);
        Self {
            form: DateForm::Either,
            offset: Offset::UTC,
            earliest,
            latest: Date::MAX,
            future: Future::Allowed,
        }
    }
}

/// An accepted moment: from `start` until just before `end`. An instant has no length; a date is a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moment {
    /// When it begins.
    pub start: Timestamp,
    /// When it is over.
    pub end: Timestamp,
}

/// Why a moment is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not written in a form of the rule, or not a day of the calendar.
    #[error("must be {}", form_text(.0))]
    Form(DateForm),
    /// Before the earliest day.
    #[error("must not be before {0}")]
    Early(Date),
    /// After the latest day.
    #[error("must not be after {0}")]
    Late(Date),
    /// After `now`.
    #[error("must not be in the future")]
    Future,
}

fn form_text(form: &DateForm) -> &'static str {
    match form {
        DateForm::Date => "a date like 2026-01-31",
        DateForm::Instant => "a date and time like 2026-01-31T12:00:00Z",
        DateForm::Either => "a date like 2026-01-31 or a date and time like 2026-01-31T12:00:00Z",
    }
}

impl DateRule {
    /// Checks a moment.
    ///
    /// # Errors
    /// See [`DateError`].
    pub fn check(&self, text: &str, now: Timestamp) -> Result<Moment, DateError> {
        let moment = self.read(text).ok_or(DateError::Form(self.form))?;
        let day = self.offset.to_datetime(moment.start).date();
        if day < self.earliest {
            return Err(DateError::Early(self.earliest));
        }
        if day > self.latest {
            return Err(DateError::Late(self.latest));
        }
        match self.future == Future::Refused && moment.start > now {
            true => Err(DateError::Future),
            false => Ok(moment),
        }
    }

    fn read(&self, text: &str) -> Option<Moment> {
        match self.form {
            _ if text.len() > MAX_DATE_BYTES => None,
            DateForm::Date => self.read_date(text),
            DateForm::Instant => read_instant(text),
            DateForm::Either => self.read_date(text).or_else(|| read_instant(text)),
        }
    }

    fn read_date(&self, text: &str) -> Option<Moment> {
        has_shape(text, b"0000-00-00").then_some(())?;
        let date: Date = text.parse().ok()?;
        let start = self.offset.to_timestamp(date.to_datetime(Time::midnight())).ok()?;
        let end = start.checked_add(SignedDuration::from_hours(24)).ok()?;
        Some(Moment { start, end })
    }
}

/// RFC 3339 `date-time`: narrower than what the parser behind it reads (ISO 8601, leap seconds, no colons).
fn read_instant(text: &str) -> Option<Moment> {
    let (date_time, rest) = text.split_at_checked(19)?;
    let digits =
        rest.strip_prefix('.').map_or(0, |fraction| fraction.bytes().take_while(u8::is_ascii_digit).count());
    let offset = if digits > 0 { &rest[digits + 1..] } else { rest };
    let zoned = matches!(offset, "Z" | "z") || has_shape(offset, b"+00:00") || has_shape(offset, b"-00:00");
    (has_shape(date_time, b"0000-00-00T00:00:00") && digits <= 9 && zoned).then_some(())?;
    let at: Timestamp = text.parse().ok()?;
    Some(Moment { start: at, end: at })
}

/// Whether digits stand where the shape has zeros, and everything else is as in the shape.
fn has_shape(text: &str, shape: &[u8]) -> bool {
    let fits = |(is, want): (u8, &u8)| if *want == b'0' { is.is_ascii_digit() } else { is == *want };
    text.len() == shape.len() && text.bytes().zip(shape).all(fits)
}

/// Which ranges are accepted, from a start to an end that lies not before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RangeRule {
    /// Each end by itself.
    pub ends: DateRule,
    /// The longest span, from the beginning of the start to the end of the end: one day from a date to itself. `None` is any.
    pub max_span: Option<SignedDuration>,
}

/// Why a range is refused, beyond what is wrong with one end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// The end lies before the start.
    #[error("must not end before it starts")]
    Order,
    /// Longer than the longest span.
    #[error("must not span more than {}", span_text(.0))]
    Span(SignedDuration),
}

fn span_text(span: &SignedDuration) -> String {
    match (span.as_hours(), span.as_secs()) {
        (hours, secs) if hours % 24 == 0 && secs % 3_600 == 0 => format!("{} days", hours / 24),
        (hours, secs) if secs % 3_600 == 0 => format!("{hours} hours"),
        (_, secs) => format!("{secs} seconds"),
    }
}

impl RangeRule {
    /// Checks two moments against each other.
    ///
    /// # Errors
    /// See [`RangeError`].
    pub fn check(&self, start: Moment, end: Moment) -> Result<(), RangeError> {
        if end.start < start.start {
            return Err(RangeError::Order);
        }
        match self.max_span {
            Some(span) if end.end.duration_since(start.start) > span => Err(RangeError::Span(span)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn check(rule: DateRule, text: &str, expected: Result<&str, DateError>) {
        assert_eq!(
            rule.check(text, now()).map(|moment| moment.start.to_string()),
            expected.map(str::to_owned),
            "{text}"
        );
    }

    #[test]
    fn forms() {
        let rule = DateRule::default();
        check(rule, "2024-02-29", Ok("2024-02-29T00:00:00Z"));
        check(rule, "2026-01-31T12:00:00+02:00", Ok("2026-01-31T10:00:00Z"));
        check(rule, "2026-01-31T12:00:00.125Z", Ok("2026-01-31T12:00:00.125Z"));
        let bad = [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "20260101",
            "2026-01-31T12:00:00",
            "2026-01-31 12:00:00Z",
            "2026-01-31T25:00:00Z",
            "2026-01-31T12:00Z",
            "2026-01-31T12:00:00.Z",
            "2026-W05-1",
            "+002026-01-01",
            "2026-01-31T12:00:00Z[UTC]",
            "２０２６-01-31",
            "2026-01-31T12:00:00,5Z",
            "0000-01-01x",
            "2026-01-31T12:00:00.1234567891Z",
            "-00001-01-01",
            "2026-01-01T00:00:00+99:99",
            "2026-01-31é",
        ];
        for text in bad {
            check(rule, text, Err(DateError::Form(DateForm::Either)));
        }
        check(
            DateRule { form: DateForm::Date, ..rule },
            "2026-01-31T12:00:00Z",
            Err(DateError::Form(DateForm::Date)),
        );
        check(
            DateRule { form: DateForm::Instant, ..rule },
            "2026-01-31",
            Err(DateError::Form(DateForm::Instant)),
        );
        check(rule, "0000-12-31", Err(DateError::Early(Date::constant(1, 1, 1))));
    }

    #[test]
    fn bounds_and_the_future() {
        let rule = DateRule {
            earliest: Date::constant(2000, 1, 1),
            latest: Date::constant(2026, 12, 31),
            future: Future::Refused,
            ..DateRule::default()
        };
        check(rule, "1999-12-31", Err(DateError::Early(rule.earliest)));
        check(rule, "2027-01-01", Err(DateError::Late(rule.latest)));
        check(rule, "2026-03-01", Ok("2026-03-01T00:00:00Z"));
        check(rule, "2026-03-02", Err(DateError::Future));
        check(rule, "2026-03-01T12:00:00Z", Ok("2026-03-01T12:00:00Z"));
        check(rule, "2026-03-01T12:00:01Z", Err(DateError::Future));
        // Where it is already tomorrow, tomorrow is today.
        let ahead = DateRule { offset: Offset::constant(13), ..rule };
        check(ahead, "2026-03-02", Ok("2026-03-01T11:00:00Z"));
    }

    #[test]
    fn ranges() {
        let rule = RangeRule { max_span: Some(SignedDuration::from_hours(24 * 31)), ..RangeRule::default() };
        let range = |start: &str, end: &str| {
            let read = |text| rule.ends.check(text, now()).unwrap();
            rule.check(read(start), read(end)).map_err(|error| error.to_string())
        };
        assert_eq!(range("2026-01-01", "2026-01-31"), Ok(()));
        assert_eq!(range("2026-01-01", "2026-02-01"), Err("must not span more than 31 days".to_owned()));
        assert_eq!(range("2026-01-02", "2026-01-01"), Err("must not end before it starts".to_owned()));
        assert_eq!(range("2026-01-02", "2026-01-02"), Ok(()));
        assert_eq!(
            range("2026-01-02T10:00:00Z", "2026-01-02T09:59:59Z"),
            Err("must not end before it starts".to_owned())
        );
    }

    proptest! {
        #[test]
        fn every_instant_is_read_as_itself(seconds in -60_000_000_000i64..250_000_000_000, nanos in 0i32..1_000_000_000) {
            let at = Timestamp::new(seconds, nanos).unwrap();
            let rule = DateRule { earliest: Date::MIN, form: DateForm::Instant, ..DateRule::default() };
            prop_assert_eq!(rule.check(&at.to_string(), now()).map(|moment| moment.start), Ok(at));
        }

        #[test]
        fn any_text_is_answered(text in "[0-9TZ:+.é-]{0,40}") {
            let _ = DateRule::default().check(&text, now());
        }
    }
}
