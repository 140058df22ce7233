//! Pages of a list: which one, how large, and the query string that says so to the upstream.
//!
//! Main type: [`Pagination`]. It changes the values of its own parameters and nothing else: order, other parameters and
//! encodings stay byte for byte. It does not know how long the list is.

use super::{FieldPath, Issues, Part};
use std::{borrow::Cow, ops::Range};

/// What to do with a number that is out of range, or no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnExcess {
    /// Put the nearest end of the range in its place; the default for what is no number.
    #[default]
    Clamp,
    /// Refuse the request.
    Refuse,
}

/// What a parameter may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageRange {
    /// A page, a size or an offset.
    Number {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
        /// In place of what is no number.
        default: u64,
    },
    /// An opaque cursor: printable ASCII without spaces. There is nothing near a bad one, so it is always refused.
    Cursor {
        /// The most bytes, decoded.
        max_bytes: usize,
    },
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageParameter {
    /// Its name, decoded; `page[size]` is one too.
    pub name: String,
    /// What it may hold.
    pub range: PageRange,
}

/// The parameters of a route and what happens to those out of range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pagination {
    /// Which parameters.
    pub parameters: Vec<PageParameter>,
    /// What happens.
    pub on_excess: OnExcess,
}

impl Default for Pagination {
    /// `page` to 10,000, `per_page` and `limit` to 100, `offset` to 100,000, `cursor` to 512 bytes; clamped.
    fn default() -> Self {
        let number = |name: &str, min, max, default| PageParameter {
            name: name.to_owned(),
            range: PageRange::Number { min, max, default },
        };
        let cursor = PageParameter { name: "cursor".to_owned(), range: PageRange::Cursor { max_bytes: 512 } };
        let parameters = vec![
            number("page", 1, 10_000, 1),
            number("per_page", 1, 100, 20),
            number("limit", 1, 100, 20),
            number("offset", 0, 100_000, 0),
            cursor,
        ];
        Self { parameters, on_excess: OnExcess::Clamp }
    }
}

/// Why a parameter is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Not decimal digits.
    #[error("must be a whole number")]
    Number,
    /// Below the range.
    #[error("must be at least {0}")]
    Low(u64),
    /// Above the range.
    #[error("must be at most {0}")]
    High(u64),
    /// Empty, too long, or with characters that no cursor has.
    #[error("must be a cursor from an earlier answer, at most {0} bytes long")]
    Cursor(usize),
}

impl Pagination {
    /// Checks every occurrence of every parameter in a query string (without its `?`), and returns the query to send on.
    ///
    /// Names are matched as lenient upstreams match them: percent-decoded, in any case, with `[]` or `[0]` behind, with `.` or a
    /// space for `_`; and `;` separates as `&` does. An occurrence that an upstream does not take for its parameter is clamped
    /// without harm; one that it took and we did not would get through.
    ///
    /// # Errors
    /// Every value that is refused.
    pub fn apply<'q>(&self, query: &'q str) -> Result<Cow<'q, str>, Issues> {
        let mut issues = Issues::default();
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        let mut start = 0;
        for segment in query.split(['&', ';']) {
            let here = start..start + segment.len();
            start = here.end + 1;
            let (name, value) = segment.split_once('=').unwrap_or((segment, ""));
            let Some(parameter) = self.named(name) else { continue };
            match self.judge(parameter.range, &decode(value.as_bytes())) {
                Ok(None) => {}
                Ok(Some(number)) => edits.push((here.start + name.len()..here.end, format!("={number}"))),
                Err(error) => issues.add(FieldPath::field(Part::Query, &parameter.name), error),
            }
        }
        issues.into_result()?;
        Ok(rewrite(query, &edits))
    }

    fn named(&self, name: &str) -> Option<&PageParameter> {
        let sent = canonical(&decode(name.as_bytes()));
        self.parameters.iter().find(|parameter| {
            let wanted = canonical(parameter.name.as_bytes());
            sent.strip_prefix(&*wanted).is_some_and(is_index)
        })
    }

    /// The number to put in place of the value, if another.
    fn judge(&self, range: PageRange, value: &[u8]) -> Result<Option<u64>, PageError> {
        let (min, max, default) = match range {
            PageRange::Number { min, max, default } => (min, max, default),
            PageRange::Cursor { max_bytes } => {
                let fits = (1..=max_bytes).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
                return if fits { Ok(None) } else { Err(PageError::Cursor(max_bytes)) };
            }
        };
        let (error, instead) = match read_number(value) {
            Some(number) if number < i128::from(min) => (PageError::Low(min), min),
            Some(number) if number > i128::from(max) => (PageError::High(max), max),
            Some(_) => return Ok(None),
            None => (PageError::Number, default),
        };
        match self.on_excess {
            OnExcess::Clamp => Ok(Some(instead)),
            OnExcess::Refuse => Err(error),
        }
    }
}

/// Reads ASCII digits with an optional sign. More than fit are as many as fit.
fn read_number(value: &[u8]) -> Option<i128> {
    let (negative, digits) = match value {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let most = i128::from(u64::MAX) + 1;
    let number = digits.iter().fold(0, |sum: i128, digit| most.min(sum * 10 + i128::from(digit - b'0')));
    Some(if negative { -number } else { number })
}

/// A name as lenient upstreams see it.
fn canonical(name: &[u8]) -> Vec<u8> {
    // Names were C strings in PHP, which also drops leading spaces.
    let name = name.split(|b| *b == 0).next().unwrap_or_default().trim_ascii();
    name.iter().map(|b| if matches!(b, b'.' | b' ') { b'_' } else { b.to_ascii_lowercase() }).collect()
}

/// Whether this is what may follow a name: nothing, or brackets around digits or nothing, any number of times.
fn is_index(rest: &[u8]) -> bool {
    let inner = rest.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    rest.is_empty()
        || inner.is_some_and(|inner| inner.iter().all(|b| b.is_ascii_digit() || b"[]".contains(b)))
}

/// Decodes `%HH` and `+` once. What is no escape stays.
pub(super) fn decode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digit = |n: usize| bytes.get(at + n).and_then(|b| char::from(*b).to_digit(16));
        let (decoded, length) = match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => ((high << 4 | low) as u8, 3),
            (b'+', ..) => (b' ', 1),
            _ => (*byte, 1),
        };
        out.push(decoded);
        at += length;
    }
    out
}

fn rewrite<'q>(query: &'q str, edits: &[(Range<usize>, String)]) -> Cow<'q, str> {
    if edits.is_empty() {
        return Cow::Borrowed(query);
    }
    let mut out = String::with_capacity(query.len());
    let mut done = 0;
    for (place, text) in edits {
        out.push_str(&query[done..place.start]);
        out.push_str(text);
        done = place.end;
    }
    out.push_str(&query[done..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
