//! [`RawField`] and [`RawRange`]: what single fields must be, as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::DurationText;

/// What a field must be. Which keys have a meaning depends on its type; the others are errors.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Field")]
pub(in crate::config) struct RawField {
    /// What kind of value it is.
    #[serde(rename = "type")]
    pub(in crate::config) kind: RawFieldType,
    /// Whether it must be there.
    pub(in crate::config) required: bool,
    /// Whether it may come more than once.
    pub(in crate::config) repeated: bool,
    /// Values that pass whatever else is said, exactly as written.
    #[schemars(length(max = 1000), example = ["n/a"])]
    pub(in crate::config) allow: Vec<String>,
    /// Of an email: lenient takes all that the standards permit, standard wants a domain with a dot, strict a plain ASCII
    /// address. Unset: standard.
    #[schemars(example = &"strict")]
    pub(in crate::config) level: Option<RawEmailLevel>,
    /// Of a url, in lower case. Empty: https and http.
    #[schemars(length(max = 16), example = ["https"])]
    pub(in crate::config) schemes: Vec<String>,
    /// Of a url: any, public (no private names and addresses) or names (public, and no addresses). Unset: public.
    #[schemars(example = &"names")]
    pub(in crate::config) hosts: Option<RawHosts>,
    /// Of a phone: e164 or separated. Of a date: date, instant or either. Unset: separated, and either.
    #[schemars(example = &"date")]
    pub(in crate::config) format: Option<RawForm>,
    /// Of a uuid. Empty: all.
    #[schemars(length(max = 8), inner(range(min = 1, max = 8)), example = [4])]
    pub(in crate::config) versions: Vec<u8>,
    /// Of an integer, its least value; of a text, the fewest characters.
    pub(in crate::config) min: Option<i64>,
    /// Of an integer, its greatest value; of a text, the most characters; of a url, the most bytes.
    pub(in crate::config) max: Option<i64>,
    /// Of a text: lines (anything that prints), one-line, ascii, name, alphanumeric, slug, unreserved or hex. Unset: lines.
    #[schemars(example = &"ascii")]
    pub(in crate::config) charset: Option<RawCharset>,
    /// Of a choice the words, of an identifier or a sort order the names.
    #[schemars(length(max = 1000), example = ["name", "date"])]
    pub(in crate::config) one_of: Vec<String>,
    /// Of a date, the first day.
    #[schemars(example = &"2000-01-01")]
    pub(in crate::config) earliest: Option<String>,
    /// Of a date, the last day.
    #[schemars(example = &"2099-12-31")]
    pub(in crate::config) latest: Option<String>,
    /// Of a date: whether it may lie in the future.
    pub(in crate::config) future: bool,
}

impl Default for RawField {
    fn default() -> Self {
        Self {
            kind: RawFieldType::Text,
            required: false,
            repeated: false,
            allow: Vec::new(),
            level: None,
            schemes: Vec::new(),
            hosts: None,
            format: None,
            versions: Vec::new(),
            min: None,
            max: None,
            charset: None,
            one_of: Vec::new(),
            earliest: None,
            latest: None,
            future: true,
        }
    }
}

/// A kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "FieldType")]
pub(in crate::config) enum RawFieldType {
    /// Text.
    Text,
    /// An e-mail address.
    Email,
    /// A URL.
    Url,
    /// A telephone number with its country.
    Phone,
    /// A UUID.
    Uuid,
    /// A date or an instant.
    Date,
    /// A whole number.
    Integer,
    /// One of some words.
    Choice,
    /// One of some names that are safe in SQL.
    Identifier,
    /// A sort order by some of these names.
    Sort,
}

/// How much of what the standards permit is an e-mail address.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "EmailLevel")]
pub(in crate::config) enum RawEmailLevel {
    /// All of it.
    Lenient,
    /// A domain with a dot.
    Standard,
    /// A plain ASCII address.
    Strict,
}

/// Which hosts a URL may name.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Hosts")]
pub(in crate::config) enum RawHosts {
    /// Any.
    Any,
    /// No private names and addresses.
    Public,
    /// Public names only.
    Names,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Format")]
pub(in crate::config) enum RawForm {
    /// `+` and digits.
    E164,
    /// With spaces, dots and hyphens too.
    Separated,
    /// `2026-01-31`.
    Date,
    /// `2026-01-31T12:00:00Z`.
    Instant,
    /// Both.
    Either,
}

/// Which characters a text may hold.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Charset")]
pub(in crate::config) enum RawCharset {
    /// Anything that prints, and line breaks and tabs.
    Lines,
    /// Anything that prints, on one line.
    OneLine,
    /// Printable ASCII.
    Ascii,
    /// A person's name.
    Name,
    /// ASCII letters and digits.
    Alphanumeric,
    /// Lower-case ASCII letters and digits with single hyphens.
    Slug,
    /// What needs no escape in a URL.
    Unreserved,
    /// Hexadecimal digits.
    Hex,
}

/// Two dates that belong together, both in the query or both in a form.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "DateRange")]
pub(in crate::config) struct RawRange {
    /// The field of the first, such as "query.from".
    pub(in crate::config) start: String,
    /// The field of the last, which may not be before it.
    pub(in crate::config) end: String,
    /// The longest span. Unset: any.
    pub(in crate::config) max_span: Option<DurationText>,
    /// Whether they may lie in the future.
    pub(in crate::config) future: bool,
}

impl Default for RawRange {
    fn default() -> Self {
        Self { start: String::new(), end: String::new(), max_span: None, future: true }
    }
}

/// What the schema shows as an example.
pub(super) fn example_range() -> serde_json::Value {
    serde_json::json!([{ "start": "query.from", "end": "query.to", "max_span": "90d" }])
}
