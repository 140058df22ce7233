//! Unfolding a value into everything it may mean.
//!
//! Main item: [`variants`]. A decoder that changes a variant makes a new one, until nothing is new or a
//! limit is reached; so mixed and repeated encodings need no rules of their own.

use super::{
    Step, base64, entities, escapes, hex_bytes, narrow, overlong, percent, strip_comments, strip_controls,
    utf7,
};

/// How many decodings are applied on top of each other.
pub const MAX_DEPTH: usize = 6;

/// How many readings of one value are looked at.
pub const MAX_VARIANTS: usize = 14;

/// One reading of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The decodings that led to it, first one first.
    pub chain: Vec<Step>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

type Decoder = fn(&[u8]) -> Option<Vec<u8>>;

/// The decoders, the likely ones first: the limit on variants cuts the tail.
const DECODERS: [(Step, Decoder); 11] = [
    (Step::Percent, |input| percent(input, Step::Percent)),
    (Step::Overlong, overlong),
    (Step::Entity, entities),
    (Step::Width, narrow),
    (Step::Escape, escapes),
    (Step::Controls, strip_controls),
    (Step::Comments, strip_comments),
    (Step::Base64, base64),
    (Step::Hex, hex_bytes),
    (Step::Utf7, utf7),
    (Step::Plus, pluses),
];

/// All readings of `value`, itself first.
///
/// At most [`MAX_VARIANTS`], none more than [`MAX_DEPTH`] decodings deep. No decoder makes a value much longer
/// (a `%uXXXX` of six bytes becomes three), so memory is bounded by the length times the limit.
pub fn variants(value: Vec<u8>) -> Vec<Variant> {
    let plain = is_plain(&value);
    let mut found = vec![Variant { chain: Vec::new(), bytes: value }];
    if plain {
        return found;
    }
    let mut next = 0;
    while next < found.len() && found.len() < MAX_VARIANTS {
        let source = found[next].clone();
        next += 1;
        if source.chain.len() >= MAX_DEPTH {
            continue;
        }
        for (step, decoder) in DECODERS {
            let Some(bytes) = decoder(&source.bytes) else { continue };
            if found.len() < MAX_VARIANTS && found.iter().all(|known| known.bytes != bytes) {
                let chain = source.chain.iter().copied().chain([step]).collect();
                found.push(Variant { chain, bytes });
            }
        }
    }
    found
}

/// `+` for spaces, in a value that has no spaces and so may still be as a form sent it.
fn pluses(input: &[u8]) -> Option<Vec<u8>> {
    if memchr::memchr2(b' ', b'\n', input).is_some() {
        return None;
    }
    percent(input, Step::Plus)
}

/// Whether no decoder can have an effect: the common case, told by one pass over the bytes.
fn is_plain(value: &[u8]) -> bool {
    let mut seen = 0u8;
    for byte in value {
        seen |= MARKS[usize::from(*byte)];
    }
    if seen & MARK != 0 {
        return false;
    }
    // Base64 has no spaces and `0x2f` has a digit before its letter: rare enough to be tried.
    seen & SPACE != 0 && memchr::memmem::find(value, b"0x").is_none()
}

const MARK: u8 = 1;
const SPACE: u8 = 2;

/// Bytes that a decoder looks for.
const MARKS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'%' | b'&' | b'\\' | b'*' | 0x7f..=0xff => MARK,
            b'\t' | b'\n' | b'\r' | b' ' => SPACE,
            0..0x20 => MARK,
            _ => 0,
        };
        byte += 1;
    }
    table
};
