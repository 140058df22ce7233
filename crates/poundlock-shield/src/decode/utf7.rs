//! UTF-7, which old browsers guessed from its look.

use super::{base64::sextet, push_code_point, rewrite};

/// Decodes `+…-` runs of modified Base64 (RFC 2152) when at least one of them is a character of
/// markup.
///
/// Returns `None` when nothing changes.
pub fn utf7(input: &[u8]) -> Option<Vec<u8>> {
    memchr::memmem::find(input, b"+A")?;
    let mut markup = false;
    let find = |rest: &[u8]| memchr::memchr(b'+', rest);
    let out = rewrite(input, find, |rest, out| {
        let (codes, length) = run(&rest[1..])?;
        markup |= codes.iter().any(|code| matches!(code, 0x22 | 0x27 | 0x3c | 0x3e));
        codes.into_iter().for_each(|code| push_code_point(out, u32::from(code)));
        Some(1 + length)
    });
    out.filter(|_| markup)
}

/// The UTF-16 units after a `+` and the length of the run, its `-` included.
///
/// A lone ASCII unit is what an attack looks like; a word after a plus sign is not, and its first letters say so.
fn run(rest: &[u8]) -> Option<(Vec<u16>, usize)> {
    let mut bits = 0u32;
    let mut count = 0;
    let mut codes = Vec::new();
    let mut length = 0;
    for value in rest.iter().take(256).take_while(|byte| **byte != b'-').map_while(|byte| sextet(*byte)) {
        length += 1;
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if length == 1 && value != 0 {
            return None;
        }
        if count >= 16 {
            count -= 16;
            let code = (bits >> count) as u16;
            if code >= 0x80 {
                return None;
            }
            codes.push(code);
        }
    }
    let closed = rest.get(length) == Some(&b'-');
    (!codes.is_empty() && closed).then_some((codes, length + 1))
}
