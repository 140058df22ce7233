//! Names that give an attack away: functions, classes, objects and agents.
//!
//! Main items: [`TERMS`], which the prefilter looks for, and [`judge`]. A term counts only with what must
//! stand around it.

mod table;

use super::{CERTAIN, Hits, LIKELY, ODD, Subject, path};
use crate::class::Place;
pub(super) use table::TERMS;

/// A name, and what it says.
#[derive(Debug, Clone)]
pub(super) struct Term {
    /// In lower case.
    pub(super) text: String,
    pub(super) class: crate::class::Class,
    pub(super) rule: &'static str,
    pub(super) score: u8,
    pub(super) need: Need,
}

/// What must stand around a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing.
    Any,
    /// No letter before it.
    Start,
    /// No letter before it, and a `(` after it.
    Call,
    /// As [`Need::Call`], for names that texts have as well: with an argument that is code.
    Code,
    /// No letter after it.
    End,
    /// It is a file; the rules of paths judge it.
    File,
    /// It is in a header.
    Header,
}

/// How long a text is in which a name is not an example.
const LONG: usize = 512;

/// Judges the term that was found to end at `end`.
pub(super) fn judge(subject: &Subject<'_>, term: &Term, end: usize, hits: &mut Hits) {
    let text = subject.text;
    let start = end - term.text.len();
    let before = start.checked_sub(1).map_or(b' ', |at| text[at]);
    let free = !(before.is_ascii_alphanumeric() || before == b'_');
    let after = text.get(end).copied().unwrap_or(b' ');
    let fits = match term.need {
        Need::Any => true,
        Need::End => !after.is_ascii_alphanumeric(),
        Need::File => return path::file(subject, start, end, term.score, hits),
        Need::Start => free,
        Need::Call | Need::Code => free && calls(text, end).is_some(),
        Need::Header => subject.place == Place::Header,
    };
    if !fits {
        return;
    }
    let mut score = term.score;
    if term.need == Need::Code {
        score = code(text, start, end).min(term.score);
    }
    // What no text has but an attack is one in a long value too.
    let odd = term.text.bytes().any(|byte| b"#${}@(%".contains(&byte));
    if text.len() > LONG && term.need != Need::Header && !odd {
        score = score.min(LIKELY);
    }
    hits.add(term.class, term.rule, start..end, score);
}

/// The index after the `(` that follows a name; white space and comments may stand between.
fn calls(text: &[u8], end: usize) -> Option<usize> {
    let spaces = text[end..].iter().take(16).take_while(|byte| **byte <= b' ').count();
    let mut at = end + spaces;
    if text[at..].starts_with(b"/*") {
        at += memchr::memmem::find(&text[at..], b"*/")? + 2;
    }
    (text.get(at) == Some(&b'(')).then_some(at + 1)
}

/// How sure a call of a function with a common name is an attack: by its argument and by what stands before.
fn code(text: &[u8], start: usize, end: usize) -> u8 {
    let Some(argument) = calls(text, end) else { return ODD };
    let tight = argument == end + 1;
    let first = text.get(argument).copied().unwrap_or(b' ');
    let literal = matches!(first, b'\'' | b'"' | b'$' | b'`' | b'\\');
    let named = text[argument..]
        .iter()
        .take(24)
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
        .count();
    let nested = named > 0 && text.get(argument + named) == Some(&b'(');
    let before = text[..start].trim_ascii_end().last().copied();
    let broken = before.is_none_or(|byte| b";'\"{(.@=,&|)}<>?+-!:".contains(&byte));
    match () {
        () if broken && (literal || nested) => CERTAIN,
        () if literal || nested => LIKELY,
        () if broken && tight && closes(text, argument) => LIKELY,
        () => ODD,
    }
}

/// Whether the call is closed near.
fn closes(text: &[u8], argument: usize) -> bool {
    memchr::memchr(b')', &text[argument..text.len().min(argument + 64)]).is_some()
}
