//! Text with limits on its length and its characters.
//!
//! Main type: [`TextRule`]. It does not know what the text means, and changes nothing.

use crate::sanitize::is_unprintable;

/// Which characters a text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Charset {
    /// Anything that prints, and line breaks and tabs.
    #[default]
    Lines,
    /// Anything that prints, on one line.
    OneLine,
    /// Printable ASCII, on one line.
    Ascii,
    /// Letters and digits of any script, marks that belong to them, and `' . - ,` and spaces: a person's name.
    Name,
    /// ASCII letters and digits.
    Alphanumeric,
    /// Lower-case ASCII letters and digits, with single hyphens between them.
    Slug,
    /// ASCII letters, digits and `-_.~`: what needs no escape in a URL (RFC 3986 2.3).
    Unreserved,
    /// Hexadecimal digits.
    Hex,
}

/// Which texts are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextRule {
    /// The fewest characters (Unicode scalar values).
    pub min_chars: usize,
    /// The most characters.
    pub max_chars: usize,
    /// The most bytes in UTF-8.
    pub max_bytes: usize,
    /// Which characters.
    pub charset: Charset,
}

impl Default for TextRule {
    fn default() -> Self {
        Self { min_chars: 0, max_chars: 4_096, max_bytes: 16_384, charset: Charset::default() }
    }
}

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Too few characters.
    #[error("must have at least {0} characters")]
    Short(usize),
    /// Too many characters.
    #[error("must have at most {0} characters")]
    Long(usize),
    /// Too many bytes.
    #[error("must have at most {0} bytes")]
    Bytes(usize),
    /// A character that is not accepted, and where it is.
    #[error("must not hold the character at position {at}")]
    Character {
        /// How many characters stand before it.
        at: usize,
    },
}

impl TextRule {
    /// Checks a text.
    ///
    /// # Errors
    /// See [`TextError`]; lengths first, so that what is too long is not read.
    pub fn check(self, text: &str) -> Result<(), TextError> {
        if text.len() > self.max_bytes {
            return Err(TextError::Bytes(self.max_bytes));
        }
        let chars = text.chars().count();
        if chars > self.max_chars {
            return Err(TextError::Long(self.max_chars));
        }
        if chars < self.min_chars {
            return Err(TextError::Short(self.min_chars));
        }
        match self.charset.first_outside(text) {
            Some(at) => Err(TextError::Character { at }),
            None => Ok(()),
        }
    }
}

impl Charset {
    fn first_outside(self, text: &str) -> Option<usize> {
        if self == Self::Slug {
            let hyphen_at_an_end = text.starts_with('-') || text.ends_with('-');
            let at = text
                .find("--")
                .or(hyphen_at_an_end.then(|| if text.starts_with('-') { 0 } else { text.len() - 1 }));
            return text.chars().position(|c| !self.holds(c)).or(at);
        }
        text.chars().position(|c| !self.holds(c))
    }

    fn holds(self, c: char) -> bool {
        match self {
            Self::Lines => matches!(c, '\n' | '\r' | '\t') || !is_unprintable(c),
            Self::OneLine => !is_unprintable(c),
            Self::Ascii => c.is_ascii_graphic() || c == ' ',
            Self::Name => c.is_alphanumeric() || is_mark(c) || " '’.-,".contains(c),
            Self::Alphanumeric => c.is_ascii_alphanumeric(),
            Self::Slug => c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
            Self::Unreserved => c.is_ascii_alphanumeric() || "-_.~".contains(c),
            Self::Hex => c.is_ascii_hexdigit(),
        }
    }
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::{Charset::*, *};

    fn check(charset: Charset, good: &[&str], bad: &[(&str, usize)]) {
        let rule = TextRule { charset, ..TextRule::default() };
        for text in good {
            assert_eq!(rule.check(text), Ok(()), "{charset:?} {text}");
        }
        for (text, at) in bad {
            assert_eq!(rule.check(text), Err(TextError::Character { at: *at }), "{charset:?} {text}");
        }
    }

    #[test]
    fn charsets() {
        check(
            Lines,
            &["", "a\r\n\tb", "日本 🎉"],
            &[("ab\0", 2), ("é\u{202e}", 1), ("\u{1b}[0m", 0), ("\u{feff}a", 0)],
        );
        check(OneLine, &["é b"], &[("a\n", 1), ("a\u{2028}", 1), ("a\tb", 1)]);
        check(Ascii, &["a ~!"], &[("é", 0), ("a\u{7f}", 1)]);
        check(
            Name,
            &["Zoë O’Brien-Ñuñez, Jr.", "李小龍", "नमस्ते"],
            &[("a<b", 1), ("a;b", 1), ("a\u{200b}b", 1)],
        );
        check(Alphanumeric, &["aZ9"], &[("a-b", 1), ("é", 0)]);
        check(Slug, &["a", "a-b-9", ""], &[("A", 0), ("a--b", 1), ("-a", 0), ("a-", 1), ("a_b", 1)]);
        check(Unreserved, &["a-_.~Z9"], &[("a/b", 1), ("a%20", 1)]);
        check(Hex, &["00fF"], &[("0x", 1)]);
    }

    #[test]
    fn characters_and_bytes_have_limits_of_their_own() {
        let rule = TextRule { min_chars: 2, max_chars: 4, max_bytes: 6, charset: Lines };
        assert_eq!((rule.check("ab"), rule.check("abcd"), rule.check("ééé")), (Ok(()), Ok(()), Ok(())));
        assert_eq!(rule.check("é"), Err(TextError::Short(2)));
        assert_eq!(rule.check("abcde"), Err(TextError::Long(4)));
        assert_eq!(rule.check("éééé"), Err(TextError::Bytes(6)));
    }
}
