//! Expressions of server-side templates.
//!
//! Main item: [`detect`]. `{{name}}` and `${name}` are how texts are personalised; a calculation or a call
//! between the braces is how an injection is tried.

use super::{CERTAIN, DOUBTFUL, Hits, LIKELY, Subject, hints::Mark};
use crate::class::Class;
use memchr::memmem::find;

/// Openings and closings of expressions, in the languages that have them.
const DELIMITERS: [(&[u8], &[u8]); 10] = [
    (b"{{", b"}}"),
    (b"${", b"}"),
    (b"#{", b"}"),
    (b"*{", b"}"),
    (b"@{", b"}"),
    (b"%{", b"}"),
    (b"<%", b"%>"),
    (b"[[", b"]]"),
    (b"{%", b"%}"),
    (b"{", b"}"),
];

/// How many expressions of one kind are looked at.
const MAX_EXPRESSIONS: usize = 64;

/// The longest expression.
const LONGEST: usize = 400;

/// Looks for expressions.
pub(super) fn detect(subject: &Subject<'_>, hits: &mut Hits) {
    let text = subject.text;
    let razor = text.strip_prefix(b"@(").and_then(|rest| rest.strip_suffix(b")"));
    if razor.is_some_and(calculates) {
        hits.add(Class::Template, "expression", 0..text.len(), CERTAIN);
    }
    let marks = [(Mark::BRACE, b'{'), (Mark::LESS | Mark::PERCENT, b'<'), (Mark::BRACKET, b'[')];
    for (_, byte) in marks.into_iter().filter(|(mark, _)| subject.hints.has(*mark)) {
        for at in memchr::memchr_iter(byte, text).take(MAX_EXPRESSIONS) {
            // The delimiter may start one byte earlier: `${`, `#{`.
            let from = at.saturating_sub(1);
            let starts = |start: usize| delimiter(&text[start..]);
            if let Some(((open, close), start)) =
                starts(from).map(|d| (d, from)).or_else(|| starts(at).map(|d| (d, at)))
            {
                expression(text, start, open, close, hits);
            }
        }
    }
}

/// The delimiters of what opens at the start of `rest`, the first ones that fit.
fn delimiter(rest: &[u8]) -> Option<&'static (&'static [u8], &'static [u8])> {
    // Most brackets of most texts open nothing.
    let opens = matches!(
        rest,
        [b'{', ..] | [b'$' | b'#' | b'*' | b'@' | b'%', b'{', ..] | [b'<', b'%', ..] | [b'[', b'[', ..]
    );
    if !opens {
        return None;
    }
    DELIMITERS.iter().find(|(open, _)| rest.starts_with(open))
}

fn expression(text: &[u8], at: usize, open: &[u8], close: &[u8], hits: &mut Hits) {
    let from = at + open.len();
    let window = &text[from..text.len().min(from + LONGEST)];
    let Some(length) = find(window, close) else { return };
    let score = judge(&window[..length], open);
    if score > 0 {
        let runs = open == b"<%"
            && text.len() <= 64
            && at == 0
            && window[..length].iter().any(|b| b"`(".contains(b));
        let score = if runs { CERTAIN } else { score };
        let alone = score == DOUBTFUL && text.len() <= 64;
        let score = if text.len() > 512 { score.min(LIKELY) } else { score };
        let score = if alone { LIKELY } else { score };
        hits.add(Class::Template, "expression", at..from + length + close.len(), score);
    }
}

fn judge(inner: &[u8], open: &[u8]) -> u8 {
    let inner = inner.trim_ascii().trim_ascii_start();
    let inner = inner.strip_prefix(b"=").unwrap_or(inner).trim_ascii();
    match open {
        _ if calculates(inner) => CERTAIN,
        b"{" | b"[[" => 0,
        b"{%" => statement(inner),
        b"<%" => {
            let code = find(inner, b"(").is_some();
            if code { LIKELY } else { DOUBTFUL }
        }
        _ if chained_call(inner) => LIKELY,
        _ => 0,
    }
}

/// `7*7`, `7*'7'`, `233 + 233`
fn calculates(inner: &[u8]) -> bool {
    let operand = |bytes: &[u8]| {
        let bytes = bytes.trim_ascii();
        let bare: &[u8] = match bytes {
            [b'\'' | b'"', inner @ .., b'\'' | b'"'] => inner,
            bare => bare,
        };
        !bare.is_empty() && bare.len() <= 12 && bare.iter().all(u8::is_ascii_digit)
    };
    let Some(sign) = inner.iter().position(|byte| matches!(byte, b'*' | b'+' | b'/' | b'%' | b'-')) else {
        return false;
    };
    // `2020-01` is a date, `1/2` is a fraction.
    let certain = matches!(inner[sign], b'*' | b'+' | b'%');
    certain && operand(&inner[..sign]) && operand(&inner[sign + 1..])
}

/// `a.b('c')`, `a|filter('x')`
fn chained_call(inner: &[u8]) -> bool {
    let Some(paren) = memchr::memchr(b'(', inner) else { return false };
    let name = &inner[..paren];
    let path = name.iter().any(|byte| matches!(byte, b'.' | b'[' | b'|' | b'#' | b'@'));
    path && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._[]'\"|#@$ ".contains(byte))
}

fn statement(inner: &[u8]) -> u8 {
    let word =
        inner.split(|byte| !byte.is_ascii_alphabetic()).find(|word| !word.is_empty()).unwrap_or_default();
    match word {
        b"import" | b"include" | b"extends" | b"debug" | b"load" | b"exec" | b"raw" | b"from" => LIKELY,
        b"set" | b"for" | b"if" | b"with" => DOUBTFUL,
        _ => 0,
    }
}
