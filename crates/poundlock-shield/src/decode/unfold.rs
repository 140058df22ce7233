//! Unfolding a value into everything it may mean.
//!
//! Main item: [`variants`]. A decoder that changes a variant makes a new one, until nothing is new or a
//! limit is reached; so mixed and repeated encodings need no rules of their own.

use super::{
    Step, base64, base64::SHORTEST, entities, escapes, hex_bytes, narrow, overlong, percent, strip_comments,
    strip_controls, utf7, utf8::is_long_lead, width::is_wide_lead,
};
use std::borrow::Cow;

/// How many decodings are applied on top of each other.
pub const MAX_DEPTH: usize = 6;

/// How many readings of one value are looked at.
pub const MAX_VARIANTS: usize = 14;

/// One reading of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant<'v> {
    /// The decodings that led to it, first one first.
    pub chain: Vec<Step>,
    /// The bytes.
    pub bytes: Cow<'v, [u8]>,
}

type Decoder = fn(&[u8]) -> Option<Vec<u8>>;

/// The decoders with the marks that give a reason to try them, the likely ones first: the limit on variants cuts
/// the tail.
const DECODERS: [(Step, u16, Decoder); 11] = [
    (Step::Percent, PERCENT, |input| percent(input, Step::Percent)),
    (Step::Overlong, LONG, overlong),
    (Step::Entity, AMPERSAND, entities),
    (Step::Width, WIDE, narrow),
    (Step::Escape, BACKSLASH, escapes),
    (Step::Controls, CONTROL, strip_controls),
    (Step::Comments, STAR, strip_comments),
    (Step::Base64, DENSE, base64),
    (Step::Hex, CROSS, hex_bytes),
    (Step::Utf7, PLUS, utf7),
    (Step::Plus, PLUS, pluses),
];

/// All readings of `value`, itself first.
///
/// At most [`MAX_VARIANTS`], none more than [`MAX_DEPTH`] decodings deep. No decoder makes a value much longer
/// (a `%uXXXX` of six bytes becomes three), so memory is bounded by the length times the limit.
pub fn variants(value: &[u8]) -> Vec<Variant<'_>> {
    let mut readings = Readings::new(value, &[]);
    let mut at = 0;
    while readings.get(at).is_some() {
        at += 1;
    }
    readings.found
}

/// The readings of a value, each made when it is asked for.
pub(crate) struct Readings<'v> {
    found: Vec<Variant<'v>>,
    /// How many decodings led to the value itself.
    base: usize,
    /// The reading that is unfolded, its marks, and the next decoder to try on it.
    from: usize,
    marks: u16,
    decoder: usize,
}

impl<'v> Readings<'v> {
    /// The readings of what `chain` has led to.
    pub(crate) fn new(value: &'v [u8], chain: &[Step]) -> Self {
        let plain = Variant { chain: chain.to_vec(), bytes: Cow::Borrowed(value) };
        Self { marks: marks(value), found: vec![plain], base: chain.len(), from: 0, decoder: 0 }
    }

    /// The reading of this index, 0 being the value itself.
    pub(crate) fn get(&mut self, index: usize) -> Option<&Variant<'v>> {
        while self.found.len() <= index {
            if self.found.len() >= MAX_VARIANTS {
                return None;
            }
            if self.decoder == DECODERS.len() || self.marks & ANY == 0 || self.deep() {
                self.from += 1;
                self.marks = marks(&self.found.get(self.from)?.bytes);
                self.decoder = 0;
            } else {
                self.decode();
            }
        }
        self.found.get(index)
    }

    fn deep(&self) -> bool {
        self.found[self.from].chain.len() - self.base >= MAX_DEPTH
    }

    /// Tries the next decoder; keeps what it makes if that is new.
    fn decode(&mut self) {
        let (step, reason, decoder) = DECODERS[self.decoder];
        self.decoder += 1;
        if self.marks & reason == 0 {
            return;
        }
        let from = &self.found[self.from];
        let Some(bytes) = decoder(&from.bytes) else { return };
        if self.found.iter().all(|known| known.bytes != bytes) {
            let chain = from.chain.iter().copied().chain([step]).collect();
            self.found.push(Variant { chain, bytes: Cow::Owned(bytes) });
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
/// The start of UTF-8 that is longer than it need be.
const LONG: u16 = 1 << 1;
const AMPERSAND: u16 = 1 << 2;
const BACKSLASH: u16 = 1 << 3;
const CONTROL: u16 = 1 << 4;
const STAR: u16 = 1 << 5;
const PLUS: u16 = 1 << 6;
/// The `x` of `0x2f`.
const CROSS: u16 = 1 << 7;
/// Punctuation that Base64 does not have.
const LOOSE: u16 = 1 << 8;
/// No [`LOOSE`] byte: it may be Base64 as a whole.
const DENSE: u16 = 1 << 9;
/// The start of a character that may be folded.
const WIDE: u16 = 1 << 10;
const ANY: u16 = PERCENT | LONG | WIDE | AMPERSAND | BACKSLASH | CONTROL | STAR | PLUS | CROSS | DENSE;

fn marks(value: &[u8]) -> u16 {
    let seen = value.iter().fold(0, |seen, byte| seen | MARKS[usize::from(*byte)]);
    if seen & LOOSE == 0 { seen | DENSE } else { seen }
}

/// Whether a decoder may have something to do in `value`. A short word that could be Base64 is none.
pub(crate) fn may_unfold(value: &[u8]) -> bool {
    let marks = marks(value);
    let reasons = if value.len() < SHORTEST { ANY & !DENSE } else { ANY };
    marks & reasons & !CROSS != 0 || (marks & CROSS != 0 && memchr::memchr(b'0', value).is_some())
}

const fn high(byte: u8) -> u16 {
    let long = if is_long_lead(byte) { LONG } else { 0 };
    let wide = if is_wide_lead(byte) { WIDE } else { 0 };
    LOOSE | long | wide
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
            b'x' | b'X' => CROSS,
            0x80..=0xff => high(byte as u8),
            b'\t' | b'\n' | b'\r' | b'/' | b'-' | b'_' | b'=' => 0,
            0..0x20 | 0x7f => CONTROL | LOOSE,
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => 0,
            _ => LOOSE,
        };
        byte += 1;
    }
    table
};
