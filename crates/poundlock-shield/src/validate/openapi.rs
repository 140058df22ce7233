//! Requests against an OpenAPI document, 3.0 or 3.1.
//!
//! Main types: [`OpenApi`], a compiled document, and [`Operation`], what it says about one kind of request. References stay within the
//! document. Bodies of JSON and of urlencoded forms are checked; those of other types only for being expected. It does not know
//! security schemes, callbacks or responses.

mod body;
mod compile;
mod parameter;
mod template;

use self::{body::Body, parameter::Parameter, template::Template};
use super::{FieldPath, Issues, Part, batch::JsonLimits, pagination::decode, schema::SchemaError};
use serde_json::Value;

/// What to do with query parameters that the document does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unknown {
    /// Let them pass.
    #[default]
    Allowed,
    /// Refuse the request.
    Refused,
}

/// How a document is used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenApiOptions {
    /// What stands before every path of the document, such as `/api/v1`.
    pub base_path: String,
    /// Query parameters that the document does not know.
    pub unknown_query: Unknown,
    /// The limits of JSON bodies.
    pub json: JsonLimits,
}

/// A compiled document.
#[derive(Debug)]
pub struct OpenApi {
    options: OpenApiOptions,
    operations: Vec<Operation>,
}

/// What a document says about requests with one method and path template.
#[derive(Debug)]
pub struct Operation {
    /// In upper case.
    pub method: String,
    /// As in the document.
    pub path: String,
    /// The `operationId`, if there is one.
    pub id: Option<String>,
    template: Template,
    parameters: Vec<Parameter>,
    body: Option<Body>,
}

/// Why a document cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenApiError {
    /// Not an OpenAPI document of a known version.
    #[error("must be an OpenAPI document of version 3.0 or 3.1")]
    Version,
    /// Something missing, misplaced, or a reference to nothing.
    #[error("`{pointer}`: {what}")]
    Document {
        /// A JSON pointer into the document.
        pointer: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A schema of the document.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

/// How a request breaks what an operation says, beyond its schemas.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// A parameter or body that must be there is not.
    #[error("must be given")]
    Missing,
    /// A parameter of one value came more than once.
    #[error("must be given once")]
    Repeated,
    /// A parameter that the document does not know.
    #[error("must not be given here")]
    Unknown,
    /// A path that the document does not know.
    #[error("must be one that the API has")]
    Path,
    /// A path that the document knows with other methods.
    #[error("must be asked for with one of {0}")]
    Method(String),
    /// A parameter that holds JSON holds none.
    #[error("must be JSON")]
    NotJson,
    /// A body of a type that the operation does not take.
    #[error("must have a content type of {0}")]
    MediaType(String),
    /// A body that is not UTF-8 where it must be.
    #[error("must be UTF-8")]
    NotText,
}

/// Why no operation was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// No template matches the path.
    Path,
    /// One does, but not with this method; these are its methods, for `Allow`.
    Method(Vec<String>),
}

/// An operation with the values of its path.
#[derive(Debug)]
pub struct Match<'a> {
    /// The operation.
    pub operation: &'a Operation,
    options: &'a OpenApiOptions,
    path_values: Vec<(&'a str, String)>,
}

/// A request without its path.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestParts<'a> {
    /// Without its `?`.
    pub query: &'a str,
    /// Names in any case, with their values; cookies too.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, if it is there already.
    pub body: Option<&'a [u8]>,
}

impl OpenApi {
    /// Compiles a document.
    ///
    /// # Errors
    /// See [`OpenApiError`]. What is not supported is an error, never ignored: objects as parameters other than in `deepObject` style or
    /// as JSON, and several variables in one path segment.
    pub fn compile(document: &Value, options: OpenApiOptions) -> Result<Self, OpenApiError> {
        let operations = compile::operations(document)?;
        Ok(Self { options, operations })
    }

