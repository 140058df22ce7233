//! Whether the environment is what a release needs: variables that are there, can be read, and were really filled in.
//!
//! Main types: [`Variable`] and [`Kind`]. A value never gets into a [`Check`].

use super::{Check, Status};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;

/// What a release needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it must be.
    pub kind: Kind,
    /// Whether the release does without.
    #[serde(default)]
    pub optional: bool,
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Kind {
    /// Anything but white space.
    Text,
    /// Something that nobody can guess.
    Secret {
        /// The fewest bytes.
        min_bytes: usize,
    },
    /// A whole number.
    Integer {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A finite number.
    Number,
    /// `true`, `false`, `1`, `0`, `yes`, `no`, `on` or `off`.
    Boolean,
    /// One of these.
    OneOf(Vec<String>),
    /// An address.
    Url {
        /// The schemes that are possible; any if there are none.
        schemes: Vec<String>,
        /// What it must have.
        parts: Vec<Part>,
    },
}

/// A part of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// A host.
    Host,
    /// A user.
    User,
    /// A password.
    Password,
    /// A path that is more than `/`, such as the name of a database.
    Path,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::User => "user",
            Self::Password => "password",
            Self::Path => "path",
        }
    }
}

/// Words that stand where a value should be.
const PLACEHOLDERS: [&str; 17] = [
    "changeme",
    "changethis",
    "changeit",
    "replaceme",
    "replacethis",
    "fillme",
    "fillin",
    "todo",
    "fixme",
    "tbd",
    "xxx",
    "xxxx",
    "placeholder",
    "dummy",
    "none",
    "null",
    "undefined",
];
/// Passwords that everybody knows.
const KNOWN: [&str; 8] = ["password", "passwd", "secret", "admin", "test", "example", "default", "123456"];

/// One check for each variable.
pub fn check(schema: &[Variable], env: &BTreeMap<String, String>) -> Vec<Check> {
    schema.iter().map(|variable| variable.check(env.get(&variable.name).map(String::as_str))).collect()
}

impl Variable {
    /// Checks a value, or that there is none. Empty means unset.
    pub fn check(&self, value: Option<&str>) -> Check {
        let name = format!("env.{}", self.name);
        let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else {
            if self.optional {
                return Check::new(name, Status::Skip, "not set, and the release does without");
            }
            return Check::new(name, Status::Fail, "not set").with_fix(format!("set {}", self.name));
        };
        let problem = placeholder(value).or_else(|| self.kind.problem(value));
        match problem {
            None => Check::new(name, Status::Pass, "set"),
            Some(problem) => {
                let fix = format!("set {} to {}", self.name, self.kind.expected());
                Check::new(name, Status::Fail, problem).with_fix(fix)
            }
        }
    }
}

impl Kind {
    fn problem(&self, value: &str) -> Option<String> {
        let wrong = |is_right: bool| (!is_right).then(|| format!("it is not {}", self.expected()));
        match self {
            Self::Text => None,
            Self::Secret { min_bytes } => {
                let known = KNOWN.contains(&value.to_ascii_lowercase().as_str());
                known.then(|| "everybody knows it".to_owned()).or_else(|| wrong(value.len() >= *min_bytes))
            }
            Self::Integer { min, max } => {
                wrong(value.parse().is_ok_and(|number| (*min..=*max).contains(&number)))
            }
            Self::Number => wrong(value.parse().is_ok_and(f64::is_finite)),
            Self::Boolean => {
                let words = ["true", "false", "1", "0", "yes", "no", "on", "off"];
                wrong(words.contains(&value.to_ascii_lowercase().as_str()))
            }
            Self::OneOf(words) => wrong(words.iter().any(|word| word == value)),
            Self::Url { schemes, parts } => url_problem(value, schemes, parts),
        }
    }

    fn expected(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Secret { min_bytes } => format!("a secret of {min_bytes} bytes or more"),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Number => "a number".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::Url { schemes, parts } => {
                let parts: Vec<_> = parts.iter().map(|part| part.name()).collect();
                let scheme = if schemes.is_empty() { "an".to_owned() } else { schemes.join(" or ") };
                format!(
                    "{scheme} address with {}",
                    if parts.is_empty() { "a scheme".to_owned() } else { parts.join(", ") }
                )
            }
        }
    }
}

fn url_problem(value: &str, schemes: &[String], parts: &[Part]) -> Option<String> {
    let Ok(url) = Url::parse(value) else { return Some("it is no address".to_owned()) };
    if !schemes.is_empty() && !schemes.iter().any(|scheme| scheme == url.scheme()) {
        return Some(format!("its scheme is not {}", schemes.join(" or ")));
    }
    parts.iter().find_map(|part| {
        let text = match part {
            Part::Host => url.host_str().unwrap_or_default(),
            Part::User => url.username(),
            Part::Password => url.password().unwrap_or_default(),
            Part::Path => url.path().trim_matches('/'),
        };
        let name = part.name();
        if text.is_empty() {
            return Some(format!("it has no {name}"));
        }
        placeholder(text).map(|problem| format!("{name}: {problem}"))
    })
}

