//! Checks what single fields must be: each key against the type of its field.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use poundlock_shield::validate::Part;
use poundlock_shield::validate::choice::{Case, Choice};
use poundlock_shield::validate::date::{DateForm, DateRule, Future};
use poundlock_shield::validate::email::EmailLevel;
use poundlock_shield::validate::identifier::Identifiers;
use poundlock_shield::validate::number::IntegerRule;
use poundlock_shield::validate::phone::PhoneForm;
use poundlock_shield::validate::rule::FieldCheck;
use poundlock_shield::validate::text::{Charset, TextRule};
use poundlock_shield::validate::url::{Hosts, UrlRule};
use poundlock_shield::validate::uuid::UuidVersions;

use super::Report;
use crate::config::raw::{
    RawCharset, RawEmailLevel, RawField, RawFieldType as Type, RawForm as Form, RawHosts,
};
use crate::config::suggest::closest;
use crate::config::values::Mistake;

/// The parts of a request that a location begins with.
const PARTS: [(&str, Part); 5] = [
    ("query", Part::Query),
    ("body", Part::Body),
    ("header", Part::Header),
    ("cookie", Part::Cookie),
    ("path", Part::Path),
];
/// The longest text or URL that a rule may allow, in characters or bytes.
const LONGEST: i64 = 16 << 20;

/// A location as findings show it: `query.q`, `body.user.name`, `path`; `*` may stand in its name.
pub(super) fn location(text: &str) -> Result<String, Mistake> {
    let expected =
        "expected a part of the request and a name: \"query.q\", \"body.html\", \"header.referer\"";
    let (part, name) = text.split_once('.').unwrap_or((text, ""));
    let known = PARTS.iter().any(|(word, _)| *word == part) || part == "request" || part.contains('*');
    if !known {
        let mistake = Mistake::new("unknown part of a request", expected);
        return Err(match closest(part, PARTS.map(|(word, _)| word)) {
            Some(near) => mistake.did_you_mean(format!("{near}.{name}")),
            None => mistake,
        });
    }
    match text.contains(|char: char| char.is_control() || char == '"' || char == '\\') {
        true => Err(Mistake::new("malformed location", expected)),
        false => Ok(text.to_owned()),
    }
}

/// A location with a name: what a rule can be about.
pub(super) fn named(text: &str) -> Result<(Part, String), Mistake> {
    location(text)?;
    let named = text.split_once('.').filter(|(part, name)| *part != "path" && !name.is_empty());
    let part = |word: &str| PARTS.iter().find(|(known, _)| *known == word).map(|(_, part)| *part);
    match named.and_then(|(word, name)| Some((part(word)?, name.to_owned()))) {
        Some(named) => Ok(named),
        None => {
            Err(Mistake::new("no field", "expected query, body, header or cookie, and a name: \"query.q\""))
        }
    }
}

/// The keys that are given although they have no meaning for the type.
pub(super) fn misplaced(raw: &RawField) -> impl Iterator<Item = &'static str> {
    use Type::{Choice, Date, Email, Identifier, Integer, Phone, Sort, Text, Url, Uuid};
    let given: [(&str, bool, &[Type]); 11] = [
        ("level", raw.level.is_some(), &[Email]),
        ("schemes", !raw.schemes.is_empty(), &[Url]),
        ("hosts", raw.hosts.is_some(), &[Url]),
        ("format", raw.format.is_some(), &[Phone, Date]),
        ("versions", !raw.versions.is_empty(), &[Uuid]),
        ("min", raw.min.is_some(), &[Integer, Text]),
        ("max", raw.max.is_some(), &[Integer, Text, Url]),
        ("charset", raw.charset.is_some(), &[Text]),
        ("one_of", !raw.one_of.is_empty(), &[Choice, Identifier, Sort]),
        ("earliest", raw.earliest.is_some(), &[Date]),
        ("latest", raw.latest.is_some(), &[Date]),
    ];
    let kind = raw.kind;
    let future = (!raw.future && kind != Date).then_some("future");
    let others = given.into_iter().filter(move |(_, given, kinds)| *given && !kinds.contains(&kind));
    others.map(|(key, ..)| key).chain(future)
}

