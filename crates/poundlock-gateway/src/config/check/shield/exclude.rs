//! Checks findings that are let pass.

use poundlock_shield::{Class, Exclusion};

use super::Report;
use super::field::location;
use crate::config::check::limits::method;
use crate::config::raw::{RawClass, RawExclude};
use crate::config::values::Mistake;

pub(super) fn check(path: &str, raw: &[RawExclude], report: &mut Report<'_>) -> Option<Vec<Exclusion>> {
    let checked = raw.iter().enumerate().filter_map(|(at, raw)| one(&format!("{path}[{at}]"), raw, report));
    let checked: Vec<_> = checked.collect();
    (checked.len() == raw.len()).then_some(checked)
}

fn one(path: &str, raw: &RawExclude, report: &mut Report<'_>) -> Option<Exclusion> {
    let paths = report.read_all(&format!("{path}.paths"), &raw.paths, request_path);
    let methods = report.read_all(&format!("{path}.methods"), &raw.methods, method);
    let field = raw.field.as_ref().map(|text| report.read(format!("{path}.field"), text, location));
    let exclusion = Exclusion {
        paths: paths?,
        methods: methods?,
        field: field.map_or(Some(None), |field| field.map(Some))?,
        class: raw.class.map(class),
        rule: raw.rule.clone(),
    };
    if exclusion == Exclusion::default() {
        let help = "add `field`, `class`, `paths` or what `poundlock shield explain` proposes";
        report.error(path.to_owned(), "an exclusion that says nothing".to_owned(), "covers no finding", help);
        return None;
    }
    Some(exclusion)
}

/// A path as it stands in the request line, with `*` for any run of characters.
fn request_path(text: &str) -> Result<String, Mistake> {
    let valid =
        text.starts_with(['/', '*']) && !text.contains(['?', '#']) && !text.contains(char::is_whitespace);
    match valid {
        true => Ok(text.to_owned()),
        false => Err(Mistake::new("malformed path", "expected a path such as \"/cms/1\", or \"/cms/*\"")),
    }
}

fn class(raw: RawClass) -> Class {
    match raw {
        RawClass::Sqli => Class::Sqli,
        RawClass::Xss => Class::Xss,
        RawClass::Traversal => Class::Traversal,
        RawClass::Command => Class::Command,
        RawClass::Template => Class::Template,
        RawClass::Nosql => Class::Nosql,
        RawClass::Ldap => Class::Ldap,
        RawClass::Xxe => Class::Xxe,
        RawClass::Lookup => Class::Lookup,
        RawClass::Crlf => Class::Crlf,
        RawClass::Ssrf => Class::Ssrf,
        RawClass::Code => Class::Code,
        RawClass::Mail => Class::Mail,
        RawClass::Graphql => Class::Graphql,
        RawClass::Protocol => Class::Protocol,
        RawClass::Scanner => Class::Scanner,
    }
}