/// Why a value looks as if nobody had filled it in.
fn placeholder(value: &str) -> Option<String> {
    let bare: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    let bare = bare.to_ascii_lowercase();
    let angle = value.starts_with('<') && value.ends_with('>');
    let template = value.contains("${") || (value.contains("{{") && value.contains("}}"));
    let yours = ["your", "my", "insert"].iter().any(|word| {
        bare.starts_with(word)
            && ["here", "key", "secret", "password", "token"].iter().any(|end| bare.ends_with(end))
    });
    let known = PLACEHOLDERS.contains(&bare.as_str()) || bare.starts_with("changeme");
    if template {
        return Some("a variable in it was not resolved".to_owned());
    }
    (angle || yours || known).then(|| "it is a placeholder".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem(kind: &Kind, value: &str) -> Option<String> {
        let variable = Variable { name: "X".to_owned(), kind: kind.clone(), optional: false };
        let check = variable.check(Some(value));
        assert_eq!(check.fix.is_some(), check.status == Status::Fail);
        (check.status == Status::Fail).then_some(check.detail)
    }

    #[test]
    fn placeholders_are_no_values() {
        for bad in [
            "changeme",
            "CHANGE_ME",
            "change-me-123",
            "<token>",
            "${DB}",
            "{{ key }}",
            "your_api_key",
            "xxx",
            "TODO",
        ] {
            assert!(problem(&Kind::Text, bad).is_some(), "{bad}");
        }
        for good in ["changelog", "mykonos", "Xx", "a<b", "todolist", "$5"] {
            assert_eq!(problem(&Kind::Text, good), None, "{good}");
        }
    }

    #[test]
    fn kinds_are_read() {
        let integer = Kind::Integer { min: 1, max: 65_535 };
        for (kind, good, bad) in [
            (&integer, "8080", "0"),
            (&integer, "1", "80a"),
            (&Kind::Number, "0.5", "inf"),
            (&Kind::Boolean, "Yes", "maybe"),
            (&Kind::OneOf(vec!["a".to_owned(), "b".to_owned()]), "b", "B"),
            (&Kind::Secret { min_bytes: 8 }, "tr0ub4dor", "short"),
            (&Kind::Secret { min_bytes: 4 }, "tr0ub4dor", "password"),
        ] {
            assert_eq!(problem(kind, good), None, "{good}");
            assert!(problem(kind, bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn the_parts_of_an_address_are_looked_at() {
        let parts = vec![Part::Host, Part::User, Part::Password, Part::Path];
        let kind = Kind::Url { schemes: vec!["postgres".to_owned(), "postgresql".to_owned()], parts };
        for (value, expect) in [
            ("postgres://app:s3cr3t@db:5432/shop", None),
            ("mysql://app:s3cr3t@db/shop", Some("its scheme is not postgres or postgresql")),
            ("postgres://app:changeme@db/shop", Some("password: it is a placeholder")),
            ("postgres://app@db/shop", Some("it has no password")),
            ("postgres://app:s3cr3t@db/", Some("it has no path")),
            ("db:5432", Some("its scheme is not postgres or postgresql")),
            ("not an address", Some("it is no address")),
        ] {
            assert_eq!(problem(&kind, value).as_deref(), expect, "{value}");
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let schema = [("A", false), ("B", true), ("C", false)].map(|(name, optional)| Variable {
            name: name.to_owned(),
            kind: Kind::Text,
            optional,
        });
        let env = [("C".to_owned(), " ".to_owned())].into_iter().collect();
        let statuses: Vec<_> = check(&schema, &env).iter().map(|check| check.status).collect();
        assert_eq!(statuses, [Status::Fail, Status::Skip, Status::Fail]);
        assert_eq!(check(&schema, &env)[0].fix.as_deref(), Some("set A"));
    }

    proptest! {
        #[test]
        fn a_value_is_never_shown(value in "[A-Z]{20,40}") {
            let kinds = [Kind::Boolean, Kind::Number, Kind::Url { schemes: Vec::new(), parts: vec![Part::Host] }];
            for kind in kinds {
                let check = Variable { name: "X".to_owned(), kind, optional: false }.check(Some(&value));
                prop_assert_eq!(check.status, Status::Fail);
                prop_assert!(!check.to_string().contains(&value));
            }
        }
    }
}
