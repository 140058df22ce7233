//! One of the validators, with its parameters: a closed set, so that configuration can name each.
//!
//! Main type: [`FieldCheck`]. It does not know which field it is for.

use super::{
    super::{
        Problem,
        choice::Choice,
        date::DateRule,
        email::{EmailLevel, check_email},
        identifier::Identifiers,
        number::{IntegerError, IntegerRule},
        phone::{PhoneForm, check_phone},
        text::TextRule,
        url::UrlRule,
        uuid::{UuidVersions, check_uuid},
    },
    RuleError,
};
use jiff::Timestamp;
use serde_json::Value;

/// What a value must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldCheck {
    /// An e-mail address.
    Email(EmailLevel),
    /// A URL.
    Url(UrlRule),
    /// A telephone number.
    Phone(PhoneForm),
    /// A UUID.
    Uuid(UuidVersions),
    /// A date or an instant.
    Date(DateRule),
    /// A whole number.
    Integer(IntegerRule),
    /// One of a set of words.
    Choice(Choice),
    /// Text.
    Text(TextRule),
    /// The name of a column.
    Column(Identifiers),
    /// A sort order.
    Sort(Identifiers),
}

impl FieldCheck {
    /// Checks a text.
    ///
    /// # Errors
    /// The validator's own.
    pub fn check(&self, text: &str, now: Timestamp) -> Result<(), Problem> {
        match self {
            Self::Email(level) => check_email(text, *level).map(drop)?,
            Self::Url(rule) => rule.check(text).map(drop)?,
            Self::Phone(form) => check_phone(text, *form).map(drop)?,
            Self::Uuid(versions) => check_uuid(text, *versions).map(drop)?,
            Self::Date(rule) => rule.check(text, now).map(drop)?,
            Self::Integer(rule) => rule.check(text).map(drop)?,
            Self::Choice(choice) => choice.check(text).map(drop)?,
            Self::Text(rule) => rule.check(text)?,
            Self::Column(names) => names.column(text).map(drop)?,
            Self::Sort(names) => names.sort(text).map(drop)?,
        }
        Ok(())
    }

    /// Checks a JSON value that is not text: only numbers can be valid.
    pub(super) fn check_json(&self, value: &Value) -> Result<(), Problem> {
        let Self::Integer(rule) = self else { return Err(RuleError::Type("text").into()) };
        match (value.as_i64(), value.as_u64()) {
            (Some(number), _) => Ok(rule.check_value(number).map(drop)?),
            // Beyond what 63 bits hold.
            (None, Some(_)) => Err(IntegerError::High(rule.max).into()),
            _ => Err(RuleError::Type("a whole number").into()),
        }
    }
}
