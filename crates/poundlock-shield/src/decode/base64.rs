//! Base64 whose content is text.

/// The fewest characters worth decoding: shorter ones are words.
pub(super) const SHORTEST: usize = 12;

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
    let length = body.iter().filter(|byte| !byte.is_ascii_whitespace()).count() * 6 / 8;
    if length >= 8
        && let Some(out) = text(body, length)
    {
        return Some(out);
    }
    // A piece that was cut out of a longer one starts at another character: what came before it is filled in.
    (1..4).find_map(|filled| plain(body, filled))
}

/// What `body` holds, `length` bytes, if nearly everything is printable: one odd byte in sixteen is allowed.
fn text(body: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut odd = 0;
    decode(body, 0, |_, byte| {
        odd += usize::from(!((0x20..0x7f).contains(&byte) || matches!(byte, b'\t' | b'\n' | b'\r')));
        odd * 16 <= length
    })
}

/// What `body` holds behind as many characters as are `filled` in, if it is text of letters and a few marks, which a
/// wrong start does not give. The first byte is not whole and is left out, the second may be wrong.
fn plain(body: &[u8], filled: usize) -> Option<Vec<u8>> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" ._-/()'\"<>=;,".contains(&byte);
    let out = decode(body, filled, |index, byte| index < 2 || is_plain(byte))?;
    (out.len() >= 8).then(|| out[1..].to_vec())
}

/// Decodes Base64 to whatever it holds; what is not of the alphabet is skipped.
pub(crate) fn base64_bytes(body: &[u8]) -> Vec<u8> {
    decode(body, 0, |_, _| true).unwrap_or_default()
}

/// Decodes Base64 behind so many zero characters, as long as `keep` likes each byte and its index.
fn decode(body: &[u8], zeros: usize, mut keep: impl FnMut(usize, u8) -> bool) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut bits = 0u32;
    let mut count = 0;
    let values = std::iter::repeat_n(0, zeros).chain(body.iter().filter_map(|byte| sextet(*byte)));
    for value in values {
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            let byte = (bits >> count) as u8;
            if !keep(out.len(), byte) {
                return None;
            }
            out.push(byte);
        }
    }
    Some(out)
}

/// The six bits of a character of the standard or the URL alphabet (RFC 4648, 4 and 5).
pub(super) fn sextet(byte: u8) -> Option<u8> {
    let value = SEXTETS[usize::from(byte)];
    (value < 64).then_some(value)
}

/// The values of characters of both alphabets; 255 for all other bytes.
const SEXTETS: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut table = [255; 256];
    let mut value = 0;
    while value < alphabet.len() {
        table[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    table[b'+' as usize] = 62;
    table[b'-' as usize] = 62;
    table[b'/' as usize] = 63;
    table[b'_' as usize] = 63;
    table
};
