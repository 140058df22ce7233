//! What follows the quote that ends the literal around the value.
//!
//! Main item: [`broken`].

use super::{
    expr::{Operand, Sentence},
    rules::{Found, nonempty},
    token::Kind,
    word::Word,
};
use crate::detect::{CERTAIN, LIKELY, ODD};

/// `admin' --`, `' + (…)`, `'||'`
pub(super) fn broken(s: &Sentence<'_>, at: usize) -> Found {
    let mut next = at + 1;
    while s.kind(next) == Some(Kind::Close) {
        next += 1;
    }
    if let Some(found) = continued(s, next).filter(|_| !opens(s)) {
        return Some(found);
    }
    match s.kind(next)? {
        // `', 2), (1, (SELECT …`: another row.
        Kind::Comma if next == at + 1 => row(s, next),
        Kind::Tail => tail(s, next),
        Kind::Semicolon if s.kind(next + 1) == Some(Kind::Tail) => tail(s, next + 1),
        Kind::Operator | Kind::Pipes => {
            let right = s.expression(next + 1)?;
            match right.kind {
                Operand::Query | Operand::Probe => Some(("joined", right.end, CERTAIN)),
                Operand::Function | Operand::Case | Operand::Variable => Some(("joined", right.end, LIKELY)),
                Operand::OpenText | Operand::Text if s.kind(next) == Some(Kind::Pipes) => {
                    Some(("joined", right.end, LIKELY))
                }
                _ => Some(("joined", right.end, ODD)),
            }
        }
        _ => None,
    }
}

/// `', 2),(`: the end of one row of values, and the start of another.
fn row(s: &Sentence<'_>, comma: usize) -> Found {
    let mut at = comma;
    for _ in 0..16 {
        if s.kind(at) != Some(Kind::Comma) {
            break;
        }
        at = s.expression(at + 1)?.end;
    }
    let next = s.kind(at) == Some(Kind::Close) && s.kind(at + 1) == Some(Kind::Comma);
    (next && s.kind(at + 2) == Some(Kind::Open)).then_some(("row", at + 3, CERTAIN))
}

/// The query goes on to the end of the value, where a comment hides the rest or the query's own quote
/// closes what was left open: `' = '`, `' / 2 like '3`, `'|name&&'2`.
pub(super) fn continued(s: &Sentence<'_>, at: usize) -> Found {
    let mut at = at;
    let mut last = None;
    let mut compared = false;
    let mut telling = false;
    for _ in 0..16 {
        let start = at;
        while matches!(
            s.kind(at),
            Some(
                Kind::Operator
                    | Kind::Pipes
                    | Kind::Ampersands
                    | Kind::Compare
                    | Kind::Word(Word::And | Word::Compare | Word::Not | Word::Operator)
            )
        ) {
            compared |= matches!(s.kind(at), Some(Kind::Compare | Kind::Word(Word::Compare)));
            at += 1;
        }
        if at == start {
            break;
        }
        let (end, kind) = s.operand(at)?;
        at = end;
        last = Some(kind);
        telling |= kind != Operand::Name;
    }
    let open = last? == Operand::OpenText && s.kind(at).is_none();
    let before = &s.text[..s.tokens[0].start];
    let word = !before.trim_ascii().iter().any(u8::is_ascii_whitespace);
    let single = s.text[s.tokens[0].start] == b'\'';
    // `x'|name--`
    let named = !telling && word && s.text[..].ends_with(b"--");
    if named && s.kind(at) == Some(Kind::Tail) {
        return Some(("continued", at, LIKELY));
    }
    let short = open && before.len() <= 64 && s.spelled(at - 1).len() <= 32;
    let score = match () {
        () if short && single && (word || compared) => CERTAIN,
        () if short && word && nonempty(s, at) => CERTAIN,
        () if s.kind(at) == Some(Kind::Tail) && before.len() <= 64 && (telling || compared) => CERTAIN,
        () => return None,
    };
    Some(("continued", at, score))
}

/// A comment right after the literal was closed: sure when nothing is written in it.
pub(super) fn tail(s: &Sentence<'_>, at: usize) -> Found {
    let comment = s.spelled(at);
    let quote = s.tokens[0].start;
    let quoted = s.text.first().is_some_and(|first| matches!(first, b'\'' | b'"')) && quote > 0;
    let empty =
        comment.iter().skip(2).all(|byte| matches!(byte, 0..=b' ' | b'-' | b'+' | b'*' | b'/' | b'#' | b';'));
    let first_word = s.text[..quote].iter().filter(|byte| byte.is_ascii_whitespace()).count() <= 1;
    let hides = memchr::memmem::find(comment, b"sp_password").is_some();
    match () {
        () if hides => Some(("tail", at + 1, CERTAIN)),
        () if empty && !quoted && first_word => Some(("tail", at + 1, CERTAIN)),
        () if empty => Some(("tail", at + 1, LIKELY)),
        () if first_word && !quoted && comment.len() < 12 => Some(("tail", at + 1, LIKELY)),
        () => Some(("tail", at + 1, ODD)),
    }
}

/// Whether the double quote starts a string rather than ends one: `["-", 1`.
fn opens(s: &Sentence<'_>) -> bool {
    let quote = s.tokens[0].start;
    let before = s.text[..quote].trim_ascii_end().last();
    s.text[quote] == b'"' && before.is_some_and(|byte| b"[{(,:=".contains(byte))
}
