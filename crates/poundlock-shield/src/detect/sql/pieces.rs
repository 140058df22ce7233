//! Pieces of SQL that mean nothing by themselves.
//!
//! Main item: [`at`]. Only short values are looked at, and no piece is sure: what is cut out of a query is also
//! how filters and formulas begin.

use super::{
    expr::{Operand, Sentence},
    token::Kind,
    word::Word,
};

/// The longest value that may be a piece.
pub(super) const LONGEST: usize = 128;

/// The piece that starts at the token `at`: the index after it.
pub(super) fn at(s: &Sentence<'_>, at: usize) -> Option<usize> {
    s.refuel();
    match s.kind(at)? {
        Kind::Word(Word::And | Word::Operator) | Kind::Pipes | Kind::Ampersands => joined(s, at),
        Kind::Word(Word::Compare) => compares(s, at),
        Kind::Word(Word::As) => renamed(s, at),
        Kind::Word(Word::When) => {
            (s.expression(at + 1)?.constant && s.is(s.expression(at + 1)?.end, Word::Then)).then_some(at + 3)
        }
        Kind::Word(Word::From) => {
            let (end, _) = s.operand(at + 1)?;
            let goes_on = matches!(s.kind(end), Some(Kind::Word(Word::Limit | Word::Group | Word::Order)));
            goes_on.then_some(end + 1)
        }
        Kind::Word(Word::Order | Word::Group) => {
            (at == 0 && s.is(1, Word::By) && s.kind(2).is_none()).then_some(2)
        }
        Kind::Word(Word::Statement) => verb(s, at),
        Kind::Word(Word::Union) => union(s, at),
        Kind::Word(Word::Catalogue) => {
            (at == 0 && s.kind(1).is_none_or(|kind| kind == Kind::Dot)).then_some(1)
        }
        Kind::Compare => tautology(s, at),
        Kind::Open => query(s, at),
        Kind::Dot => cast(s, at),
        Kind::Break => broken(s, at),
        Kind::Number | Kind::Text if at == 0 => s
            .condition(0)
            .filter(|c| c.word && c.left.constant && c.right.constant && s.ends(c.end))
            .map(|c| c.end),
        _ => None,
    }
}

/// `AND 7829=(`, `or 'a' <`, `|| c ==`, `xor 5-`, `or 1#`
fn joined(s: &Sentence<'_>, at: usize) -> Option<usize> {
    // A sign joins the parts of addresses and searches as well.
    let first = at == 0 || s.spelled(at - 1) == b"=";
    if !first && s.kind(at) != Some(Kind::Word(Word::And)) {
        return None;
    }
    let opened = s.skip_open(at + 1);
    if s.is(at, Word::And) && s.kind(opened) == Some(Kind::Other) && s.spelled(opened) == b"{" {
        return Some(opened + 1);
    }
    if s.kind(at) == Some(Kind::Word(Word::Operator)) && opened > at + 1 && at == 0 {
        return Some(opened);
    }
    let operand = s.expression(opened)?;
    let end = operand.end;
    let cut = s.kind(end + 1).is_none();
    let logical = s.kind(at) != Some(Kind::Word(Word::Operator));
    match s.kind(end) {
        Some(Kind::Compare) => Some(end + 1),
        Some(Kind::Operator | Kind::Comma) if operand.constant && (cut || at <= 1) && logical => {
            Some(end + 1)
        }
        Some(Kind::Tail) if operand.constant && logical => Some(end + 1),
        Some(Kind::Word(Word::Name)) if operand.kind == Operand::Text && at == 0 => Some(end + 1),
        None if matches!(operand.kind, Operand::OpenText) && at <= 1 => Some(end),
        None if matches!(operand.kind, Operand::Literal) && s.kind(0) == Some(Kind::Number) && at == 1 => {
            Some(end)
        }
        _ => None,
    }
}

/// `in (1,-1)`, `LIKE NULL`, `) like (`, `x LIKE '`
fn compares(s: &Sentence<'_>, at: usize) -> Option<usize> {
    let start = at == 0 || (at == 1 && s.kind(0) == Some(Kind::Close));
    match s.kind(at + 1) {
        Some(Kind::Open) if start => Some(at + 2),
        Some(Kind::Word(Word::Literal)) if at == 0 => Some(at + 2),
        Some(Kind::OpenText) if s.spelled(at + 1).len() == 1 => Some(at + 2),
        None if at == 0 && s.spelled(0).len() > 4 => Some(1),
        _ => None,
    }
}

