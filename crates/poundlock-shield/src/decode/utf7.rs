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
fn run(rest: &[u8]) -> Option<(Vec<u16>, usize)> {
    let length = rest.iter().take(256).take_while(|byte| sextet(**byte).is_some() && **byte != b'-').count();
    let mut bits = 0u32;
    let mut count = 0;
    let mut codes = Vec::new();
    for value in rest[..length].iter().filter_map(|byte| sextet(*byte)) {
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 16 {
            count -= 16;
            codes.push((bits >> count) as u16);
        }
    }
    let closed = rest.get(length) == Some(&b'-');
    // A lone ASCII unit is what an attack looks like; a word after a plus sign is not.
    let plausible = !codes.is_empty() && codes.iter().all(|code| *code < 0x80);
    (plausible && closed).then_some((codes, length + 1))
}
