//! Splits text into the tokens of SQL, of all dialects at once.
//!
//! Main item: [`tokens`]. It reads each byte once and never fails: what is no SQL becomes
//! [`Kind::Other`].

use super::word::{Word, word};
use memchr::memmem::find;

/// The most tokens of one reading; a window of text that has more is all operators.
pub(super) const MAX_TOKENS: usize = 16_384;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The quote that ends the literal which the value was put into.
    Break,
    Number,
    /// A closed string.
    Text,
    /// A string that the value leaves open, for the query's own quote to close.
    OpenText,
    Word(Word),
    /// `@name`, `@@name`
    Variable,
    /// `=`, `<>`, `<=>`, …
    Compare,
    /// `+ - * / % ^ ~ ! | &`
    Operator,
    /// `||`: concatenation or a logical or
    Pipes,
    /// `&&`
    Ampersands,
    Comma,
    Open,
    Close,
    Semicolon,
    Dot,
    /// A comment that something follows.
    Comment,
    /// A comment that reaches to the end.
    Tail,
    Other,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The tokens of `text` from `from` on, comments between them left out. With `quote`, the token at
/// `from` is that quote and breaks out of a literal; then two quotes are an empty string, not an escape.
pub(super) fn tokens(text: &[u8], from: usize, quote: Option<u8>) -> Vec<Token> {
    let mut list = Vec::with_capacity((text.len() - from) / 4 + 4);
    let mut at = from;
    if quote.is_some() {
        list.push(Token { kind: Kind::Break, start: at, end: at + 1 });
        at += 1;
    }
    while at < text.len() && list.len() < MAX_TOKENS {
        if is_space(text[at]) {
            at += 1;
            continue;
        }
        let (kind, end) = token(text, at, quote.is_some());
        if kind != Kind::Comment {
            list.push(Token { kind, start: at, end });
        }
        at = end;
    }
    list
}

/// Whether a query could go on at `from`, right after the quote that ended its literal: anything but a name or a
/// number that stands there without a reason.
pub(super) fn continues(text: &[u8], from: usize) -> bool {
    let mut at = from;
    for _ in 0..16 {
        at += text[at..].iter().take_while(|byte| is_space(**byte) || **byte == b')').count();
        if at == text.len() {
            return false;
        }
        match token(text, at, true) {
            (Kind::Comment, end) => at = end,
            (Kind::Comma, end) => {
                let rest = text[end..].trim_ascii_start();
                let name = name_end(rest, 0);
                if rest.first().is_some_and(u8::is_ascii_digit)
                    && memchr::memmem::find(rest, b"),(").is_some()
                {
                    return true;
                }
                return rest.get(name) == Some(&b'(') && (name == 0 || word(&rest[..name]) != Word::Name);
            }
            (
                Kind::Word(Word::Name | Word::Function | Word::Table | Word::All)
                | Kind::Number
                | Kind::Other
                | Kind::Dot,
                _,
            ) => {
                return false;
            }
            _ => return true,
        }
    }
    true
}

/// White space as databases have it: controls and the no-break space of code page 1252 too.
fn is_space(byte: u8) -> bool {
    matches!(byte, 0..=b' ' | 0xa0)
}

fn token(text: &[u8], at: usize, broken: bool) -> (Kind, usize) {
    let rest = &text[at..];
    let next = rest.get(1).copied().unwrap_or(0);
    match rest[0] {
        quote @ (b'\'' | b'"' | b'`') => string(text, at, quote, broken),
        b'0'..=b'9' => number(text, at),
        b'.' if next.is_ascii_digit() => number(text, at),
        b'#' => line_comment(text, at),
        b'-' if next == b'-' => dashes(text, at),
        b'/' if next == b'*' => block(text, at),
        b'*' if next == b'/' => (Kind::Comment, at + 2),
        b'@' => (Kind::Variable, name_end(text, at + 1 + usize::from(next == b'@'))),
        b'[' => bracket(text, at),
        b'(' => (Kind::Open, at + 1),
        b')' => (Kind::Close, at + 1),
        b',' => (Kind::Comma, at + 1),
        b';' => (Kind::Semicolon, at + 1),
        b'.' => (Kind::Dot, at + 1),
        b'|' if next == b'|' => (Kind::Pipes, at + 2),
        b'&' if next == b'&' => (Kind::Ampersands, at + 2),
        b'=' | b'<' | b'>' | b'!' | b':' => compare(text, at),
        b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'~' | b'|' | b'&' => (Kind::Operator, at + 1),
        byte if is_name(byte) => named(text, at),
        _ => (Kind::Other, at + 1),
    }
}

