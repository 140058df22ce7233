//! Exclusions: findings that are let pass, as narrowly as can be said.
//!
//! Main type: [`Exclusion`]. It is data; what it covers is decided by [`Exclusion::covers`].

use crate::{
    class::{Class, Place},
    verdict::{Finding, Location},
};
use serde::{Deserialize, Serialize};

/// Lets findings pass that match everything it says; what it does not say matches anything.
///
/// `paths` and `field` may have `*` for any run of characters. An exclusion that says nothing covers
/// nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// Paths of requests, as they stand in the request line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// The location as findings show it: `query.q`, `body.html`, `header.referer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The class of attack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The rule within the class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

impl Exclusion {
    /// The narrowest exclusion that would let `finding` pass in requests of this method and path.
    pub fn narrowest(finding: &Finding, method: &str, path: &str) -> Self {
        let given = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
        Self {
            paths: given(path),
            methods: given(method),
            field: Some(finding.location.to_string()),
            class: Some(finding.class),
            rule: Some(finding.rule.to_owned()),
        }
    }

    /// Whether it lets this finding pass in a request of this method and path.
    pub fn covers(&self, finding: &Finding, method: &str, path: &str) -> bool {
        let Location { place, field } = &finding.location;
        self.covers_at(finding.class, finding.rule, *place, field, method, path)
    }

    /// As [`Self::covers`], for what is no finding yet.
    pub(crate) fn covers_at(
        &self,
        class: Class,
        rule: &str,
        place: Place,
        field: &str,
        method: &str,
        path: &str,
    ) -> bool {
        let one_of =
            |list: &[String], text: &str| list.is_empty() || list.iter().any(|item| glob(item, text));
        let at = || Location { place, field: field.to_owned() }.to_string();
        *self != Self::default()
            && self.class.is_none_or(|known| known == class)
            && self.rule.as_ref().is_none_or(|known| known == rule)
            && one_of(&self.paths, path)
            && (self.methods.is_empty() || self.methods.iter().any(|m| m.eq_ignore_ascii_case(method)))
            && self.field.as_ref().is_none_or(|pattern| glob(pattern, &at()))
    }
}

/// Whether `text` is `pattern`, in which `*` stands for any run of characters.
///
/// Takes each part at its first place, which is right because parts hold no wildcard: linear but for the search.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(head) else { return false };
    let mut parts = tail.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding() -> Finding {
        Finding {
            class: Class::Xss,
            rule: "tag",
            location: Location { place: Place::Body, field: "html".into() },
            chain: Vec::new(),
            decoded: String::new(),
            span: 0..1,
            evidence: String::new(),
            score: 10,
        }
    }

    #[test]
    fn globs() {
        for (pattern, text, expect) in [
            ("/cms/*", "/cms/a/b", true),
            ("/cms/*", "/cm", false),
            ("*.html", "body.html", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxc", false),
            ("a", "ab", false),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern, text), expect, "{pattern} of {text}");
        }
    }

    #[test]
    fn each_key_narrows() {
        let all = Exclusion::narrowest(&finding(), "POST", "/cms/1");
        assert!(all.covers(&finding(), "post", "/cms/1"));
        let no = |change: fn(&mut Exclusion)| {
            let mut one = all.clone();
            change(&mut one);
            assert!(!one.covers(&finding(), "POST", "/cms/1"), "{one:?}");
        };
        no(|e| e.paths = vec!["/other".into()]);
        no(|e| e.methods = vec!["GET".into()]);
        no(|e| e.field = Some("body.text".into()));
        no(|e| e.class = Some(Class::Sqli));
        no(|e| e.rule = Some("handler".into()));
        assert!(!Exclusion::default().covers(&finding(), "POST", "/"));
    }
}