/// What a value must be.
pub(super) fn check(path: &str, raw: &RawField, report: &mut Report<'_>) -> Option<FieldCheck> {
    let at = |key: &str| format!("{path}.{key}");
    Some(match raw.kind {
        Type::Text => FieldCheck::Text(text(path, raw, report)?),
        Type::Email => FieldCheck::Email(match raw.level {
            Some(RawEmailLevel::Lenient) => EmailLevel::Lenient,
            None | Some(RawEmailLevel::Standard) => EmailLevel::Standard,
            Some(RawEmailLevel::Strict) => EmailLevel::Strict,
        }),
        Type::Url => FieldCheck::Url(url(path, raw, report)?),
        Type::Phone => FieldCheck::Phone(match raw.format {
            Some(Form::E164) => PhoneForm::Compact,
            None | Some(Form::Separated) => PhoneForm::Separated,
            Some(_) => {
                report.mistake(
                    at("format"),
                    Mistake::new("no form of a phone number", "expected \"e164\" or \"separated\""),
                );
                return None;
            }
        }),
        Type::Uuid => FieldCheck::Uuid(match raw.versions[..] {
            [] => UuidVersions::ALL,
            [first, ref rest @ ..] => rest
                .iter()
                .fold(UuidVersions::only(first), |all, version| all.or(UuidVersions::only(*version))),
        }),
        Type::Date => FieldCheck::Date(date(path, raw, report)?),
        Type::Integer => FieldCheck::Integer(integer(path, raw, report)?),
        Type::Choice => {
            FieldCheck::Choice(Choice::new(words(path, raw, report)?.iter().cloned(), Case::Exact))
        }
        Type::Identifier => FieldCheck::Column(identifiers(path, raw, report)?),
        Type::Sort => FieldCheck::Sort(identifiers(path, raw, report)?),
    })
}

fn text(path: &str, raw: &RawField, report: &mut Report<'_>) -> Option<TextRule> {
    let usual = TextRule::default();
    let min = bounded(path, "min", raw.min, 0..=LONGEST, report)?;
    let max = bounded(path, "max", raw.max, 1..=LONGEST, report)?;
    in_order(path, min, max, report)?;
    let max_chars = max.map_or(usual.max_chars, |max| max as usize);
    Some(TextRule {
        min_chars: min.map_or(usual.min_chars, |min| min as usize),
        max_chars,
        max_bytes: usual.max_bytes.max(max_chars.saturating_mul(4)),
        charset: match raw.charset {
            None | Some(RawCharset::Lines) => Charset::Lines,
            Some(RawCharset::OneLine) => Charset::OneLine,
            Some(RawCharset::Ascii) => Charset::Ascii,
            Some(RawCharset::Name) => Charset::Name,
            Some(RawCharset::Alphanumeric) => Charset::Alphanumeric,
            Some(RawCharset::Slug) => Charset::Slug,
            Some(RawCharset::Unreserved) => Charset::Unreserved,
            Some(RawCharset::Hex) => Charset::Hex,
        },
    })
}

fn url(path: &str, raw: &RawField, report: &mut Report<'_>) -> Option<UrlRule> {
    let usual = UrlRule::default();
    let schemes = report.read_all(&format!("{path}.schemes"), &raw.schemes, scheme)?;
    let max = bounded(path, "max", raw.max, 1..=LONGEST, report)?;
    Some(UrlRule {
        schemes: if schemes.is_empty() { usual.schemes } else { schemes },
        max_bytes: max.map_or(usual.max_bytes, |max| max as usize),
        hosts: match raw.hosts {
            Some(RawHosts::Any) => Hosts::Any,
            None | Some(RawHosts::Public) => Hosts::Public,
            Some(RawHosts::Names) => Hosts::PublicNames,
        },
    })
}

