//! One of a closed set of words.
//!
//! Main type: [`Choice`]. It returns the word of the set, never the one that was sent.

/// The most words of a set that an error names.
const NAMED: usize = 12;

/// Whether letters count with their case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Case {
    /// They do.
    #[default]
    Exact,
    /// ASCII letters match in both cases.
    Ignored,
}

/// A closed set of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    words: Vec<String>,
    case: Case,
}

/// The value is none of the words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {words}")]
pub struct ChoiceError {
    /// The first words of the set.
    words: String,
}

impl Choice {
    /// A set.
    pub fn new<W: Into<String>>(words: impl IntoIterator<Item = W>, case: Case) -> Self {
        Self { words: words.into_iter().map(Into::into).collect(), case }
    }

    /// The word of the set that was sent.
    ///
    /// # Errors
    /// If it is none of them.
    pub fn check(&self, text: &str) -> Result<&str, ChoiceError> {
        let same = |word: &&String| match self.case {
            Case::Exact => *word == text,
            Case::Ignored => word.eq_ignore_ascii_case(text),
        };
        self.words.iter().find(same).map(String::as_str).ok_or_else(|| self.error())
    }

    fn error(&self) -> ChoiceError {
        let more = if self.words.len() > NAMED { ", …" } else { "" };
        let named: Vec<&str> = self.words.iter().take(NAMED).map(String::as_str).collect();
        ChoiceError { words: named.join(", ") + more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_the_set_is_returned() {
        let choice = Choice::new(["asc", "desc"], Case::Ignored);
        assert_eq!(choice.check("DESC"), Ok("desc"));
        assert_eq!(choice.check("desc;").unwrap_err().to_string(), "must be one of asc, desc");
        assert!(Choice::new(["asc"], Case::Exact).check("ASC").is_err());
        assert!(Choice::new([""; 0], Case::Exact).check("").is_err());
    }

    #[test]
    fn a_long_set_is_not_listed_in_full() {
        let error = Choice::new((0..99).map(|n| n.to_string()), Case::Exact).check("x").unwrap_err();
        assert_eq!(error.to_string(), "must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …");
    }
}
