//! Objects that a PDF keeps in compressed streams (ISO 32000-1, 7.5.7).
//!
//! Main type: [`Objects`]. It inflates what passes, hands out the names in it and keeps nothing else.

use super::names::NameReader;
use flate2::{Decompress, FlushDecompress, Status};

/// The most bytes of objects in one file, inflated.
pub(super) const MAX_OBJECT_BYTES: u64 = 32 << 20;

/// A stream of objects that is being inflated.
#[derive(Debug)]
pub(super) struct Objects {
    inflater: Decompress,
    names: NameReader,
}

/// What came of a part of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// All of it was taken, and the stream goes on.
    More,
    /// The stream ended after so many bytes.
    Ended(usize),
    /// It is damaged, encrypted, or larger than what is left of [`MAX_OBJECT_BYTES`].
    Unreadable,
}

impl Objects {
    pub(super) fn new() -> Self {
        Self { inflater: Decompress::new(true), names: NameReader::default() }
    }

    /// Bytes that came out so far.
    pub(super) fn bytes(&self) -> u64 {
        self.inflater.total_out()
    }

    /// Inflates a part of the stream and calls `visit` with each name in it, while no more than `room` bytes come out.
    pub(super) fn feed(&mut self, input: &[u8], room: u64, visit: &mut dyn FnMut(&[u8])) -> Progress {
        let (mut out, mut at) = ([0; 4_096], 0);
        loop {
            let (taken, made) = (self.inflater.total_in(), self.inflater.total_out());
            let status = self.inflater.decompress(&input[at..], &mut out, FlushDecompress::None);
            let made = (self.inflater.total_out() - made) as usize;
            at += (self.inflater.total_in() - taken) as usize;
            let end = if matches!(status, Ok(Status::StreamEnd)) { Some(b' ') } else { None };
            out[..made]
                .iter()
                .chain(&end)
                .filter_map(|byte| self.names.push(*byte))
                .for_each(|name| visit(&name));
            match status {
                Err(_) => return Progress::Unreadable,
                _ if self.bytes() > room => return Progress::Unreadable,
                Ok(Status::StreamEnd) => return Progress::Ended(at),
                _ if at == input.len() && made < out.len() => return Progress::More,
                _ => {}
            }
        }
    }
}