fn scheme(text: &str) -> Result<String, Mistake> {
    let tail = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
    match text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(tail) {
        true => Ok(text.to_owned()),
        false => Err(Mistake::new("malformed scheme", "expected a scheme in lower case, such as \"https\"")),
    }
}

fn date(path: &str, raw: &RawField, report: &mut Report<'_>) -> Option<DateRule> {
    let usual = DateRule::default();
    let mut day = |key: &str, text: &Option<String>, usual: Date| match text {
        None => Some(usual),
        Some(text) => report.read(format!("{path}.{key}"), text, |text| {
            text.parse().map_err(|_| Mistake::new("malformed day", "expected a day such as \"2026-01-31\""))
        }),
    };
    let (earliest, latest) =
        (day("earliest", &raw.earliest, usual.earliest), day("latest", &raw.latest, usual.latest));
    let form = match raw.format {
        None | Some(Form::Either) => DateForm::Either,
        Some(Form::Date) => DateForm::Date,
        Some(Form::Instant) => DateForm::Instant,
        Some(_) => {
            let label = "expected \"date\", \"instant\" or \"either\"";
            report.mistake(format!("{path}.format"), Mistake::new("no form of a date", label));
            return None;
        }
    };
    let (earliest, latest) = (earliest?, latest?);
    if earliest > latest {
        let message = format!("`earliest` of {earliest} is after `latest` of {latest}");
        report.error(format!("{path}.earliest"), message, "no day is left", "change one of them");
        return None;
    }
    let future = if raw.future { Future::Allowed } else { Future::Refused };
    Some(DateRule { form, earliest, latest, future, ..usual })
}

fn integer(path: &str, raw: &RawField, report: &mut Report<'_>) -> Option<IntegerRule> {
    in_order(path, raw.min, raw.max, report)?;
    Some(IntegerRule { min: raw.min.unwrap_or(i64::MIN), max: raw.max.unwrap_or(i64::MAX) })
}

fn in_order(path: &str, min: Option<i64>, max: Option<i64>, report: &mut Report<'_>) -> Option<()> {
    match (min, max) {
        (Some(min), Some(max)) if min > max => {
            let message = format!("`min` of {min} is above `max` of {max}");
            report.error(format!("{path}.min"), message, "nothing is left", "change one of them");
            None
        }
        _ => Some(()),
    }
}

fn bounded(
    path: &str,
    key: &str,
    value: Option<i64>,
    range: RangeInclusive<i64>,
    report: &mut Report<'_>,
) -> Option<Option<i64>> {
    if value.is_none_or(|value| range.contains(&value)) {
        return Some(value);
    }
    let label = format!("expected {} to {}", range.start(), range.end());
    report.mistake(format!("{path}.{key}"), Mistake::new("a number out of range", label));
    None
}

/// The words of a closed set: at least one.
fn words<'r>(path: &str, raw: &'r RawField, report: &mut Report<'_>) -> Option<&'r [String]> {
    if raw.one_of.is_empty() && !report.knows(&format!("{path}.one_of")) {
        let message = "a set without words".to_owned();
        report.error(path.to_owned(), message, "expected `one_of`", "add `one_of = [\"name\", \"date\"]`");
        return None;
    }
    report.read_all(&format!("{path}.one_of"), &raw.one_of, |text| Ok(text.to_owned()))?;
    Some(&raw.one_of)
}

fn identifiers(path: &str, raw: &RawField, report: &mut Report<'_>) -> Option<Identifiers> {
    let words = words(path, raw, report)?;
    for (at, word) in words.iter().enumerate() {
        if let Err(error) = Identifiers::new([word.as_str()]) {
            report.mistake(
                format!("{path}.one_of[{at}]"),
                Mistake::new("a name that is not safe in SQL", error.to_string()),
            );
        }
    }
    Identifiers::new(words.iter().cloned()).ok()
}
