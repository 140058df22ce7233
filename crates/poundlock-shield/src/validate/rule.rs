//! What one route asks of its inputs.
//!
//! Main type: [`RouteRules`], the model that configuration is mapped onto. It knows values that somebody else has taken out of a
//! request and decoded, and JSON bodies; it does not know requests, and changes nothing but the query of a page.

mod check;
mod pointer;

pub use check::FieldCheck;
pub use pointer::{Pointer, PointerError};

use super::{
    FieldPath, Issues, Part, Problem,
    batch::{FormLimits, JsonLimits},
    date::{Moment, RangeRule},
    openapi::{OpenApi, Unknown},
    pagination::Pagination,
    schema::{Schema, parse},
    upload::UploadRule,
};
use jiff::Timestamp;
use serde_json::Value;
use std::{borrow::Cow, sync::Arc};

/// Which field a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A value with a name: of the path, the query, a header, a cookie, or a form (which is in [`Part::Body`]).
    Named(Part, String),
    /// Members of a JSON body.
    Json(Pointer),
}

/// Whether a field must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Presence {
    /// It may be missing.
    #[default]
    Optional,
    /// It must be there.
    Required,
}

/// How often a name may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Times {
    /// Once: of two, an upstream may take either.
    #[default]
    Once,
    /// Any number of times; each is checked.
    Many,
}

/// A rule for one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRule {
    /// Which field.
    pub target: Target,
    /// Whether it must be there.
    pub presence: Presence,
    /// How often.
    pub times: Times,
    /// What it must be.
    pub check: FieldCheck,
    /// Values that pass whatever the check says, exactly as written: the way to relax a rule that is too strict for one value.
    pub allow: Vec<String>,
}

/// A rule for two dates that belong together. What each must be by itself is in [`RangeRule::ends`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeFields {
    /// The part both are in.
    pub part: Part,
    /// The name of the first.
    pub start: String,
    /// The name of the last.
    pub end: String,
    /// What they must be. If one of them is missing, only the other is checked.
    pub rule: RangeRule,
}

/// Everything that one route asks of its inputs. The default asks for nothing but sane sizes.
#[derive(Debug, Clone)]
pub struct RouteRules {
    /// Fields one by one.
    pub fields: Vec<FieldRule>,
    /// Dates two by two.
    pub ranges: Vec<RangeFields>,
    /// Names in the query and in forms that no rule is about.
    pub unknown: Unknown,
    /// Pages of a list.
    pub pagination: Option<Pagination>,
    /// Sizes of JSON bodies.
    pub json: JsonLimits,
    /// Sizes of forms.
    pub form: FormLimits,
    /// Files in forms; without a rule, files are not looked at.
    pub upload: Option<Arc<UploadRule>>,
    /// What a JSON body must be as a whole.
    pub schema: Option<Arc<Schema>>,
    /// What the document of an API says.
    pub openapi: Option<Arc<OpenApi>>,
    /// Which bodies must keep to the sizes.
    pub sizes: Sizes,
    /// The most bytes of a body that is read as a whole, for its fields or a schema. They are kept in memory until it ends.
    pub whole_bytes: usize,
}

/// Which bodies [`RouteRules::json`] and [`RouteRules::form`] are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sizes {
    /// Those that another rule has to read.
    #[default]
    WhereRead,
    /// All of them.
    Always,
}

/// [`RouteRules::whole_bytes`], when nothing else is said.
pub const DEFAULT_WHOLE_BYTES: usize = 1 << 20;

impl Default for RouteRules {
    fn default() -> Self {
        Self {
            fields: Vec::new(),
            ranges: Vec::new(),
            unknown: Unknown::default(),
            pagination: None,
            json: JsonLimits::default(),
            form: FormLimits::default(),
            upload: None,
            schema: None,
            openapi: None,
            sizes: Sizes::default(),
            whole_bytes: DEFAULT_WHOLE_BYTES,
        }
    }
}

/// A value of a request, decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input<'a> {
    /// Where it is.
    pub part: Part,
    /// Its name.
    pub name: &'a str,
    /// The value.
    pub value: &'a str,
}

/// How a field breaks a rule before its value is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It is not there.
    #[error("must be given")]
    Missing,
    /// It is there more than once.
    #[error("must be given once")]
    Repeated,
    /// No rule is about it.
    #[error("must not be given here")]
    Unknown,
    /// Not text, or not a whole number where one is asked for.
    #[error("must be {0}")]
    Type(&'static str),
}

