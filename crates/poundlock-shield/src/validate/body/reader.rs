//! Who reads a body: chosen by what rules ask, and by what the body is declared to be.
//!
//! Main type: [`Reader`].

use super::super::{
    FieldPath, Issues, Part, Problem, RequestHead, RouteRules,
    batch::{FormChecker, JsonChecker, JsonKind, JsonLimits, JsonProblem},
    openapi::{OperationError, pairs},
    pagination::decode,
    rule::{Input, Presence, Sizes, Target},
    upload::{FileKind, UploadInspector, UploadRule},
};
use super::{about_body, form::FormReader, media_type};
use jiff::Timestamp;
use std::sync::Arc;

/// What reads a body.
#[derive(Debug)]
pub(super) enum Reader {
    /// No rule is about it.
    Nothing,
    /// It is not accepted, whatever is in it.
    Refused(Issues),
    Json(Box<JsonChecker>, Whole),
    Urlencoded(Box<FormChecker>, Whole),
    Multipart(Box<FormReader>),
    File(Box<UploadInspector<Arc<UploadRule>>>),
}

/// The bytes that came so far, where they are asked for as a whole.
#[derive(Debug, Default)]
pub(super) struct Whole(Option<Vec<u8>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Json,
    Urlencoded,
    Multipart,
    Other,
}

impl Reader {
    pub(super) fn refused(problem: impl Into<Problem>) -> Self {
        Self::Refused(about_body(problem))
    }

    pub(super) fn choose(rules: &RouteRules, head: &RequestHead<'_>, content_type: Option<&str>) -> Self {
        let (json, form) = (rules.wants_json(), rules.wants_form());
        let described = rules.openapi.is_some();
        let sizes = rules.sizes == Sizes::Always;
        let rule = rules.upload.as_ref();
        match (type_of(content_type), rule) {
            (Type::Json | Type::Other, Some(rule)) if head.method.eq_ignore_ascii_case("PUT") => {
                file(rule, head, content_type)
            }
            (Type::Json, _) if json || described || sizes => Self::json(rules, json || described),
            (Type::Urlencoded, _) if form || described || sizes => Self::urlencoded(rules, form || described),
            (Type::Multipart, rule) if form || sizes || rule.is_some() => {
                let reader = FormReader::new(rules, content_type.unwrap_or_default());
                reader.map_or_else(Self::refused, |reader| Self::Multipart(Box::new(reader)))
            }
            (Type::Other, Some(rule)) => file(rule, head, content_type),
            // Rules that are about bodies of another type would not be asked: whoever sends such a one escaped them.
            _ if (json || form) && !described => Self::Refused(media_type(match (json, form) {
                (true, true) => "application/json, application/x-www-form-urlencoded, multipart/form-data",
                (true, false) => "application/json",
                _ => "application/x-www-form-urlencoded, multipart/form-data",
            })),
            _ => Self::Nothing,
        }
    }

    fn json(rules: &RouteRules, whole: bool) -> Self {
        // Where a tree is made of it, its parser has a limit of its own.
        let depth = rules.json.depth.min(MAX_DEPTH);
        let checker = JsonChecker::new(JsonLimits { depth, ..rules.json });
        Self::Json(Box::new(checker), Whole(whole.then(Vec::new)))
    }

    fn urlencoded(rules: &RouteRules, whole: bool) -> Self {
        Self::Urlencoded(Box::new(FormChecker::new(rules.form)), Whole(whole.then(Vec::new)))
    }

    pub(super) fn feed(&mut self, rules: &RouteRules, chunk: &[u8]) -> Result<(), Issues> {
        match self {
            Self::Nothing => Ok(()),
            Self::Refused(issues) => Err(issues.clone()),
            Self::Json(checker, whole) => {
                checker.feed(chunk).map_err(|problem| at(checker.place(), problem))?;
                whole.keep(chunk, rules.whole_bytes)
            }
            Self::Urlencoded(checker, whole) => {
                checker.feed(chunk).map_err(about_body)?;
                whole.keep(chunk, rules.whole_bytes)
            }
            Self::Multipart(form) => form.feed(chunk),
            Self::File(inspector) => inspector.feed(chunk),
        }
    }

