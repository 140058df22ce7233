//! The inside of a JSON string, byte by byte: UTF-8, escapes, surrogate pairs.
//!
//! Main type: [`StringReader`]. It does not know whether the string is a key or a value.

use super::{NameHash, json_limits::JsonKind};

/// How many bytes of a key are kept, to say where a problem is.
const KEPT_BYTES: usize = 48;

/// A string that is being read.
#[derive(Debug, Clone)]
pub(super) struct StringReader {
    /// Decoded bytes so far.
    pub(super) bytes: usize,
    pub(super) hash: NameHash,
    kept: Vec<u8>,
    mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Plain,
    /// Inside a UTF-8 sequence: how many bytes follow, and the range of the next.
    Sequence {
        more: u8,
        low: u8,
        high: u8,
    },
    Backslash {
        pair: u16,
    },
    /// After `\u`: digits read, their value, and the high surrogate before, if any.
    Unicode {
        digits: u8,
        value: u16,
        pair: u16,
    },
    /// After a high surrogate: only `\u` may follow.
    Pair(u16),
}

impl StringReader {
    pub(super) fn new() -> Self {
        Self { bytes: 0, hash: NameHash::START, kept: Vec::new(), mode: Mode::Plain }
    }

    pub(super) fn restart(&mut self) {
        self.kept.clear();
        *self = Self { kept: std::mem::take(&mut self.kept), ..Self::new() };
    }

    /// The beginning of the string, for a path.
    pub(super) fn kept(&self) -> String {
        String::from_utf8_lossy(&self.kept).into_owned()
    }

    /// How many of these bytes are plain ASCII that ends nothing and needs no state.
    pub(super) fn plain_run(&self, bytes: &[u8]) -> usize {
        let plain = |b: &u8| matches!(b, 0x20..=0x7e) && *b != b'"' && *b != b'\\';
        if self.mode == Mode::Plain { bytes.iter().position(|b| !plain(b)).unwrap_or(bytes.len()) } else { 0 }
    }

    /// Takes a run of plain bytes.
    pub(super) fn push_run(&mut self, run: &[u8]) {
        self.bytes += run.len();
        run.iter().for_each(|byte| self.hash.push(*byte));
        let room = KEPT_BYTES.saturating_sub(self.kept.len()).min(run.len());
        self.kept.extend_from_slice(&run[..room]);
    }

    /// Takes one byte; true if it was the quote that ends the string.
    pub(super) fn push(&mut self, byte: u8) -> Result<bool, JsonKind> {
        self.mode = match (self.mode, byte) {
            (Mode::Plain, b'"') => return Ok(true),
            (Mode::Plain, b'\\') => Mode::Backslash { pair: 0 },
            (Mode::Plain, 0..0x20) => return Err(JsonKind::Syntax),
            (Mode::Plain, byte) => {
                self.push_run(&[byte]);
                sequence(byte)?
            }
            (Mode::Sequence { more, low, high }, byte) if (low..=high).contains(&byte) => {
                self.push_run(&[byte]);
                match more {
                    1 => Mode::Plain,
                    more => Mode::Sequence { more: more - 1, low: 0x80, high: 0xbf },
                }
            }
            (Mode::Sequence { .. }, _) => return Err(JsonKind::Utf8),
            (Mode::Pair(pair), b'\\') => Mode::Backslash { pair },
            (Mode::Pair(_), _) => return Err(JsonKind::Surrogate),
            (Mode::Backslash { pair }, b'u') => Mode::Unicode { digits: 0, value: 0, pair },
            (Mode::Backslash { pair: 0 }, byte) => {
                self.push_run(&[unescape(byte).ok_or(JsonKind::Syntax)?]);
                Mode::Plain
            }
            (Mode::Backslash { .. }, _) => return Err(JsonKind::Surrogate),
            (Mode::Unicode { digits, value, pair }, byte) => self.push_digit(digits, value, pair, byte)?,
        };
        Ok(false)
    }

    fn push_digit(&mut self, digits: u8, value: u16, pair: u16, byte: u8) -> Result<Mode, JsonKind> {
        let digit = char::from(byte).to_digit(16).ok_or(JsonKind::Syntax)?;
        let value = value << 4 | digit as u16;
        if digits < 3 {
            return Ok(Mode::Unicode { digits: digits + 1, value, pair });
        }
        if pair == 0 && (0xd800..0xdc00).contains(&value) {
            return Ok(Mode::Pair(value));
        }
        let units = if pair == 0 { vec![value] } else { vec![pair, value] };
        let text = String::from_utf16(&units).map_err(|_| JsonKind::Surrogate)?;
        self.push_run(text.as_bytes());
        Ok(Mode::Plain)
    }
}

/// What follows the first byte of a character (Unicode 3.9, table 3-7).
fn sequence(byte: u8) -> Result<Mode, JsonKind> {
    let (more, low, high) = match byte {
        0..0x80 => return Ok(Mode::Plain),
        0xc2..=0xdf => (1, 0x80, 0xbf),
        0xe0 => (2, 0xa0, 0xbf),
        0xed => (2, 0x80, 0x9f),
        0xe1..=0xef => (2, 0x80, 0xbf),
        0xf0 => (3, 0x90, 0xbf),
        0xf1..=0xf3 => (3, 0x80, 0xbf),
        0xf4 => (3, 0x80, 0x8f),
        _ => return Err(JsonKind::Utf8),
    };
    Ok(Mode::Sequence { more, low, high })
}

fn unescape(byte: u8) -> Option<u8> {
    Some(match byte {
        b'"' | b'\\' | b'/' => byte,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}
