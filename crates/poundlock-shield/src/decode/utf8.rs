//! UTF-8 that spells a character with more bytes than it needs.

use super::{push_code_point, rewrite};

/// Decodes overlong and otherwise illegal sequences of two to six bytes (`c0 ae`, `e0 80 ae`,
/// `f8 80 80 80 ae`) to the character they stand for, as lenient decoders do.
///
/// A lead byte whose continuation has the wrong top bits (`c0 2e`, `c0 5c`) is taken by its low six
/// bits, like the servers that fell for it. Legal UTF-8 stays. Returns `None` when nothing changes.
pub fn overlong(input: &[u8]) -> Option<Vec<u8>> {
    let find = |rest: &[u8]| rest.iter().position(|byte| is_long_lead(*byte));
    rewrite(input, find, |rest, out| {
        let (code, length) = sequence(rest)?;
        push_code_point(out, code);
        Some(length)
    })
}

/// Whether a sequence that is longer than it need be may start with this byte.
pub(super) const fn is_long_lead(byte: u8) -> bool {
    matches!(byte, 0xc0 | 0xc1 | 0xe0 | 0xf0 | 0xf8..=0xfd)
}

/// The code point and length of an illegally long sequence at the start of `bytes`.
fn sequence(bytes: &[u8]) -> Option<(u32, usize)> {
    let lead = bytes[0];
    let (length, bits, least) = match lead {
        0xc0 | 0xc1 => (2, lead & 0x1f, 0x80),
        0xe0 => (3, lead & 0x0f, 0x800),
        0xf0 => (4, lead & 0x07, 0x1_0000),
        0xf8..=0xfb => (5, lead & 0x03, 0x20_0000),
        0xfc | 0xfd => (6, lead & 0x01, 0x400_0000),
        _ => return None,
    };
    let tail = bytes.get(1..length)?;
    let strict = tail.iter().all(|byte| byte & 0xc0 == 0x80);
    let lenient = length == 2 && (0x20..0x80).contains(&tail[0]);
    if !strict && !lenient {
        return None;
    }
    let code = tail.iter().fold(u32::from(bits), |sum, byte| (sum << 6) | u32::from(byte & 0x3f));
    (code < least).then_some((code, length))
}
