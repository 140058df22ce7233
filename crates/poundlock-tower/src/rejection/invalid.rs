//! How what is not valid looks to a client: a list of places and sentences, without a value of the request.
//!
//! Main items: [`row`] and [`push_errors`]. The list is bounded by `poundlock-shield`'s `MAX_ISSUES`.

use super::{Side, quote};
use poundlock_shield::validate::batch::{FormKind, FormProblem, JsonKind};
use poundlock_shield::validate::body::BodyError;
use poundlock_shield::validate::openapi::OperationError;
use poundlock_shield::validate::upload::UploadError;
use poundlock_shield::validate::{Issue, Issues, Part, Problem};
use std::fmt::Write;

/// What kind of fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Values are not what they must be.
    Values,
    /// A body that cannot be parsed.
    Unreadable,
    /// More bytes than are accepted.
    TooLarge,
    /// A type of content that is not accepted.
    MediaType,
}

/// The row of the table of rejections: status, side, slug and title.
pub(super) fn row(issues: &Issues) -> (u16, Side, &'static str, &'static str) {
    let (status, slug, title) = match kind(issues) {
        Kind::Values => (422, "invalid-request", "The request is not valid"),
        Kind::Unreadable => (400, "unreadable-body", "The request body cannot be read"),
        Kind::TooLarge => (413, "input-too-large", "An input is too large"),
        Kind::MediaType => (415, "unsupported-media-type", "This type of content is not accepted"),
    };
    (status, Side::Downstream, slug, title)
}

/// The kind of all issues if it is the same for all, else that of values.
fn kind(issues: &Issues) -> Kind {
    let mut kinds = issues.as_slice().iter().map(of);
    let first = kinds.next().unwrap_or(Kind::Values);
    if kinds.all(|kind| kind == first) { first } else { Kind::Values }
}

fn of(issue: &Issue) -> Kind {
    match &issue.problem {
        Problem::Body(BodyError::Bomb | BodyError::Long)
        | Problem::Form(FormProblem { kind: FormKind::Bytes(_), .. }) => Kind::TooLarge,
        Problem::Body(BodyError::Coding) => Kind::MediaType,
        Problem::Body(BodyError::Broken | BodyError::Ambiguous) | Problem::Multipart(_) => Kind::Unreadable,
        Problem::Operation(OperationError::NotJson) if issue.path.part == Part::Body => Kind::Unreadable,
        Problem::Json(problem) => match problem.kind {
            JsonKind::Syntax | JsonKind::Unfinished | JsonKind::Utf8 | JsonKind::Surrogate => {
                Kind::Unreadable
            }
            JsonKind::Bytes(_) => Kind::TooLarge,
            _ => Kind::Values,
        },
        Problem::Upload(UploadError::TooLarge(_)) => Kind::TooLarge,
        Problem::Upload(
            UploadError::Extension(_)
            | UploadError::Declared(_)
            | UploadError::Content(_)
            | UploadError::Program(_),
        )
        | Problem::Operation(OperationError::MediaType(_)) => Kind::MediaType,
        Problem::Operation(OperationError::NotText) => Kind::Unreadable,
        _ => Kind::Values,
    }
}

/// Appends `,"errors":[{"in","pointer","detail"}…]`, and how many more there are.
pub(super) fn push_errors(text: &mut String, issues: &Issues) {
    text.push_str(",\"errors\":[");
    for (n, issue) in issues.as_slice().iter().enumerate() {
        text.push_str(if n == 0 { "{\"in\":" } else { ",{\"in\":" });
        quote(text, issue.path.part.as_str());
        text.push_str(",\"pointer\":");
        quote(text, issue.path.pointer());
        text.push_str(",\"detail\":");
        quote(text, &issue.problem.to_string());
        text.push('}');
    }
    text.push(']');
    if issues.dropped() > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, ",\"more_errors\":{}", issues.dropped());
    }
}
