//! `0x2f` written where a byte is meant.

use super::number;

/// Replaces `0xHH` (and `xHH` right after one) by the byte, when that byte can be printed.
///
/// Returns `None` when nothing changes. Longer numbers (`0x3a3a`) are numbers and stay.
pub fn hex_bytes(input: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut copied = 0;
    for at in memchr::memchr2_iter(b'x', b'X', input) {
        // Right after one, the zero may be left out.
        let zero = at > copied && input[at - 1] == b'0';
        let byte = number(&input[at + 1..], 2).filter(|byte| (0x20..0x7f).contains(byte));
        if let Some(byte) = byte.filter(|_| zero || copied > 0) {
            out.extend_from_slice(&input[copied..at - usize::from(zero)]);
            out.push(byte as u8);
            copied = at + 3;
        }
    }
    out.extend_from_slice(&input[copied..]);
    (copied > 0).then_some(out)
}
