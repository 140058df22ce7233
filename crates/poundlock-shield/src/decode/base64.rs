//! Base64 whose content is text.

/// The fewest characters worth decoding: shorter ones are words.
const SHORTEST: usize = 12;

/// Decodes a value that is Base64 as a whole (standard or URL alphabet, padding optional, white
/// space allowed), when what comes out is text.
///
/// Returns `None` for anything else: most words are Base64 of something, but not of text.
pub fn base64(input: &[u8]) -> Option<Vec<u8>> {
    let trimmed = input.trim_ascii();
    let body = trimmed.strip_suffix(b"==").or_else(|| trimmed.strip_suffix(b"=")).unwrap_or(trimmed);
    if body.len() < SHORTEST || !body.iter().all(|byte| sextet(*byte).is_some() || byte.is_ascii_whitespace())
    {
        return None;
    }
    let out = base64_bytes(body);
    if is_text(&out) {
        return Some(out);
    }
    // A piece that was cut out of a longer one starts at another character: what came before it is filled in.
    let filled = |count: usize| base64_bytes(&[&b"AAA"[..count], body].concat());
    (1..4).map(|count| filled(count)[1..].to_vec()).find(|out| is_plain(out))
}

/// Whether it is text of letters and a few marks, which a wrong start does not give.
fn is_plain(bytes: &[u8]) -> bool {
    let bytes = bytes.get(1..).unwrap_or_default();
    bytes.len() >= 6
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b" ._-/()'\"<>=;,".contains(byte))
}

/// Decodes Base64 to whatever it holds; what is not of the alphabet is skipped.
pub(crate) fn base64_bytes(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let mut bits = 0u32;
    let mut count = 0;
    for value in body.iter().filter_map(|byte| sextet(*byte)) {
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

/// The six bits of a character of the standard or the URL alphabet (RFC 4648, 4 and 5).
pub(super) fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Whether nearly everything is printable: one odd byte in sixteen is allowed.
fn is_text(bytes: &[u8]) -> bool {
    let plain = |byte: &&u8| (0x20..0x7f).contains(*byte) || matches!(byte, b'\t' | b'\n' | b'\r');
    let odd = bytes.len() - bytes.iter().filter(plain).count();
    bytes.len() >= 8 && odd * 16 <= bytes.len()
}
