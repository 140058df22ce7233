//! Names of services, releases and hooks.
//!
//! Main type: [`Name`]. It does not know whether anything of that name exists.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The most bytes of a name.
pub const MAX_NAME: usize = 128;

/// A name: 1 to 128 letters, digits and `. _ - + / : @`, beginning with a letter or digit. So it can stand in a
/// path, a label and a log without quoting; `..` is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// A text that is no name. Trying again does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name has 1 to 128 letters, digits or . _ - + / : @, begins with a letter or digit and has no `..`"
)]
pub struct InvalidName;

impl Name {
    /// Checks a name.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
        let text = text.into();
        let fits = (1..=MAX_NAME).contains(&text.len());
        let begins = text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+/:@".contains(&byte);
        if fits && begins && text.bytes().all(plain) && !text.contains("..") {
            Ok(Self(text))
        } else {
            Err(InvalidName)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_bounded() {
        for good in ["v1", "1.9.0", "registry.example/app:1.2@sha256", "a+b_c-d"] {
            assert!(Name::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-v", "../etc", "a/../b", "a b", "é", "a\n", "$x", &"a".repeat(129)] {
            assert_eq!(Name::new(bad), Err(InvalidName), "{bad}");
        }
    }
}
