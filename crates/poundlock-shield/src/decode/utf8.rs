//! UTF-8 that spells a character with more bytes than it needs.

use super::push_code_point;

/// Decodes overlong and otherwise illegal sequences of two to six bytes (`c0 ae`, `e0 80 ae`,
/// `f8 80 80 80 ae`) to the character they stand for, as lenient decoders do.
///
/// A lead byte whose continuation has the wrong top bits (`c0 2e`, `c0 5c`) is taken by its low six
/// bits, like the servers that fell for it. Legal UTF-8 stays. Returns `None` when nothing changes.
pub fn overlong(input: &[u8]) -> Option<Vec<u8>> {
    if !input.iter().any(|byte| matches!(byte, 0xc0 | 0xc1 | 0xe0 | 0xf0 | 0xf8..=0xfd)) {
        return None;
    }
    let mut out = Vec::with_capacity(input.len());
    let mut changed = false;
    let mut at = 0;
    while at < input.len() {
        match sequence(&input[at..]) {
            Some((code, length)) => {
                push_code_point(&mut out, code);
                changed = true;
                at += length;
            }
            None => {
                out.push(input[at]);
                at += 1;
            }
        }
    }
    changed.then_some(out)
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