    /// The operations, in the order of the document.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Finds the operation of a request by its method and its path, percent-encoded as it came. `HEAD` finds that of `GET`; where
    /// several templates match, words go before variables, from left to right.
    ///
    /// # Errors
    /// See [`Miss`].
    pub fn find(&self, method: &str, path: &str) -> Result<Match<'_>, Miss> {
        let inside = path
            .strip_prefix(self.options.base_path.trim_end_matches('/'))
            .filter(|rest| rest.starts_with('/'));
        let segments: Vec<String> = inside.ok_or(Miss::Path)?[1..].split('/').map(decode_segment).collect();
        let matching: Vec<&Operation> =
            self.operations.iter().filter(|operation| operation.template.matches(&segments)).collect();
        let best = matching.iter().map(|operation| operation.template.rank()).max().ok_or(Miss::Path)?;
        let best: Vec<&Operation> =
            matching.into_iter().filter(|operation| operation.template.rank() == best).collect();
        let named = |wanted: &str| {
            best.iter().find(|operation| operation.method.eq_ignore_ascii_case(wanted)).copied()
        };
        let operation =
            named(method).or_else(|| named("GET").filter(|_| method.eq_ignore_ascii_case("HEAD")));
        let operation = operation
            .ok_or_else(|| Miss::Method(best.iter().map(|operation| operation.method.clone()).collect()))?;
        Ok(Match { operation, options: &self.options, path_values: operation.template.values(&segments) })
    }
}

impl Match<'_> {
    /// Checks parameters, and the body if it is there.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn check(&self, request: RequestParts<'_>) -> Result<(), Issues> {
        let mut issues = Issues::default();
        for found in [self.check_parameters(request), self.check_body(request)] {
            found.unwrap_or_else(|found| issues.extend(found));
        }
        issues.into_result()
    }

    /// Checks parameters only.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn check_parameters(&self, request: RequestParts<'_>) -> Result<(), Issues> {
        let mut issues = Issues::default();
        let query = pairs(request.query);
        let cookies = cookies(request.headers);
        for parameter in &self.operation.parameters {
            let values: Vec<(&str, &str)> = match parameter.part {
                Part::Path => self.path_values.iter().map(|(name, value)| (*name, &**value)).collect(),
                Part::Query => query.iter().map(|(name, value)| (&**name, &**value)).collect(),
                Part::Cookie => cookies.clone(),
                _ => request.headers.to_vec(),
            };
            if let Err(found) = parameter.check(&values) {
                issues.extend(found);
            }
        }
        self.check_unknown(&query, &mut issues);
        issues.into_result()
    }

    fn check_unknown(&self, query: &[(String, String)], issues: &mut Issues) {
        if self.options.unknown_query == Unknown::Allowed {
            return;
        }
        let known = |name: &str| {
            self.operation.parameters.iter().any(|parameter| parameter.is_named(Part::Query, name))
        };
        for (name, _) in query.iter().filter(|(name, _)| !known(name)) {
            issues.add(FieldPath::field(Part::Query, name), OperationError::Unknown);
        }
    }

    /// Checks the body, or its absence.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn check_body(&self, request: RequestParts<'_>) -> Result<(), Issues> {
        let Some(body) = &self.operation.body else { return Ok(()) };
        let content_type = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        body.check(content_type.map(|(_, value)| *value), request.body, self.options.json)
    }
}

fn decode_segment(segment: &str) -> String {
    // A plus is itself in a path.
    String::from_utf8_lossy(&decode(segment.replace('+', "%2B").as_bytes())).into_owned()
}

/// The names and values of a query or an urlencoded form.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    let text = |text: &str| String::from_utf8_lossy(&decode(text.as_bytes())).into_owned();
    let segments = query.split('&').filter(|segment| !segment.is_empty());
    segments
        .map(|segment| segment.split_once('=').unwrap_or((segment, "")))
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

pub(super) fn cookies<'a>(headers: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let lines = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
    lines.flat_map(|(_, line)| line.split(';')).filter_map(|pair| pair.trim().split_once('=')).collect()
}

#[cfg(test)]
mod tests;
