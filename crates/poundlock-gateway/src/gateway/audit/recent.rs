//! The latest findings, in memory.
//!
//! Main type: [`Recent`]. It keeps lines and knows nothing of what is in them.

use super::Line;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Lines that are kept …
const MOST: usize = 10_000;
/// … and their bytes.
const MOST_BYTES: usize = 8 << 20;

/// A ring of lines.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    lines: VecDeque<Line>,
    bytes: usize,
}

impl Recent {
    /// Keeps a line, and forgets the oldest when there are too many.
    pub(super) fn add(&self, line: Line) {
        let mut ring = self.ring();
        ring.bytes += line.json.len();
        ring.lines.push_back(line);
        while ring.lines.len() > MOST || ring.bytes > MOST_BYTES {
            let Some(oldest) = ring.lines.pop_front() else { return };
            ring.bytes -= oldest.json.len();
        }
    }

    /// The lines since then, the latest last.
    pub(super) fn since(&self, begin: SystemTime) -> Vec<Box<str>> {
        let ring = self.ring();
        let recent = ring.lines.iter().filter(|line| line.time >= begin);
        recent.map(|line| line.json.clone()).collect()
    }

    /// Only whole changes are made under the lock.
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
