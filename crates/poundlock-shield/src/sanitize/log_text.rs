//! Text from outside that is put into a log or onto a terminal.
//!
//! Main function: [`log_safe`]. It does not mask secrets.

use super::is_unprintable;
use std::{borrow::Cow, fmt::Write as _};

/// Text on one line of at most `max_bytes` bytes (4 at least), with nothing that a terminal or a log reader obeys.
///
/// Line breaks, escape sequences and bidi marks are shown as `\u{1b}`; what does not fit is replaced by `…`. Backslashes stay,
/// so the result is for reading, not for reading back.
#[must_use]
pub fn log_safe(text: &str, max_bytes: usize) -> Cow<'_, str> {
    if text.len() <= max_bytes && !text.contains(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mark = '…';
    let most = max_bytes.max(mark.len_utf8() + 1);
    let mut out = String::with_capacity(text.len().min(most));
    // How far it could be cut and still leave room for the mark.
    let mut cut = 0;
    for c in text.chars() {
        match is_unprintable(c) {
            true => {
                let _infallible = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            false => out.push(c),
        }
        if out.len() > most {
            out.truncate(cut);
            out.push(mark);
            break;
        }
        if out.len() + mark.len_utf8() <= most {
            cut = out.len();
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_and_sequences_are_shown_and_length_is_cut() {
        assert_eq!(
            log_safe("a\r\nINFO ok \u{1b}[2J\u{202e}", 99),
            "a\\u{d}\\u{a}INFO ok \\u{1b}[2J\\u{202e}"
        );
        assert_eq!(log_safe("abcdefgh", 8), "abcdefgh");
        assert_eq!(log_safe("abcdefghi", 8), "abcde…");
        assert_eq!(log_safe("ééééé", 8), "éé…");
        assert_eq!(log_safe("\u{1b}\u{1b}", 7), "…");
    }

    proptest! {
        #[test]
        fn one_bounded_printable_line(text in any::<String>(), max in 0usize..60) {
            let safe = log_safe(&text, max).into_owned();
            prop_assert!(safe.len() <= max.max(4) && !safe.contains(is_unprintable));
            prop_assert_eq!(log_safe(&safe, max.max(4)), safe.clone());
        }
    }
}
