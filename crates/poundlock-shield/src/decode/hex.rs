//! `0x2f` written where a byte is meant.

use super::number;

/// Replaces `0xHH` (and `xHH` right after one) by the byte, when that byte can be printed.
///
/// Returns `None` when nothing changes. Longer numbers (`0x3a3a`) are numbers and stay.
pub fn hex_bytes(input: &[u8]) -> Option<Vec<u8>> {
    memchr::memmem::find(input, b"0x").or_else(|| memchr::memmem::find(input, b"0X"))?;
    let mut out = Vec::with_capacity(input.len());
    let mut changed = false;
    let mut at = 0;
    while at < input.len() {
        let rest = &input[at..];
        let prefix = match rest {
            [b'0', b'x' | b'X', ..] => 2,
            [b'x' | b'X', ..] if changed => 1,
            _ => 0,
        };
        let byte = if prefix > 0 { number(&rest[prefix..], 2) } else { None };
        match byte.filter(|byte| (0x20..0x7f).contains(byte)) {
            Some(byte) => {
                out.push(byte as u8);
                changed = true;
                at += prefix + 2;
            }
            None => {
                out.push(input[at]);
                at += 1;
            }
        }
    }
    changed.then_some(out)
}
