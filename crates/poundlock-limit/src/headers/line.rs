//! A header value on the stack.
//!
//! Main type: [`Line`], a list of members that fits or does without. It does not know what the members mean.

use super::INTEGER_MAX;

/// The longest value, in bytes.
pub const LINE_MAX: usize = 512;

/// A header value.
#[derive(Clone)]
pub struct Line {
    len: usize,
    bytes: [u8; LINE_MAX],
}

impl Default for Line {
    fn default() -> Self {
        Self { len: 0, bytes: [0; LINE_MAX] }
    }
}

/// There is no room.
pub(super) struct Full;

impl Line {
    /// The value: visible ASCII and spaces. Empty if there is nothing to say.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The value as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("a line is made of ASCII")
    }

    /// Adds a member to the list, whole or not at all.
    pub(super) fn member(&mut self, write: impl FnOnce(&mut Self) -> Result<(), Full>) {
        let start = self.len;
        let separator: &[u8] = if start == 0 { b"" } else { b", " };
        if self.push(separator).and_then(|()| write(self)).is_err() {
            self.len = start;
        }
    }

    /// Adds a parameter, at most the largest integer there is.
    pub(super) fn parameter(&mut self, name: &str, value: u64) -> Result<(), Full> {
        self.push(name.as_bytes())?;
        self.push(itoa::Buffer::new().format(value.min(INTEGER_MAX)).as_bytes())
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let room = self.bytes.get_mut(self.len..self.len + bytes.len()).ok_or(Full)?;
        room.copy_from_slice(bytes);
        self.len += bytes.len();
        Ok(())
    }
}

/// Adds a string in quotes. What a structured field cannot hold is written as `?`.
pub(super) fn escaped(line: &mut Line, text: &str) -> Result<(), Full> {
    line.push(b"\"")?;
    let mut plain = text.as_bytes();
    while let Some(at) = plain.iter().position(|b| !matches!(b, b' '..=b'~') || matches!(b, b'"' | b'\\')) {
        line.push(&plain[..at])?;
        line.push(match plain[at] {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            _ => b"?",
        })?;
        plain = &plain[at + 1..];
    }
    line.push(plain)?;
    line.push(b"\"")
}
