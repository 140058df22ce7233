//! The head of a request against the rules of its route.
//!
//! Main type: [`RequestHead`], with [`RouteRules::check_head`]. It does not know bodies.

use super::{
    FieldPath, Issues, Part, RouteRules,
    openapi::{Miss, OperationError, RequestParts, Unknown, cookies, pairs},
    rule::{Input, Target},
};
use jiff::Timestamp;

/// What rules are asked about before a body has come.
#[derive(Debug, Clone, Copy)]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, percent-encoded as it came.
    pub path: &'a str,
    /// Without its `?`.
    pub query: &'a str,
    /// Names in any case, with their values; cookies too.
    pub headers: &'a [(&'a str, &'a str)],
}

impl<'a> RequestHead<'a> {
    /// The value of a header that is there once.
    ///
    /// # Errors
    /// It is there more often, and who reads the request next may take any of them.
    pub(super) fn only(&self, name: &str) -> Result<Option<&'a str>, ()> {
        let mut values = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(()),
            (first, None) => Ok(first.map(|(_, value)| *value)),
        }
    }

    pub(super) fn parts<'b>(&self, body: Option<&'b [u8]>) -> RequestParts<'b>
    where
        'a: 'b,
    {
        RequestParts { query: self.query, headers: self.headers, body }
    }
}

impl RouteRules {
    /// Checks everything that stands before the body: query, headers, cookies, pages, and what a document says of them.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn check_head(&self, head: &RequestHead<'_>, now: Timestamp) -> Result<(), Issues> {
        let mut issues = Issues::default();
        if self.asks_for(|part| part != Part::Body) || self.unknown == Unknown::Refused {
            self.check_named(head, now, &mut issues);
        }
        if let Err(found) = self.apply_pagination(head.query) {
            issues.extend(found);
        }
        if let Some(openapi) = &self.openapi {
            let checked = match openapi.find(head.method, head.path) {
                Ok(found) => found.check_parameters(head.parts(None)),
                Err(miss) => Err(missed(miss)),
            };
            checked.unwrap_or_else(|found| issues.extend(found));
        }
        issues.into_result()
    }

    fn check_named(&self, head: &RequestHead<'_>, now: Timestamp, issues: &mut Issues) {
        let query = pairs(head.query);
        let query = query.iter().map(|(name, value)| (Part::Query, &**name, &**value));
        let headers = head.headers.iter().map(|(name, value)| (Part::Header, *name, *value));
        let cookies = cookies(head.headers);
        let cookies = cookies.iter().map(|(name, value)| (Part::Cookie, *name, *value));
        let all = query.chain(headers).chain(cookies);
        let inputs: Vec<Input<'_>> = all.map(|(part, name, value)| Input { part, name, value }).collect();
        self.check_values_in(|part| part != Part::Body, &inputs, now, issues);
    }

    /// Whether a field or a range is in one of these parts.
    pub(super) fn asks_for(&self, part_counts: impl Fn(Part) -> bool) -> bool {
        let named = |target: &Target| matches!(target, Target::Named(part, _) if part_counts(*part));
        self.fields.iter().any(|rule| named(&rule.target))
            || self.ranges.iter().any(|range| part_counts(range.part))
    }
}

fn missed(miss: Miss) -> Issues {
    let mut issues = Issues::default();
    issues.add(
        FieldPath::whole(Part::Path),
        match miss {
            Miss::Path => OperationError::Path,
            Miss::Method(methods) => OperationError::Method(methods.join(", ")),
        },
    );
    issues
}
