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

/// The decoders with the marks that give a reason to try them, the likely ones first: the limit on variants cuts
/// the tail.
const DECODERS: [(Step, u16, Decoder); 11] = [
    (Step::Percent, PERCENT, |input| percent(input, Step::Percent)),
    (Step::Overlong, HIGH, overlong),
    (Step::Entity, AMPERSAND, entities),
    (Step::Width, HIGH, narrow),
    (Step::Escape, BACKSLASH, escapes),
    (Step::Controls, CONTROL, strip_controls),
    (Step::Comments, STAR, strip_comments),
    (Step::Base64, DENSE, base64),
    (Step::Hex, DIGIT, hex_bytes),
    (Step::Utf7, PLUS, utf7),
    (Step::Plus, PLUS, pluses),
];

/// All readings of `value`, itself first.
///
/// At most [`MAX_VARIANTS`], none more than [`MAX_DEPTH`] decodings deep. No decoder makes a value much longer
/// (a `%uXXXX` of six bytes becomes three), so memory is bounded by the length times the limit.
pub fn variants(value: Vec<u8>) -> Vec<Variant> {
    let mut found = vec![Variant { chain: Vec::new(), bytes: value }];
    let mut next = 0;
    while next < found.len() && found.len() < MAX_VARIANTS {
        unfold(&mut found, next);
        next += 1;
    }
    found
}

/// Adds what the decoders make of the variant at `from`.
fn unfold(found: &mut Vec<Variant>, from: usize) {
    let marks = marks(&found[from].bytes);
    if marks & ANY == 0 || found[from].chain.len() >= MAX_DEPTH {
        return;
    }
    for (step, reason, decoder) in DECODERS {
        if marks & reason == 0 || found.len() >= MAX_VARIANTS {
            continue;
        }
        let Some(bytes) = decoder(&found[from].bytes) else { continue };
        if found.iter().all(|known| known.bytes != bytes) {
            let chain = found[from].chain.iter().copied().chain([step]).collect();
            found.push(Variant { chain, bytes });
        }
    }
}

/// `+` for spaces, in a value that has no spaces and so may still be as a form sent it.
fn pluses(input: &[u8]) -> Option<Vec<u8>> {
    if memchr::memchr2(b' ', b'\n', input).is_some() {
        return None;
    }
    percent(input, Step::Plus)
}

const PERCENT: u16 = 1;
const HIGH: u16 = 1 << 1;
const AMPERSAND: u16 = 1 << 2;
const BACKSLASH: u16 = 1 << 3;
const CONTROL: u16 = 1 << 4;
const STAR: u16 = 1 << 5;
const PLUS: u16 = 1 << 6;
/// A zero, which `0x2f` starts with.
const DIGIT: u16 = 1 << 7;
/// Punctuation that Base64 does not have.
const LOOSE: u16 = 1 << 8;
/// No [`LOOSE`] byte: it may be Base64 as a whole.
const DENSE: u16 = 1 << 9;
const ANY: u16 = PERCENT | HIGH | AMPERSAND | BACKSLASH | CONTROL | STAR | PLUS | DIGIT | DENSE;

fn marks(value: &[u8]) -> u16 {
    let seen = value.iter().fold(0, |seen, byte| seen | MARKS[usize::from(*byte)]);
    if seen & LOOSE == 0 { seen | DENSE } else { seen }
}

/// The marks of each byte.
const MARKS: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'%' => PERCENT | LOOSE,
            b'&' => AMPERSAND | LOOSE,
            b'\\' => BACKSLASH | LOOSE,
            b'*' => STAR | LOOSE,
            b'+' => PLUS,
            b'0' => DIGIT,
            0x80..=0xff => HIGH | LOOSE,
            b'\t' | b'\n' | b'\r' | b'/' | b'-' | b'_' | b'=' => 0,
            0..0x20 | 0x7f => CONTROL | LOOSE,
            b'1'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => 0,
            _ => LOOSE,
        };
        byte += 1;
    }
    table
};
