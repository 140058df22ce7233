//! How a journal is written and read.
//!
//! Main items: [`line()`] and [`replay`]. They do not know where it is kept.
//!
//! A line is `LENGTH CHECKSUM JSON\n`: the checksum is the first 12 digits of the SHA-256 of the JSON. A crash may leave
//! the last line torn; then the effect that it speaks of was not begun, and the line before counts.

use super::{Record, State, state::DeploymentId};
use crate::digest::{Digest, canonical};

/// The most bytes of a line: a state with all its warnings, of which each byte is written as six.
pub const MAX_LINE: usize = 131_072;

/// What a journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// The last state.
    pub state: State,
    /// Records that were read.
    pub records: u64,
    /// Bytes that are good; the rest is to be cut off before the next line is written.
    pub good: usize,
    /// Whether the last line was torn.
    pub torn: bool,
}

/// Why a journal cannot be used. Trying again does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Not even the first record is whole.
    #[error("the journal has no whole record")]
    Empty,
    /// There are good lines behind a bad one: that is no torn end.
    #[error("record {number} of the journal is damaged, and others follow it")]
    Damaged {
        /// Which, from 1.
        number: u64,
    },
    /// A record of an other deployment.
    #[error("record {number} of the journal belongs to deployment {other}")]
    Foreign {
        /// Which, from 1.
        number: u64,
        /// Whose it is.
        other: DeploymentId,
    },
}

/// A record as a line.
pub fn line(record: &Record) -> Vec<u8> {
    let json = canonical(record);
    let mut line = format!("{} {} ", json.len(), Digest::of(&json).short()).into_bytes();
    line.extend(json);
    line.push(b'\n');
    line
}

/// Reads a deployment's journal.
pub fn replay(deployment: DeploymentId, bytes: &[u8]) -> Result<Replayed, JournalError> {
    let mut last = None;
    let (mut records, mut good) = (0, 0);
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    while let Some(text) = lines.next() {
        let number = records + 1;
        let Some(record) = read(text) else {
            if lines.any(|text| read(text).is_some()) {
                return Err(JournalError::Damaged { number });
            }
            break;
        };
        if record.deployment != deployment {
            return Err(JournalError::Foreign { number, other: record.deployment });
        }
        last = Some(record.state);
        records = number;
        good += text.len();
    }
    let state = last.ok_or(JournalError::Empty)?;
    Ok(Replayed { state, records, good, torn: good < bytes.len() })
}

fn read(line: &[u8]) -> Option<Record> {
    let text = std::str::from_utf8(line.strip_suffix(b"\n")?).ok().filter(|text| text.len() <= MAX_LINE)?;
    let (length, rest) = text.split_once(' ')?;
    let (checksum, json) = rest.split_once(' ')?;
    let whole = length.parse() == Ok(json.len()) && Digest::of(json.as_bytes()).short() == checksum;
    whole.then(|| serde_json::from_str(json).ok()).flatten()
}
