//! Whether a `tracestate` may be forwarded. Main function: [`tracestate_is_valid`]. It reads no meaning
//! from it.
//!
//! Source: W3C Trace Context Level 2, section 3.3.

/// The length every participant must be able to forward; longer lists are dropped whole.
pub const TRACESTATE_MAX_BYTES: usize = 512;
/// The members a list may have.
pub const TRACESTATE_MAX_MEMBERS: usize = 32;

const MAX_KEY_BYTES: usize = 256;
const MAX_VALUE_BYTES: usize = 256;

/// Whether a header value (several headers joined by commas) is a valid list that we forward. An empty one
/// is not: there is nothing to forward.
#[must_use]
pub fn tracestate_is_valid(header: &[u8]) -> bool {
    if header.len() > TRACESTATE_MAX_BYTES {
        return false;
    }
    let mut keys: Vec<&[u8]> = Vec::with_capacity(TRACESTATE_MAX_MEMBERS);
    for member in header.split(|byte| *byte == b',').map(trim).filter(|member| !member.is_empty()) {
        let Some(equals) = member.iter().position(|byte| *byte == b'=') else { return false };
        let (key, value) = (&member[..equals], &member[equals + 1..]);
        if !is_key(key) || !is_value(value) || keys.contains(&key) || keys.len() == TRACESTATE_MAX_MEMBERS {
            return false;
        }
        keys.push(key);
    }
    !keys.is_empty()
}

/// `( lcalpha / DIGIT ) 0*255( lcalpha / DIGIT / "_" / "-" / "*" / "/" / "@" )`
fn is_key(key: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    key.len() <= MAX_KEY_BYTES
        && key.first().is_some_and(plain)
        && key.iter().all(|byte| plain(byte) || b"_-*/@".contains(byte))
}

/// `0*255( chr ) nblk-chr`; the comma cannot occur here, and blanks at the end were trimmed.
fn is_value(value: &[u8]) -> bool {
    !value.is_empty()
        && value.len() <= MAX_VALUE_BYTES
        && value.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'=')
}

/// Removes optional white space (RFC 9110, 5.6.3).
fn trim(mut member: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = member {
        member = rest;
    }
    member
}
