//! What holds for text anywhere: no NUL, no control characters, one way to write each letter.
//!
//! Main functions: [`sanitize_string`] and [`is_unprintable`].

use super::escape;
use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Whether a character shows nothing, or changes how others are shown: controls, line and paragraph separators, bidi
/// embeddings and isolates, zero-width spaces and joiners at which text can be hidden, tags, and non-characters.
///
/// The joiners U+200C and U+200D and the variation selectors are not counted: scripts and emoji need them.
#[must_use]
pub fn is_unprintable(c: char) -> bool {
    match c {
        ' '..='~' => false,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}' => true,
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' => true,
        '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control() || u32::from(c) & 0xfffe == 0xfffe,
    }
}

/// Removes NUL and escapes the five characters that mean something in HTML: text from a client that may be shown as is.
#[must_use]
pub fn sanitize_string(text: &str) -> Cow<'_, str> {
    match strip_nul(text) {
        Cow::Borrowed(text) => escape::html(text),
        Cow::Owned(text) => Cow::Owned(escape::html(&text).into_owned()),
    }
}

/// Removes NUL.
#[must_use]
pub fn strip_nul(text: &str) -> Cow<'_, str> {
    without(text, |c| c == '\0')
}

/// Removes what is unprintable, except line breaks and tabs.
#[must_use]
pub fn strip_controls(text: &str) -> Cow<'_, str> {
    without(text, |c| is_unprintable(c) && !matches!(c, '\n' | '\r' | '\t'))
}

fn without(text: &str, removed: impl Fn(char) -> bool + Copy) -> Cow<'_, str> {
    match text.contains(removed) {
        true => Cow::Owned(text.chars().filter(|c| !removed(*c)).collect()),
        false => Cow::Borrowed(text),
    }
}

/// Makes each run of white space one space, and removes it at both ends.
#[must_use]
pub fn collapse_whitespace(text: &str) -> Cow<'_, str> {
    let tidy = !text.starts_with(' ')
        && !text.ends_with(' ')
        && !text.contains("  ")
        && !text.contains(|c: char| c.is_whitespace() && c != ' ');
    match tidy {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}

/// Writes each letter in its composed form (Unicode NFC), so that equal text compares equal.
#[must_use]
pub fn normalize(text: &str) -> Cow<'_, str> {
    if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sanitize_string_escapes_and_drops_nul() {
        assert_eq!(sanitize_string("<script>\0a('b\"')&"), "&lt;script&gt;a(&#39;b&quot;&#39;)&amp;");
        assert!(matches!(sanitize_string("plain é"), Cow::Borrowed("plain é")));
        assert_eq!(sanitize_string("<\0script>"), "&lt;script&gt;");
    }

    #[test]
    fn controls_spaces_and_forms() {
        assert_eq!(strip_controls("a\u{1b}[1m\r\n\tb\u{202e}\u{200b}\u{feff}c\u{7f}\u{85}"), "a[1m\r\n\tbc");
        assert_eq!(strip_controls("👩\u{200d}🚀 می\u{200c}خواهم"), "👩\u{200d}🚀 می\u{200c}خواهم");
        assert_eq!(collapse_whitespace("\u{a0} a \t\n b\u{3000}"), "a b");
        assert_eq!(collapse_whitespace(" "), "");
        assert_eq!(normalize("e\u{301}"), "é");
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(text in "(\\PC|\\s|[\u{0}\u{1b}\u{200b}\u{301}<&]){0,40}") {
            for clean in [strip_nul, strip_controls, collapse_whitespace, normalize] {
                let once = clean(&text).into_owned();
                prop_assert_eq!(clean(&once), once.clone());
            }
        }

        #[test]
        fn the_output_lacks_what_was_to_go(text in any::<String>()) {
            let shown = sanitize_string(&text);
            prop_assert!(!shown.contains(['\0', '<', '>', '"', '\'']));
            prop_assert!(!strip_controls(&text).chars().any(|c| is_unprintable(c) && !"\n\r\t".contains(c)));
            prop_assert!(!collapse_whitespace(&text).contains("  "));
        }
    }
}