impl RouteRules {
    /// Checks the named values of a request.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn check_values(&self, inputs: &[Input<'_>], now: Timestamp) -> Result<(), Issues> {
        let mut issues = Issues::default();
        self.check_values_in(|_| true, inputs, now, &mut issues);
        issues.into_result()
    }

    /// Checks what is in some parts of a request.
    pub(super) fn check_values_in(
        &self,
        part_counts: impl Fn(Part) -> bool,
        inputs: &[Input<'_>],
        now: Timestamp,
        issues: &mut Issues,
    ) {
        for rule in &self.fields {
            if let Target::Named(part, name) = &rule.target
                && part_counts(*part)
            {
                let values: Vec<&str> = named(inputs, *part, name).collect();
                rule.check_values(&FieldPath::field(*part, name), &values, now, issues);
            }
        }
        for range in self.ranges.iter().filter(|range| part_counts(range.part)) {
            range.check(inputs, now, issues);
        }
        if self.unknown == Unknown::Refused {
            for input in inputs.iter().filter(|input| part_counts(input.part) && !self.knows(input)) {
                issues.add(FieldPath::field(input.part, input.name), RuleError::Unknown);
            }
        }
    }

    /// Checks the pages that a query asks for, and returns the query to send on.
    ///
    /// # Errors
    /// See [`Pagination::apply`].
    pub fn apply_pagination<'q>(&self, query: &'q str) -> Result<Cow<'q, str>, Issues> {
        self.pagination.as_ref().map_or(Ok(Cow::Borrowed(query)), |pagination| pagination.apply(query))
    }

    /// Checks a JSON body: its size and form, the schema, the fields.
    ///
    /// # Errors
    /// What is wrong with it as JSON, or else everything that is wrong with its values.
    pub fn check_json(&self, body: &[u8], now: Timestamp) -> Result<Value, Issues> {
        let value = parse(body, self.json)?;
        let mut issues = Issues::default();
        if let Some(Err(found)) =
            self.schema.as_ref().map(|schema| schema.check(&FieldPath::whole(Part::Body), &value))
        {
            issues.extend(found);
        }
        for rule in &self.fields {
            if let Target::Json(pointer) = &rule.target {
                pointer.each(&value, &mut |path, member| rule.check_member(path, member, now, &mut issues));
            }
        }
        issues.into_result().map(|()| value)
    }

    /// Whether a rule is about a value. Names of headers and cookies come from everywhere, and are never unknown.
    fn knows(&self, input: &Input<'_>) -> bool {
        let listed = !matches!(input.part, Part::Query | Part::Body);
        let about = |target: &Target| matches!(target, Target::Named(part, name) if *part == input.part && name == input.name);
        let ruled = self.fields.iter().any(|rule| about(&rule.target));
        let range = self
            .ranges
            .iter()
            .any(|range| range.part == input.part && [&*range.start, &*range.end].contains(&input.name));
        let page = |pagination: &Pagination| {
            pagination.parameters.iter().any(|parameter| parameter.name == input.name)
        };
        listed || ruled || range || (input.part == Part::Query && self.pagination.as_ref().is_some_and(page))
    }
}

fn named<'a>(inputs: &'a [Input<'_>], part: Part, name: &'a str) -> impl Iterator<Item = &'a str> {
    let same = move |input: &&Input<'_>| match part {
        Part::Header => input.name.eq_ignore_ascii_case(name),
        _ => input.name == name,
    };
    inputs.iter().filter(move |input| input.part == part).filter(same).map(|input| input.value)
}

impl FieldRule {
    /// A rule for an optional field.
    #[must_use]
    pub fn new(target: Target, check: FieldCheck) -> Self {
        Self { target, presence: Presence::Optional, times: Times::Once, check, allow: Vec::new() }
    }

    fn check_values(&self, path: &FieldPath, values: &[&str], now: Timestamp, issues: &mut Issues) {
        match (values.len(), self.presence, self.times) {
            (0, Presence::Required, _) => issues.add(path.clone(), RuleError::Missing),
            (2.., _, Times::Once) => issues.add(path.clone(), RuleError::Repeated),
            _ => values.iter().for_each(|value| self.keep(path, self.check_text(value, now), issues)),
        }
    }

    /// Checks a member of a JSON body, or that it may be missing. `null` is as good as missing.
    fn check_member(&self, path: FieldPath, member: Option<&Value>, now: Timestamp, issues: &mut Issues) {
        match member.filter(|member| !member.is_null()) {
            None if self.presence == Presence::Required => issues.add(path, RuleError::Missing),
            None => {}
            Some(Value::Array(items)) if self.times == Times::Many => {
                for (at, item) in items.iter().enumerate() {
                    self.keep(&path.clone().child(&at.to_string()), self.check_value(item, now), issues);
                }
            }
            Some(value) => self.keep(&path, self.check_value(value, now), issues),
        }
    }

    fn check_value(&self, value: &Value, now: Timestamp) -> Result<(), Problem> {
        value.as_str().map_or_else(|| self.check.check_json(value), |text| self.check_text(text, now))
    }

    fn check_text(&self, text: &str, now: Timestamp) -> Result<(), Problem> {
        if self.allow.iter().any(|allowed| allowed == text) { Ok(()) } else { self.check.check(text, now) }
    }

    fn keep(&self, path: &FieldPath, result: Result<(), Problem>, issues: &mut Issues) {
        if let Err(problem) = result {
            issues.add(path.clone(), problem);
        }
    }
}

impl RangeFields {
    fn check(&self, inputs: &[Input<'_>], now: Timestamp, issues: &mut Issues) {
        let mut end = |name: &str| -> Option<Moment> {
            let path = FieldPath::field(self.part, name);
            let values: Vec<&str> = named(inputs, self.part, name).collect();
            match *values {
                [] => None,
                [value] => self.rule.ends.check(value, now).map_err(|error| issues.add(path, error)).ok(),
                _ => {
                    issues.add(path, RuleError::Repeated);
                    None
                }
            }
        };
        let (start, last) = (end(&self.start), end(&self.end));
        if let Some(Err(error)) = start.zip(last).map(|(start, last)| self.rule.check(start, last)) {
            issues.add(FieldPath::field(self.part, &self.end), error);
        }
    }
}

#[cfg(test)]
mod tests;
