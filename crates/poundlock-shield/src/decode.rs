//! Decoders: what an attack is written in so that it does not look like one.
//!
//! Main items: [`Step`], the name of one decoding, and [`variants`], which unfolds a value into
//! everything it may mean. Each decoder is a function from bytes to other bytes, or `None` when it
//! would change nothing. Decoders never fail: what they cannot read they leave as it is. They know
//! nothing of attacks.

mod base64;
mod comments;
mod entity;
mod escape;
mod hex;
mod path;
mod percent;
mod unfold;
mod utf7;
mod utf8;
mod width;

pub use base64::base64;
pub(crate) use base64::base64_bytes;
pub use comments::{comments, strip_comments};
pub use entity::entities;
pub use escape::{css, escapes};
pub use hex::hex_bytes;
pub use path::normal_path;
pub use percent::{illegal_percent, percent};
pub use unfold::{MAX_DEPTH, MAX_VARIANTS, Variant, variants};
pub(crate) use unfold::{Readings, may_unfold};
pub use utf7::utf7;
pub use utf8::overlong;
pub use width::narrow;

use serde::Serialize;

/// One decoding, as it is named in findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// `%41`, `%u0041`
    Percent,
    /// `+` for a space
    Plus,
    /// `%c1%9c`: more bytes than a character needs
    Overlong,
    /// `&lt;`, `&#x3c;`
    Entity,
    /// `\x41`, `\u0041`, `\101`, `\'`
    Escape,
    /// `0x2f` where a character is meant
    Hex,
    /// Base64 of text
    Base64,
    /// Full-width and other characters that are folded to ASCII
    Width,
    /// `+ADw-`
    Utf7,
    /// NUL and other controls left out
    Controls,
    /// `/* … */` left out
    Comments,
    /// JSON inside a value
    Json,
}

/// `input` without NUL and the controls that no text has, or `None` when there are none.
pub fn strip_controls(input: &[u8]) -> Option<Vec<u8>> {
    let odd = |byte: &u8| (*byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || *byte == 0x7f;
    input.iter().any(odd).then(|| input.iter().copied().filter(|byte| !odd(byte)).collect())
}

/// Copies `input` and replaces what `one` reads at the places that `find` tells; `None` when it reads nothing.
///
/// `one` gets what starts at such a place; it pushes what stands for it and returns how many bytes that takes.
fn rewrite(
    input: &[u8],
    find: impl Fn(&[u8]) -> Option<usize>,
    mut one: impl FnMut(&[u8], &mut Vec<u8>) -> Option<usize>,
) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut piece = Vec::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(next) = find(&input[at..]) {
        at += next;
        let Some(taken) = one(&input[at..], &mut piece) else {
            at += 1;
            continue;
        };
        if copied == 0 {
            out.reserve(input.len());
        }
        out.extend_from_slice(&input[copied..at]);
        out.extend_from_slice(&piece);
        piece.clear();
        at += taken;
        copied = at;
    }
    if copied == 0 {
        return None;
    }
    out.extend_from_slice(&input[copied..]);
    Some(out)
}

/// The value of a hexadecimal digit.
fn digit(byte: u8) -> Option<u8> {
    let value = DIGITS[usize::from(byte)];
    (value < 16).then_some(value)
}

/// The values of hexadecimal digits; 255 for all other bytes.
const DIGITS: [u8; 256] = {
    let mut table = [255; 256];
    let mut value = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value] as usize] = value as u8;
        table[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    table
};

/// The number that the first `count` bytes spell in hexadecimal, if all of them are digits.
fn number(bytes: &[u8], count: usize) -> Option<u32> {
    let digits = bytes.get(..count)?;
    digits.iter().try_fold(0u32, |sum, byte| Some(sum * 16 + u32::from(digit(*byte)?)))
}

/// Appends a code point: as ASCII where it is folded to that, else as UTF-8.
fn push_code_point(out: &mut Vec<u8>, code: u32) {
    let Some(char) = char::from_u32(code) else {
        return out.extend_from_slice("\u{fffd}".as_bytes());
    };
    match width::fold(char) {
        Some(ascii) => out.push(ascii),
        None => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

#[cfg(test)]
mod tests;
