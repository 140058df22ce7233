//! The identifier of one request. Main type: [`RequestId`], accepted from a trusted peer or made here.
//! It does not know who is trusted.

use super::hex;
use std::fmt;
use thiserror::Error;

const MIN_BYTES: usize = 8;
const MAX_BYTES: usize = 128;
const UUID_BYTES: usize = 36;

/// A request identifier: `^[A-Za-z0-9._-]{8,128}$`, kept inline.
///
/// The character set needs no escape in a header, a JSON string, a log line or a URL.
#[derive(Clone)]
pub struct RequestId {
    bytes: [u8; MAX_BYTES],
    length: u8,
}

/// A request identifier that is not accepted; the caller makes a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RequestIdError {
    /// Not 8 to 128 bytes.
    #[error("a request identifier has 8 to 128 bytes")]
    Length,
    /// A byte other than letters, digits, `.`, `_` and `-`.
    #[error("a request identifier has only letters, digits, `.`, `_` and `-`")]
    Character,
}

impl RequestId {
    /// Takes an identifier that a trusted peer sent.
    ///
    /// # Errors
    /// When its length or characters are not allowed.
    pub fn accept(text: impl AsRef<[u8]>) -> Result<Self, RequestIdError> {
        let text = text.as_ref();
        if !(MIN_BYTES..=MAX_BYTES).contains(&text.len()) {
            return Err(RequestIdError::Length);
        }
        if !text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')) {
            return Err(RequestIdError::Character);
        }
        Ok(Self::from_ascii(text))
    }

    /// Makes a UUID version 7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then 74 of the random bits.
    #[must_use]
    pub fn v7(unix_ms: u64, random: u128) -> Self {
        const RANDOM_A: u128 = 0xfff;
        const RANDOM_B: u128 = (1 << 62) - 1;
        let uuid = u128::from(unix_ms) << 80
            | 0x7 << 76
            | ((random >> 62) & RANDOM_A) << 64
            | 0b10 << 62
            | (random & RANDOM_B);
        let (high, low) = (hex::digits((uuid >> 64) as u64), hex::digits(uuid as u64));
        let mut text = [b'-'; UUID_BYTES];
        text[..8].copy_from_slice(&high[..8]);
        text[9..13].copy_from_slice(&high[8..12]);
        text[14..18].copy_from_slice(&high[12..]);
        text[19..23].copy_from_slice(&low[..4]);
        text[24..].copy_from_slice(&low[4..]);
        Self::from_ascii(&text)
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).expect("every way to make one checks for ASCII")
    }

    /// The identifier as bytes, all of them visible ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    fn from_ascii(text: &[u8]) -> Self {
        let mut bytes = [0; MAX_BYTES];
        bytes[..text.len()].copy_from_slice(text);
        Self { bytes, length: text.len() as u8 }
    }
}

impl PartialEq for RequestId {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for RequestId {}

impl AsRef<str> for RequestId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "RequestId({})", self.as_str())
    }
}
