//! Whose budget is charged, as every store writes it.
//!
//! Main types: [`Key`], a short text, and [`KeySpec`], how it is made from the [`Facts`] of a request. They do not know HTTP
//! types.

use std::fmt;

mod spec;
mod writer;

pub use spec::{Facts, KeyPart, KeySpec, KeySyntax, NAME_MAX, PARTS_MAX, V6_PREFIX};

/// The longest key, in bytes. What is longer, or secret, is hashed by whoever makes the key.
pub const KEY_MAX: usize = 95;

/// A key: a short text of visible ASCII, kept in place so that making one allocates nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    len: u8,
    bytes: [u8; KEY_MAX],
}

impl Key {
    /// The empty key: one budget for everybody.
    pub const EMPTY: Self = Self { len: 0, bytes: [0; KEY_MAX] };

    /// A key of this text; `None` if it is longer than [`KEY_MAX`] or has other characters than visible ASCII.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let mut key = Self::EMPTY;
        (text.bytes().all(|b| b.is_ascii_graphic()) && text.len() <= KEY_MAX).then(|| {
            key.bytes[..text.len()].copy_from_slice(text.as_bytes());
            key.len = text.len() as u8;
            key
        })
    }

    /// A key of what a writer has written, which is visible ASCII; `None` if it is longer than [`KEY_MAX`].
    fn written(text: &[u8]) -> Option<Self> {
        debug_assert!(text.iter().all(u8::is_ascii_graphic));
        let mut key = Self::EMPTY;
        key.bytes.get_mut(..text.len())?.copy_from_slice(text);
        key.len = text.len() as u8;
        Some(key)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("a key is made of ASCII")
    }

    /// The text as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?})", self.as_str())
    }
}
