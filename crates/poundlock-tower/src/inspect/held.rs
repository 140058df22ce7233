//! The beginning of a body that waits for its verdict.
//!
//! Main type: [`Held`]. It copies what comes in pieces: a piece of a byte may keep a whole buffer alive.

use bytes::{Bytes, BytesMut};

/// Bytes in one buffer. A body that comes in one piece is not copied.
#[derive(Debug, Default)]
pub(super) struct Held {
    one: Bytes,
    more: BytesMut,
}

impl Held {
    pub(super) fn len(&self) -> usize {
        self.one.len() + self.more.len()
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        if self.len() == 0 {
            self.one = piece;
            return;
        }
        if self.more.is_empty() {
            self.more.extend_from_slice(&std::mem::take(&mut self.one));
        }
        self.more.extend_from_slice(&piece);
    }

    pub(super) fn into_bytes(self) -> Bytes {
        if self.more.is_empty() { self.one } else { self.more.freeze() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_put_together_and_one_is_not_copied() {
        let piece = Bytes::from(vec![7; 100]);
        let mut held = Held::default();
        held.push(piece.clone());
        assert_eq!(held.len(), 100);
        held.push(Bytes::from_static(b"ab"));
        held.push(Bytes::from_static(b"c"));
        assert_eq!((held.len(), &held.into_bytes()[99..]), (103, &b"\x07abc"[..]));
        let mut held = Held::default();
        held.push(piece.clone());
        assert_eq!(held.into_bytes().as_ptr(), piece.as_ptr());
    }
}