fn string(text: &[u8], at: usize, quote: u8, broken: bool) -> (Kind, usize) {
    let mut end = at + 1;
    while let Some(step) = memchr::memchr2(quote, b'\\', &text[end..]) {
        end += step;
        if text[end] == b'\\' {
            end = (end + 2).min(text.len());
        } else if !broken && text.get(end + 1) == Some(&quote) {
            end += 2;
        } else {
            return (if quote == b'`' { Kind::Word(Word::Name) } else { Kind::Text }, end + 1);
        }
    }
    (Kind::OpenText, text.len())
}

fn number(text: &[u8], at: usize) -> (Kind, usize) {
    let digits = |from: usize, ok: fn(&u8) -> bool| from + text[from..].iter().take_while(|b| ok(b)).count();
    if matches!(text[at..], [b'0', b'x' | b'X' | b'b' | b'B', ..]) {
        let end = digits(at + 2, u8::is_ascii_hexdigit);
        if end > at + 2 {
            return (Kind::Number, end);
        }
    }
    let mut end = digits(at, |byte| byte.is_ascii_digit() || *byte == b'.');
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits((end + 1 + sign).min(text.len()), u8::is_ascii_digit);
        // `1e1union` and `1eunion` are a number and a word for MySQL.
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    // MySQL reads `1f` as a number too.
    let suffix = usize::from(matches!(text.get(end), Some(b'f' | b'F' | b'd' | b'D')));
    if suffix > 0 && word(&text[end + 1..name_end(text, end + 1)]) == Word::Union {
        return (Kind::Number, end + 1);
    }
    match text.get(end) {
        // `3rd`, `2nd`, `12px` are words; `1or`, `1union` are a number and a word.
        Some(byte) if is_name(*byte) && word(&text[end..name_end(text, end)]) == Word::Name => {
            (Kind::Word(Word::Name), name_end(text, end))
        }
        _ => (Kind::Number, end),
    }
}

fn line_comment(text: &[u8], at: usize) -> (Kind, usize) {
    match memchr::memchr2(b'\n', b'\r', &text[at..]) {
        Some(length) if at + length + 1 < text.len() => (Kind::Comment, at + length + 1),
        _ => (Kind::Tail, text.len()),
    }
}

fn dashes(text: &[u8], at: usize) -> (Kind, usize) {
    // A plain digit or letter after the dashes is arithmetic (`1--1`) or prose.
    match text.get(at + 2) {
        Some(byte) if byte.is_ascii_digit() || *byte == b'(' => (Kind::Operator, at + 1),
        _ => line_comment(text, at),
    }
}

fn block(text: &[u8], at: usize) -> (Kind, usize) {
    if text.get(at + 2) == Some(&b'!') {
        // MySQL runs what is inside: only the mark and the version are left out.
        let digits = text[at + 3..].iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
        return (Kind::Comment, at + 3 + digits);
    }
    match find(&text[at + 2..], b"*/") {
        Some(length) if at + length + 4 < text.len() => (Kind::Comment, at + length + 4),
        _ => (Kind::Tail, text.len()),
    }
}

/// `[name]` of SQL Server; anything else in brackets is none.
fn bracket(text: &[u8], at: usize) -> (Kind, usize) {
    let end = name_end(text, at + 1);
    if end > at + 1 && text.get(end) == Some(&b']') {
        (Kind::Word(Word::Name), end + 1)
    } else {
        (Kind::Other, at + 1)
    }
}

fn compare(text: &[u8], at: usize) -> (Kind, usize) {
    let rest = &text[at..];
    match rest {
        [b'<', b'=', b'>', ..] => (Kind::Compare, at + 3),
        [b'<', b'>' | b'=' | b'<', ..] | [b'>', b'=' | b'>', ..] | [b'!', b'=' | b'<' | b'>', ..] => {
            (Kind::Compare, at + 2)
        }
        [b':', b'=', ..] | [b'=', b'=', ..] => (Kind::Compare, at + 2),
        [b':', b':', ..] => (Kind::Dot, at + 2),
        [b'!', ..] => (Kind::Operator, at + 1),
        [b':', ..] => (Kind::Other, at + 1),
        _ => (Kind::Compare, at + 1),
    }
}

fn named(text: &[u8], at: usize) -> (Kind, usize) {
    let end = name_end(text, at);
    let spelled = &text[at..end];
    // `N'…'`, `x'…'`, `_utf8'…'`: a prefix of the string.
    if matches!(text.get(end), Some(b'\'' | b'"')) && is_prefix(spelled) {
        let (kind, end) = string(text, end, text[end], false);
        return (kind, end);
    }
    (Kind::Word(word(spelled)), end)
}

fn is_prefix(name: &[u8]) -> bool {
    matches!(name, b"n" | b"N" | b"x" | b"X" | b"b" | b"B" | b"e" | b"E" | b"q" | b"Q")
        || name.first() == Some(&b'_')
}

fn name_end(text: &[u8], from: usize) -> usize {
    let from = from.min(text.len());
    from + text[from..].iter().take_while(|byte| is_name(**byte)).count()
}

fn is_name(byte: u8) -> bool {
    (byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80) && byte != 0xa0
}
