//! Batch files of Windows.
//!
//! Main item: [`detect`]. `FOR` and `IF` count as the whole value, with what only batch files have behind them.

use crate::{
    class::Class,
    detect::{Hits, LIKELY},
};

/// How much of a value is looked at.
const LONGEST: usize = 256;

/// Words between the sides of a comparison.
const COMPARISONS: [&[u8]; 7] = [b" equ ", b" neq ", b" lss ", b" leq ", b" gtr ", b" geq ", b"=="];

/// Questions that `IF` asks.
const QUESTIONS: [&[u8]; 4] = [b"exist", b"errorlevel", b"defined", b"cmdextversion"];

/// `for /f %x in (…)`, `if "%1" == "x" …`, `if not exist x (…)`
pub(super) fn detect(text: &[u8], hits: &mut Hits) {
    let line = text[..text.len().min(LONGEST)].trim_ascii_start();
    let line = line.strip_prefix(b"&").unwrap_or(line).trim_ascii_start();
    let starts = |word: &[u8]| line.len() > word.len() && line[..word.len()].eq_ignore_ascii_case(word);
    let found = (starts(b"for ") && loops(line)) || (starts(b"if ") && asks(line));
    if found {
        hits.add(Class::Command, "batch", 0..text.len().min(64), LIKELY);
    }
}

fn loops(line: &[u8]) -> bool {
    let line = line.to_ascii_lowercase();
    let has = |part: &[u8]| memchr::memmem::find(&line, part).is_some();
    line.contains(&b'%') && (has(b" in ") || has(b" in(")) && has(b"do")
}

fn asks(line: &[u8]) -> bool {
    let line = line.to_ascii_lowercase();
    let mut words = line[3..].split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    let mut first = words.next().unwrap_or_default();
    while matches!(first, b"not" | b"/i") {
        first = words.next().unwrap_or_default();
    }
    let question = QUESTIONS.contains(&first) && words.nth(1).is_some();
    let marked = line.iter().any(|byte| matches!(byte, b'%' | b'"' | b'/' | b'='));
    question || (marked && COMPARISONS.iter().any(|part| memchr::memmem::find(&line, part).is_some()))
}
