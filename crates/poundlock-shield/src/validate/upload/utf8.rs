//! Text from its first byte to its last.
//!
//! Main type: [`TextScanner`]. It reads UTF-8 in chunks cut anywhere, and does not know what a text says.

/// Reads text across chunks.
#[derive(Debug, Clone, Default)]
pub(super) struct TextScanner {
    /// The beginning of a character whose end has not come yet: at most three bytes.
    cut: Vec<u8>,
}

impl TextScanner {
    /// Reads a chunk; whether it is text so far.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> bool {
        let joined: Vec<u8>;
        let bytes = match self.cut.is_empty() {
            true => chunk,
            false => {
                joined = [&self.cut, chunk].concat();
                &joined
            }
        };
        let (text, cut) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, &bytes[bytes.len()..]),
            Err(error) if error.error_len().is_none() => {
                let (whole, cut) = bytes.split_at(error.valid_up_to());
                (std::str::from_utf8(whole).unwrap_or_default(), cut)
            }
            Err(_) => return false,
        };
        self.cut = cut.to_vec();
        !text.contains(is_no_text)
    }

    /// Whether the last character is whole.
    pub(super) fn finish(&self) -> bool {
        self.cut.is_empty()
    }
}

/// Controls that texts do not have.
pub(super) fn is_no_text(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{85}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_may_cut_characters() {
        let check = |bytes: &[u8], expected: bool| {
            for size in 1..=bytes.len() {
                let mut scanner = TextScanner::default();
                let read = bytes.chunks(size).all(|chunk| scanner.feed(chunk));
                assert_eq!(read && scanner.finish(), expected, "{bytes:?} in chunks of {size}");
            }
        };
        check("grüße 🎉\r\n".as_bytes(), true);
        check(b"ab\0cd", false);
        check(b"ab\xffcd", false);
        check(b"ab\xf0\x9f", false);
        check(b"\xed\xa0\x80", false);
        check(b"\x1b[2J", false);
    }
}