    /// Checks the body as a whole, and gives it back where it was kept.
    pub(super) fn finish(self, rules: &RouteRules, now: Timestamp) -> Result<Option<Vec<u8>>, Issues> {
        match self {
            Self::Nothing => Ok(None),
            Self::Refused(issues) => Err(issues),
            Self::Json(mut checker, Whole(whole)) => {
                checker.finish().map_err(|problem| at(checker.place(), problem))?;
                if let Some(body) = whole.as_ref().filter(|_| rules.wants_json()) {
                    rules.check_json(body, now)?;
                }
                Ok(whole)
            }
            Self::Urlencoded(mut checker, Whole(whole)) => {
                checker.finish().map_err(about_body)?;
                if let Some(body) = whole.as_ref().filter(|_| rules.wants_form()) {
                    let text = std::str::from_utf8(body).map_err(|_| about_body(OperationError::NotText))?;
                    rules.check_form(&pairs(text), now)?;
                }
                Ok(whole)
            }
            Self::Multipart(form) => form.finish(|fields| rules.check_form(fields, now)).map(|()| None),
            Self::File(inspector) => inspector.finish().map(|_| None),
        }
    }
}

/// The deepest JSON that is read here.
const MAX_DEPTH: usize = 127;

impl Whole {
    fn keep(&mut self, chunk: &[u8], most: usize) -> Result<(), Issues> {
        let Some(bytes) = &mut self.0 else { return Ok(()) };
        if bytes.len() + chunk.len() > most {
            let kind = JsonKind::Bytes(most as u64);
            return Err(about_body(JsonProblem { at: most as u64, kind }));
        }
        bytes.extend_from_slice(chunk);
        Ok(())
    }
}

impl RouteRules {
    /// Whether a rule may be about a body of some type.
    pub(super) fn wants_body(&self) -> bool {
        self.wants_json()
            || self.wants_form()
            || self.upload.is_some()
            || self.openapi.is_some()
            || self.sizes == Sizes::Always
    }

    fn wants_json(&self) -> bool {
        self.schema.is_some() || self.fields.iter().any(|rule| matches!(rule.target, Target::Json(_)))
    }

    fn wants_form(&self) -> bool {
        self.asks_for(|part| part == Part::Body)
    }

    /// Whether a field of a body must be there.
    pub(super) fn asks_for_body_field(&self) -> bool {
        self.fields.iter().filter(|rule| rule.presence == Presence::Required).any(|rule| match &rule.target {
            Target::Json(_) => true,
            Target::Named(part, _) => *part == Part::Body,
        })
    }

    fn check_form(&self, fields: &[(String, String)], now: Timestamp) -> Result<(), Issues> {
        let mut issues = Issues::default();
        if self.wants_form() {
            let input = |(name, value)| Input { part: Part::Body, name, value };
            let inputs: Vec<Input<'_>> =
                fields.iter().map(|(name, value)| input((&**name, &**value))).collect();
            self.check_values_in(|part| part == Part::Body, &inputs, now, &mut issues);
        }
        issues.into_result()
    }
}

fn at(place: FieldPath, problem: JsonProblem) -> Issues {
    let mut issues = Issues::default();
    issues.add(place, problem);
    issues
}

/// The body itself as a file. Its name is the last one in the path, or made up from the declared type where that has no
/// extension.
fn file(rule: &Arc<UploadRule>, head: &RequestHead<'_>, content_type: Option<&str>) -> Reader {
    let last = head.path.rsplit('/').next().unwrap_or_default().replace('+', "%2B");
    let name = String::from_utf8_lossy(&decode(last.as_bytes())).into_owned();
    let name = match content_type.and_then(|declared| declared_kind(rule, declared)) {
        Some(kind) if !name.contains('.') => format!("upload.{}", kind.extensions()[0]),
        _ => name,
    };
    let path = FieldPath::whole(Part::Body);
    Reader::File(Box::new(UploadInspector::new(rule.clone(), path, &name, content_type)))
}

/// The kind that a type stands for; the type for unknown bytes stands for none.
fn declared_kind(rule: &UploadRule, declared: &str) -> Option<FileKind> {
    let unknown = essence(declared) == "application/octet-stream";
    rule.kinds.iter().copied().find(|kind| !unknown && kind.may_be_declared(declared))
}

fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn type_of(content_type: Option<&str>) -> Type {
    match &*essence(content_type.unwrap_or_default()) {
        "application/json" | "text/json" => Type::Json,
        json if json.ends_with("+json") => Type::Json,
        "application/x-www-form-urlencoded" => Type::Urlencoded,
        "multipart/form-data" => Type::Multipart,
        _ => Type::Other,
    }
}