/// `) AS x FROM`
fn renamed(s: &Sentence<'_>, at: usize) -> Option<usize> {
    let from = (at + 1..at + 4).find(|at| s.is(*at, Word::From))?;
    let before = s.kind(at.checked_sub(1)?)?;
    matches!(before, Kind::Close | Kind::Number | Kind::OpenText | Kind::Word(Word::Name) | Kind::Text)
        .then_some(from + 1)
}

/// `'alter a`, `DROP/* */x`, `drop x;--`, `create table x`
fn verb(s: &Sentence<'_>, at: usize) -> Option<usize> {
    let known = ["alter", "create", "drop", "delete", "insert", "truncate", "declare"];
    let runs = s.says(at, "exec") || s.says(at, "execute");
    if !runs && !known.iter().any(|word| s.says(at, word)) {
        return None;
    }
    let next = s.tokens.get(at + 1);
    let gap = next.is_some_and(|next| s.text[s.tokens[at].end..next.start].contains(&b'*'));
    let last = s.tokens.last().map(|token| token.kind);
    let hidden = last == Some(Kind::Tail) && s.tokens.len() <= at + 5;
    let broken = at > 0 && matches!(s.kind(at - 1), Some(Kind::Break | Kind::Semicolon));
    let table = s.is(at + 1, Word::Table) && matches!(s.kind(at + 2), Some(Kind::Word(Word::Name)));
    let bare = runs && at == 0 && s.kind(2).is_none() && s.kind(1) == Some(Kind::Word(Word::Name));
    (gap || hidden || broken || (table && s.kind(at + 3).is_none()) || bare).then_some(at + 1)
}

/// `2 union all/…`, `' union/`
fn union(s: &Sentence<'_>, at: usize) -> Option<usize> {
    let before = s.kind(at.checked_sub(1)?)?;
    let cut = matches!(s.kind(at + 1), None | Some(Kind::Operator | Kind::Tail | Kind::Word(Word::All)));
    (cut && matches!(before, Kind::Break | Kind::Number)).then_some(at + 1)
}

/// `b,1=1`: one number is compared with itself.
fn tautology(s: &Sentence<'_>, at: usize) -> Option<usize> {
    let number = |at: usize| s.kind(at) == Some(Kind::Number);
    let left = at.checked_sub(1).filter(|left| number(*left))?;
    let same = number(at + 1) && s.spelled(left) == s.spelled(at + 1) && s.spelled(at) == b"=";
    (same && s.ends(at + 2)).then_some(at + 2)
}

/// `= ( SELECT`, `(select name)`
fn query(s: &Sentence<'_>, at: usize) -> Option<usize> {
    let select = s.is(at + 1, Word::Select).then_some(at + 1)?;
    let named =
        matches!(s.kind(select + 1), Some(Kind::Word(Word::Name))) && s.kind(select + 2) == Some(Kind::Close);
    (s.kind(select + 1).is_none() || named).then_some(select + 1)
}

/// Types that values are cast to.
const TYPES: [&str; 12] = [
    "int", "integer", "int4", "int8", "text", "json", "jsonb", "numeric", "date", "varchar", "regclass",
    "bigint",
];

/// `password::int`
fn cast(s: &Sentence<'_>, at: usize) -> Option<usize> {
    let known = TYPES.iter().any(|name| s.says(at + 1, name));
    (at > 0 && s.spelled(at) == b"::" && known).then_some(at + 2)
}

/// `';`, `';SELECT p`, `' ' 1`, `'; words -- `
fn broken(s: &Sentence<'_>, at: usize) -> Option<usize> {
    let word = !s.text[..s.tokens[at].start].iter().any(u8::is_ascii_whitespace);
    let semicolon = s.kind(at + 1) == Some(Kind::Semicolon);
    let select = s.is(at + 2, Word::Select);
    let last = s.tokens.last().map(|token| token.kind);
    let ends = matches!(s.kind(at + 2), None | Some(Kind::Tail));
    (word && semicolon && (ends || select || last == Some(Kind::Tail))).then_some(at + 2)
}
