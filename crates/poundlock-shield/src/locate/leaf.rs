//! Collects the bytes of a leaf and hands them out.
//!
//! Main types: [`Leaf`], what is handed out; [`Leaves`], who takes it; [`Gather`], which parsers push bytes
//! into.

use super::Oddity;
use crate::scan::{OVERLAP, WINDOW};
use std::borrow::Cow;

/// The longest name of a leaf, in bytes; a longer one is cut.
pub const MAX_FIELD: usize = 256;

/// A value of a body, or a window of a long one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// Its place in the body: `user.name`, `items[].id`, a form field; `""` for the body itself.
    pub field: &'a str,
    /// Its bytes, without the encoding of the body's format.
    pub bytes: &'a [u8],
    /// How it is to be read.
    pub role: Role,
}

/// What a leaf is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A value that the service will use.
    Value,
    /// A name that the sender chose: a key, a field.
    Name,
    /// The name of an uploaded file.
    FileName,
    /// The content of an uploaded file: of anything but text, only what runs is an attack.
    File,
    /// Percent escapes and `+` are still in it.
    Form,
    /// A declaration of XML: `<!DOCTYPE …>`, `<!ENTITY …>`, an instruction.
    Declaration,
    /// A body of no known format.
    Raw,
}

/// Who takes leaves and oddities.
pub trait Leaves {
    /// A leaf, or a window of one.
    fn leaf(&mut self, leaf: Leaf<'_>);
    /// Something that is not as it should be.
    fn oddity(&mut self, oddity: Oddity);
}

/// The bytes of the leaf that is being read.
#[derive(Default)]
pub(super) struct Gather {
    bytes: Vec<u8>,
    /// Whether a window of this leaf has been handed out.
    cut: bool,
}

impl Gather {
    /// Adds a byte; hands a window out when it is full.
    pub(super) fn push(&mut self, byte: u8, field: &str, role: Role, out: &mut impl Leaves) {
        if self.bytes.len() >= WINDOW {
            out.leaf(Leaf { field, bytes: &self.bytes, role });
            self.bytes.drain(..WINDOW - OVERLAP);
            self.cut = true;
        }
        self.bytes.push(byte);
    }

    /// Adds many.
    pub(super) fn extend(&mut self, mut bytes: &[u8], field: &str, role: Role, out: &mut impl Leaves) {
        while let Some((first, rest)) = bytes.split_first() {
            self.push(*first, field, role, out);
            let take = rest.len().min(WINDOW - self.bytes.len());
            self.bytes.extend_from_slice(&rest[..take]);
            bytes = &rest[take..];
        }
    }

    /// Hands out what is left, and starts anew.
    pub(super) fn end(&mut self, field: &str, role: Role, out: &mut impl Leaves) {
        if self.bytes.len() > if self.cut { OVERLAP } else { 0 } {
            out.leaf(Leaf { field, bytes: &self.bytes, role });
        }
        self.clear();
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.cut = false;
    }

    /// What was gathered, as a name.
    pub(super) fn name(&self) -> Cow<'_, str> {
        let bytes = &self.bytes[..self.bytes.len().min(MAX_FIELD)];
        String::from_utf8_lossy(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
