//! What is wrong with an input, and where.
//!
//! Main types: [`FieldPath`], [`Issue`] and [`Issues`]. None of them repeats the value of a field, so that an answer made
//! from them cannot carry an attack back; they do not know how an answer is written.

use super::{
    batch::{FormProblem, JsonProblem},
    body::BodyError,
    choice::ChoiceError,
    date::{DateError, RangeError},
    email::EmailError,
    identifier::IdentifierError,
    multipart::MultipartError,
    number::IntegerError,
    openapi::OperationError,
    pagination::PageError,
    phone::PhoneError,
    rule::RuleError,
    schema::SchemaViolation,
    text::TextError,
    upload::UploadError,
    url::UrlError,
    uuid::UuidError,
};
use std::fmt;

/// The most issues that are kept for one input. What is beyond is counted.
pub const MAX_ISSUES: usize = 32;
/// The longest pointer of a [`FieldPath`], in bytes.
pub const MAX_POINTER_BYTES: usize = 512;

/// The part of a request that a field is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A segment of the path that a route has named.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// The body.
    Body,
}

impl Part {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Body => "body",
        }
    }
}

/// A place in a request: a part of it and a JSON pointer (RFC 6901) into that part.
///
/// Names come from the client, so they are bounded and hold no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath {
    /// The part.
    pub part: Part,
    pointer: String,
}

impl FieldPath {
    /// The whole of a part.
    #[must_use]
    pub fn whole(part: Part) -> Self {
        Self { part, pointer: String::new() }
    }

    /// A field of a part.
    #[must_use]
    pub fn field(part: Part, name: &str) -> Self {
        Self::whole(part).child(name)
    }

    /// A place that a JSON pointer names already.
    #[must_use]
    pub fn pointing(part: Part, pointer: &str) -> Self {
        Self::whole(part).join(pointer)
    }

    /// A member of this object or an item of this array.
    #[must_use]
    pub fn child(mut self, name: &str) -> Self {
        push_bounded(&mut self.pointer, "/");
        let escaped = name.replace('~', "~0").replace('/', "~1");
        push_bounded(&mut self.pointer, &escaped);
        self
    }

    /// What a JSON pointer names from here.
    #[must_use]
    pub fn join(mut self, pointer: &str) -> Self {
        push_bounded(&mut self.pointer, pointer);
        self
    }

    /// The JSON pointer; empty for the whole part.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }
}

/// Adds what still fits, with control characters, separators and bidi marks made visible.
fn push_bounded(pointer: &mut String, text: &str) {
    for c in text.chars() {
        let c = if crate::sanitize::is_unprintable(c) { char::REPLACEMENT_CHARACTER } else { c };
        if pointer.len() + c.len_utf8() > MAX_POINTER_BYTES {
            return;
        }
        pointer.push(c);
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.part.as_str(), self.pointer)
    }
}

/// What is wrong with a field. Each kind belongs to one validator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
#[allow(missing_docs, reason = "each variant is the error of the validator it is named after")]
pub enum Problem {
    Email(#[from] EmailError),
    Url(#[from] UrlError),
    Phone(#[from] PhoneError),
    Uuid(#[from] UuidError),
    Date(#[from] DateError),
    Range(#[from] RangeError),
    Integer(#[from] IntegerError),
    Choice(#[from] ChoiceError),
    Text(#[from] TextError),
    Identifier(#[from] IdentifierError),
    Page(#[from] PageError),
    Json(#[from] JsonProblem),
    Form(#[from] FormProblem),
    Upload(#[from] UploadError),
    Schema(#[from] SchemaViolation),
    Operation(#[from] OperationError),
    Rule(#[from] RuleError),
    Body(#[from] BodyError),
    Multipart(#[from] MultipartError),
    Custom(#[from] Sentence),
}

/// What an application says of a value, in its own words. They are its own to choose, so they must not repeat the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Sentence(String);

/// The longest [`Sentence`], in bytes.
const MAX_SENTENCE_BYTES: usize = 200;

impl Sentence {
    /// A sentence on one line, cut to 200 bytes.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(crate::sanitize::log_safe(text, MAX_SENTENCE_BYTES).into_owned())
    }
}

/// One problem and its place. Its text is a sentence for the client: `query/page: must be at least 1`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct Issue {
    /// Where.
    pub path: FieldPath,
    /// What.
    pub problem: Problem,
}

/// Everything that is wrong with an input, in the order in which it was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Issues {
    kept: Vec<Issue>,
    dropped: usize,
}

impl Issues {
    /// Keeps an issue, or counts it if [`MAX_ISSUES`] are kept.
    pub fn add(&mut self, path: FieldPath, problem: impl Into<Problem>) {
        match self.kept.len() < MAX_ISSUES {
            true => self.kept.push(Issue { path, problem: problem.into() }),
            false => self.dropped += 1,
        }
    }

    /// Adds all of another list.
    pub fn extend(&mut self, other: Self) {
        self.dropped += other.dropped;
        for issue in other.kept {
            self.add(issue.path, issue.problem);
        }
    }

    /// Those that are kept.
    #[must_use]
    pub fn as_slice(&self) -> &[Issue] {
        &self.kept
    }

    /// How many were found beyond those that are kept.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// `Ok` if there are none.
    ///
    /// # Errors
    /// The issues, if there are any.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl std::error::Error for Issues {}

impl fmt::Display for Issues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, issue) in self.kept.iter().enumerate() {
            write!(f, "{}{issue}", if n == 0 { "" } else { "; " })?;
        }
        if self.dropped > 0 {
            write!(f, "; and {} more", self.dropped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_escapes_and_bounds_what_the_client_named() {
        let path = FieldPath::field(Part::Body, "a/b~c").child("x\r\n\u{202e}y");
        assert_eq!(path.to_string(), "body/a~1b~0c/x\u{fffd}\u{fffd}\u{fffd}y");
        let long = FieldPath::field(Part::Query, &"é".repeat(1_000));
        assert_eq!(long.pointer().len(), MAX_POINTER_BYTES - 1);
    }

    #[test]
    fn issues_beyond_the_limit_are_counted() {
        let mut issues = Issues::default();
        for _ in 0..MAX_ISSUES + 3 {
            issues.add(FieldPath::field(Part::Query, "a"), EmailError::NoAt);
        }
        let mut twice = issues.clone();
        twice.extend(issues);
        assert_eq!((twice.as_slice().len(), twice.dropped()), (MAX_ISSUES, MAX_ISSUES + 6));
        assert!(twice.to_string().ends_with("; and 38 more"));
        assert!(Issues::default().into_result().is_ok() && twice.into_result().is_err());
    }
}
