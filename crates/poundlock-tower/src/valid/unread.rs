//! What is told of input that cannot be read into its type.
//!
//! Main functions: [`json`], [`form`] and [`query`]. The messages of readers repeat what they could not read, so only the place
//! and the kind of fault are taken from them.

use super::place;
use crate::Rejection;
use axum::extract::rejection::{FormRejection, JsonRejection, QueryRejection};
use http::StatusCode;
use poundlock_shield::validate::body::BodyError;
use poundlock_shield::validate::openapi::OperationError;
use poundlock_shield::validate::rule::RuleError;
use poundlock_shield::validate::{FieldPath, Issues, Part, Problem, Sentence};
use std::error::Error;
use std::sync::Arc;

pub(super) fn json(error: &JsonRejection) -> Rejection {
    match error {
        JsonRejection::JsonDataError(error) => wrong_type(Part::Body, error),
        JsonRejection::JsonSyntaxError(_) => refused(FieldPath::whole(Part::Body), OperationError::NotJson),
        JsonRejection::MissingJsonContentType(_) => media_type("application/json"),
        other => unreadable(other.status()),
    }
}

pub(super) fn form(error: &FormRejection, part: Part) -> Rejection {
    match error {
        FormRejection::FailedToDeserializeForm(error) => wrong_type(part, error),
        FormRejection::FailedToDeserializeFormBody(error) => wrong_type(part, error),
        FormRejection::InvalidFormContentType(_) => media_type("application/x-www-form-urlencoded"),
        other => unreadable(other.status()),
    }
}

pub(super) fn query(error: &QueryRejection) -> Rejection {
    wrong_type(Part::Query, error)
}

/// A body that did not come, or not all of it.
fn unreadable(status: StatusCode) -> Rejection {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => refused(FieldPath::whole(Part::Body), BodyError::Long),
        _ => Rejection::ClientGone,
    }
}

fn media_type(accepted: &str) -> Rejection {
    refused(FieldPath::whole(Part::Body), OperationError::MediaType(accepted.to_owned()))
}

fn refused(at: FieldPath, problem: impl Into<Problem>) -> Rejection {
    let mut issues = Issues::default();
    issues.add(at, problem);
    Rejection::InvalidRequest(Arc::new(issues))
}

/// The one place where reading into a type ended.
fn wrong_type(part: Part, error: &(dyn Error + 'static)) -> Rejection {
    let (path, message) = cause(error).unwrap_or_default();
    let at = place(part, &path);
    // Names of fields in this message are those of the type.
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match missing {
        Some(name) => refused(at.child(name), RuleError::Missing),
        None if message.starts_with("unknown field") => refused(at, RuleError::Unknown),
        None => refused(at, Sentence::new("must be of the type that is asked for here")),
    }
}

/// The path and the message of the reader, where it is in the chain of causes.
fn cause(error: &(dyn Error + 'static)) -> Option<(String, String)> {
    type Json = serde_path_to_error::Error<serde_json::Error>;
    type Pairs = serde_path_to_error::Error<serde::de::value::Error>;
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(json) = error.downcast_ref::<Json>() {
            return Some((json.path().to_string(), json.inner().to_string()));
        }
        if let Some(pairs) = error.downcast_ref::<Pairs>() {
            return Some((pairs.path().to_string(), pairs.inner().to_string()));
        }
        next = error.source();
    }
    None
}
