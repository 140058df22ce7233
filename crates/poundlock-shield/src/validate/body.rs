//! A body against the rules of its route, in chunks.
//!
//! Main type: [`BodyCheck`]. What no rule asks about is not read; what a rule asks about in whole is kept, to a limit. It does
//! not know where the bytes go, or what is to follow from an issue.

mod form;
mod reader;

use super::{FieldPath, Issues, Part, RequestHead, RouteRules, openapi::OperationError, rule::RuleError};
use crate::locate::{Coding, Inflate};
use jiff::Timestamp;
use reader::Reader;
use std::ops::Deref;

/// What is wrong with a body before its format is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// A content coding that is not known, or several.
    #[error("must have no content coding other than gzip, deflate or br")]
    Coding,
    /// A content coding that cannot be undone.
    #[error("must be in the content coding that it declares")]
    Broken,
    /// It becomes more than is looked at when its coding is undone.
    #[error("must not become so large when its content coding is undone")]
    Bomb,
    /// Longer than whoever reads it allows.
    #[error("must not be so long")]
    Long,
    /// Two `Content-Type` or `Content-Encoding` headers.
    #[error("must declare its type once")]
    Ambiguous,
}

/// A body that is being read, by rules that are borrowed or shared. The first problem ends it.
#[derive(Debug)]
pub struct BodyCheck<R> {
    rules: R,
    facts: Facts,
    inflate: Option<Box<Inflate>>,
    reader: Reader,
    bytes: u64,
}

/// What the head says that is asked for at the end.
#[derive(Debug)]
struct Facts {
    method: String,
    path: String,
    content_type: Option<String>,
}

impl<R: Deref<Target = RouteRules>> BodyCheck<R> {
    /// At the beginning of the body of a request with this head.
    #[must_use]
    pub fn new(rules: R, head: &RequestHead<'_>) -> Self {
        let (content_type, coding) = (head.only("content-type"), head.only("content-encoding"));
        let coding = coding.map(|value| Coding::read(value.map(str::as_bytes)));
        let reader = match (content_type, coding) {
            (Ok(content_type), Ok(coding)) => match Reader::choose(&rules, head, content_type) {
                Reader::Nothing => Reader::Nothing,
                _ if coding == Coding::Other => Reader::refused(BodyError::Coding),
                reader => reader,
            },
            _ if rules.wants_body() => Reader::refused(BodyError::Ambiguous),
            _ => Reader::Nothing,
        };
        let inflate = coding
            .ok()
            .filter(|coding| *coding != Coding::Identity)
            .map(|coding| Box::new(Inflate::new(coding)));
        let (method, path) = (head.method.to_owned(), head.path.to_owned());
        let content_type = content_type.ok().flatten().map(str::to_owned);
        Self { rules, facts: Facts { method, path, content_type }, inflate, reader, bytes: 0 }
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// The first problem; the body need not be read any further.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), Issues> {
        self.bytes += chunk.len() as u64;
        if chunk.is_empty() || matches!(self.reader, Reader::Nothing) {
            return Ok(());
        }
        let Self { inflate, reader, rules, .. } = self;
        let Some(inflate) = inflate else { return reader.feed(rules, chunk) };
        let mut fed = Ok(());
        let inflated = inflate.feed(chunk, |plain| {
            if fed.is_ok() {
                fed = reader.feed(rules, plain);
            }
        });
        fed?;
        inflated.map_err(|oddity| match oddity.rule {
            "inflate-bomb" | "zip-bomb" => about_body(BodyError::Bomb),
            _ => about_body(BodyError::Broken),
        })
    }

    /// Ends the body, or says that there is none.
    ///
    /// # Errors
    /// Everything that is wrong with it as a whole.
    pub fn finish(self, now: Timestamp) -> Result<(), Issues> {
        let Self { rules, facts, reader, bytes, .. } = self;
        let mut issues = Issues::default();
        let whole = if bytes == 0 {
            rules.check_absence(&facts.method, &mut issues);
            None
        } else {
            reader.finish(&rules, now)?
        };
        if let Err(found) = rules.check_described(&facts, whole.as_deref(), bytes) {
            issues.extend(found);
        }
        issues.into_result()
    }
}

impl RouteRules {
    /// Says what is missing when there is no body. Requests that are sent without one by their nature are asked for nothing.
    fn check_absence(&self, method: &str, issues: &mut Issues) {
        let brings_one = ["POST", "PUT", "PATCH"].iter().any(|known| known.eq_ignore_ascii_case(method));
        let asked = self.schema.is_some() || self.asks_for_body_field();
        if brings_one && asked {
            issues.add(FieldPath::whole(Part::Body), RuleError::Missing);
        }
    }

    /// Checks the body as the document describes it: its type, and what is in it if it was kept.
    fn check_described(&self, facts: &Facts, whole: Option<&[u8]>, bytes: u64) -> Result<(), Issues> {
        let Some(openapi) = &self.openapi else { return Ok(()) };
        // Who has no operation was told so by its head.
        let Ok(operation) = openapi.find(&facts.method, &facts.path) else { return Ok(()) };
        let header = facts.content_type.as_deref().map(|value| ("content-type", value));
        // What is not kept has a type that is not read: any byte stands for it.
        let body = whole.or((bytes > 0).then_some(b" "));
        operation.check_body(super::openapi::RequestParts { query: "", headers: header.as_slice(), body })
    }
}

/// One issue with the body as a whole.
fn about_body(problem: impl Into<super::Problem>) -> Issues {
    let mut issues = Issues::default();
    issues.add(FieldPath::whole(Part::Body), problem);
    issues
}

fn media_type(accepted: &str) -> Issues {
    about_body(OperationError::MediaType(accepted.to_owned()))
}

#[cfg(test)]
mod tests;
