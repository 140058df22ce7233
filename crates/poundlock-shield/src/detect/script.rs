//! Script in a page without a tag: what a value does inside a string or an expression of JavaScript.
//!
//! Main item: [`detect`]. It looks for calls of functions that attacks call, for properties that are reached by
//! computed names, and for the ways to write code without letters; and it asks how the value got there.

use super::{
    CERTAIN, DOUBTFUL, Hits, LIKELY, Subject,
    hints::{Mark, group},
};
use crate::class::Class;
use memchr::memmem::find;

/// Functions that a proof of an attack calls.
const PROOFS: [&str; 5] = ["alert", "confirm", "prompt", "eval", "execscript"];

/// Functions that run or send something and that programs talk about.
const SINKS: [&str; 9] = [
    "settimeout",
    "setinterval",
    "function",
    "fetch",
    "importscripts",
    "atob",
    "import",
    "print",
    "setimmediate",
];

/// Objects whose properties are everything there is.
const GLOBALS: [&str; 12] = [
    "window",
    "self",
    "top",
    "parent",
    "frames",
    "globalthis",
    "document",
    "this",
    "location",
    "opener",
    "constructor",
    "content",
];

/// How far into a computed name is looked.
const LONGEST: usize = 256;

/// Looks for script.
pub(super) fn detect(subject: &Subject<'_>, hits: &mut Hits) {
    let hints = &subject.hints;
    if hints.has(Mark::BRACKET) {
        symbols(subject, hits);
    }
    let text = subject.text;
    if hints.has(Mark::BACKTICK) {
        tagged(text, hits);
    }
    let called = hints.has(Mark::PAREN | Mark::BACKTICK | Mark::BRACKET | Mark::COMPARE);
    if !hints.word(group::SCRIPT) || !(called || text.len() <= SHORT) {
        return;
    }
    let last = memchr::memrchr2(b')', b'`', text);
    let mut at = 0;
    while at < text.len() {
        if !is_word(text[at]) {
            at += 1;
            continue;
        }
        let end = at + text[at..].iter().take_while(|byte| is_word(**byte)).count();
        if may_matter(&text[at..end]) {
            word(text, at, end, last, hits);
        }
        at = end;
    }
}

/// A value that is no longer than this is looked at although nothing is called in it.
const SHORT: usize = 64;

/// `[].sort.call`…``, `Reflect.apply`…``: functions that call what they are given, with a template for arguments.
fn tagged(text: &[u8], hits: &mut Hits) {
    for at in memchr::memchr_iter(b'`', text).take(32) {
        let before = text[..at].trim_ascii_end();
        let name = before.iter().rev().take(12).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let called = matches!(&before[before.len() - name..], b"call" | b"apply" | b"bind");
        let member = before[..before.len() - name].trim_ascii_end().last() == Some(&b'.');
        if called && member {
            let literal = find(text, b"[]").is_some() || find(text, b"${").is_some();
            hits.add(Class::Xss, "tagged", at - name.min(at)..at + 1, if literal { CERTAIN } else { LIKELY });
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')
}

/// Whether a word starts like one that is asked for below.
fn may_matter(word: &[u8]) -> bool {
    let [first, second, _, ..] = word else { return false };
    match first.to_ascii_lowercase() {
        b'a' => matches!(second | 0x20, b'l' | b't'),
        b'c' | b'd' | b'l' => second | 0x20 == b'o',
        b'e' => matches!(second | 0x20, b'v' | b'x'),
        b'f' => matches!(second | 0x20, b'u' | b'e' | b'r'),
        b'g' => second | 0x20 == b'l',
        b'i' => second | 0x20 == b'm',
        b'o' => matches!(second | 0x20, b'n' | b'p'),
        b'p' => matches!(second | 0x20, b'r' | b'a'),
        b's' => matches!(second | 0x20, b'e' | b't'),
        b't' => matches!(second | 0x20, b'o' | b'h'),
        b'w' => second | 0x20 == b'i',
        _ => false,
    }
}

/// Judges the word at `at`; `last` is where the last call of the text may close.
fn word(text: &[u8], at: usize, end: usize, last: Option<usize>, hits: &mut Hits) {
    let mut lower = [0u8; 16];
    let Some(lower) = lower.get_mut(..end - at) else { return };
    lower.copy_from_slice(&text[at..end]);
    lower.make_ascii_lowercase();
    let is = |list: &[&str]| list.iter().any(|word| *lower == *word.as_bytes());
    let next = skip(text, end);
    match text.get(next) {
        Some(b'(' | b'`') if is(&PROOFS) => called(text, at, next, last, hits),
        Some(b'(' | b'`') if is(&SINKS) => sink(text, at, next, hits),
        Some(b'[') if is(&GLOBALS) => reached(text, at, next, hits),
        // `(document)["cookie"]`
        Some(b')') if is(&GLOBALS) && text.get(skip(text, next + 1)) == Some(&b'[') => {
            reached(text, at, skip(text, next + 1), hits);
        }
        Some(b'.')
            if is(&["document", "window", "location", "self", "top", "parent", "constructor", "string"]) =>
        {
            member(text, at, next, hits);
        }
        // `onerror=alert;throw 1`, `{onerror=eval}throw`
        Some(b'=') if is(&["onerror", "onload"]) && find(&text[next..], b"throw").is_some() => {
            hits.add(Class::Xss, "throw", at..text.len().min(next + 40), CERTAIN);
        }
        Some(b')' | b',' | b';' | b'}') if is(&PROOFS[..3]) && handed(text, at) => {
            hits.add(Class::Xss, "handed-on", at..end, LIKELY);
        }
        _ => {}
    }
}

/// After white space and comments.
fn skip(text: &[u8], mut at: usize) -> usize {
    for _ in 0..8 {
        at += text[at..].iter().take(32).take_while(|byte| **byte <= b' ').count();
        // `alert?.(1)`
        if text[at..].starts_with(b"?.") {
            at += 2;
        } else if text[at..].starts_with(b"/*") {
            at = find(&text[at..], b"*/").map_or(text.len(), |length| at + length + 2);
        } else {
            break;
        }
    }
    at
}

/// What stands before a word, white space left out.
fn before(text: &[u8], at: usize) -> Option<u8> {
    text[..at].iter().rev().take(64).find(|byte| **byte > b' ').copied()
}

/// `alert(1)`
fn called(text: &[u8], at: usize, open: usize, last: Option<usize>, hits: &mut Hits) {
    let tight = at == 0 || text[at - 1] > b' ';
    let operator = before(text, at).is_some_and(|byte| b";'\"}-+*/|&=<>(,{^%?:!~[\\#".contains(&byte));
    let backtick = text[open] == b'`';
    let rest = &text[open + 1..];
    let closes = last.is_some_and(|last| last > open) || rest.len() < 16;
    let whole = before(text, at).is_none() && ends(rest);
    let score = match () {
        () if backtick && text[open - 1] <= b' ' => DOUBTFUL,
        () if whole && !backtick => CERTAIN,
        () if operator && closes && text.len() <= 512 => CERTAIN,
        () if operator && tight => LIKELY,
        () if backtick => LIKELY,
        () => DOUBTFUL,
    };
    hits.add(Class::Xss, "call", at..(open + 16).min(text.len()), score);
}

/// Whether a call is all there is, or a comment hides the rest.
fn ends(arguments: &[u8]) -> bool {
    let Some(close) = arguments.iter().rposition(|byte| matches!(byte, b')' | b'`')) else { return false };
    let rest = arguments[close + 1..].trim_ascii();
    rest.is_empty() || rest == b";" || rest.starts_with(b"//") || rest.starts_with(b";//")
}

/// `setTimeout(…)` after a quote that ends a string
fn sink(text: &[u8], at: usize, open: usize, hits: &mut Hits) {
    let broken = before(text, at).is_some_and(|byte| b"'\";-+}".contains(&byte));
    let argument = text.get(open + 1).copied().unwrap_or(b' ');
    let word = text[at..open].trim_ascii_end();
    let code = matches!(argument, b'\'' | b'"' | b'`' | b'/') || word.eq_ignore_ascii_case(b"atob");
    let short = text.len() <= 200;
    let score = if broken && code && short {
        CERTAIN
    } else if short && at == 0 {
        LIKELY
    } else if code {
        DOUBTFUL
    } else {
        return;
    };
    hits.add(Class::Xss, "sink", at..(open + 16).min(text.len()), score);
}

/// `window['al'+'ert'](1)`, `top[/ev/.source+/al/.source]`
fn reached(text: &[u8], at: usize, open: usize, hits: &mut Hits) {
    let inner = skip(text, open + 1);
    let Some(first) = text.get(inner) else { return };
    let computed = matches!(first, b'\'' | b'"' | b'`' | b'/' | b'(' | b'+' | b'!' | b'[' | b'{' | b'\\')
        || text[inner..].starts_with(b"atob");
    if !computed {
        return;
    }
    let close = memchr::memchr(b']', &text[inner..]).map_or(text.len(), |length| inner + length);
    let after = skip(text, (close + 1).min(text.len()));
    let used = matches!(text.get(after), Some(b'(' | b'`' | b'[' | b'=' | b'.' | b'+' | b')' | b']'));
    let name = &text[inner..close.min(inner + LONGEST)];
    let lower = name.to_ascii_lowercase();
    let odd = name.iter().any(|byte| b"+\\/(!*".contains(byte))
        || PROOFS.iter().any(|proof| find(&lower, proof.as_bytes()).is_some());
    let score = match (used, odd) {
        (true, true) => CERTAIN,
        (true, false) if text.len() <= 200 => LIKELY,
        (false, _) if text.len() <= SHORT => LIKELY,
        _ => DOUBTFUL,
    };
    hits.add(Class::Xss, "computed", at..(after + 1).min(text.len()), score);
}

/// `document.cookie`, `constructor.constructor('…')()`
fn member(text: &[u8], at: usize, dot: usize, hits: &mut Hits) {
    let from = skip(text, dot + 1);
    let end = from + text[from..].iter().take(24).take_while(|byte| is_word(**byte)).count();
    let name = text[from..end].to_ascii_lowercase();
    let next = text.get(skip(text, end)).copied().unwrap_or(b' ');
    let broken = before(text, at).is_some_and(|byte| b"'\";+-}(=".contains(&byte));
    let score = match &name[..] {
        b"constructor" if next == b'(' => CERTAIN,
        b"fromcharcode" if next == b'(' => LIKELY,
        b"cookie" if next == b'=' && text.len() <= 200 => CERTAIN,
        b"cookie" | b"domain" if broken || next == b'=' => LIKELY,
        b"write" | b"writeln" if next == b'(' => LIKELY,
        b"location" | b"href" | b"assign" if next == b'=' || next == b'(' => LIKELY,
        b"eval" | b"alert" | b"execscript" => CERTAIN,
        b"cookie" | b"location" | b"domain" if text.len() <= 200 => LIKELY,
        b"cookie" | b"location" => DOUBTFUL,
        _ => return,
    };
    let score = if text.len() > 512 { score.min(LIKELY) } else { score };
    hits.add(Class::Xss, "member", at..end, score);
}

/// `[1].map(alert)`, `x=alert;`
fn handed(text: &[u8], at: usize) -> bool {
    before(text, at).is_some_and(|byte| matches!(byte, b'(' | b'=' | b','))
}

/// Code without letters: `[][(![]+[])[+[]]…`
fn symbols(subject: &Subject<'_>, hits: &mut Hits) {
    let text = subject.text;
    let odd = |at: &usize| {
        let before = at.checked_sub(1).map_or(b' ', |before| text[before]);
        let next = text.get(at + 1).copied().unwrap_or(b' ');
        match before {
            b'!' | b'+' | b' ' => matches!(next, b']' | b'!' | b'+' | b'(' | b'['),
            b']' | b')' => matches!(next, b']' | b'!' | b'+' | b'('),
            _ => false,
        }
    };
    let run = |text: &[u8]| {
        let start = &text[..12];
        // A form makes spaces of the signs.
        start.iter().all(|byte| b"[]()!+{} ".contains(byte))
            && memchr::memmem::find(start, b"[]").is_some()
            && (start.contains(&b'+') || memchr::memmem::find(start, b"![]").is_some())
    };
    let negates = subject.hints.has(Mark::COMPARE);
    let short =
        negates && text.len() <= 64 && [&b"![]"[..], b"+[]"].iter().all(|part| find(text, part).is_some());
    if short || (negates && text.len() <= 16 && find(text, b"!![]").is_some()) {
        hits.add(Class::Xss, "symbols-few", 0..text.len(), LIKELY);
    }
    let dense =
        || memchr::memchr_iter(b'[', text).take(64).any(|at| text.len() >= at + 12 && run(&text[at..]));
    if memchr::memchr_iter(b'[', text).filter(odd).take(4).count() == 4 && dense() {
        hits.add(Class::Xss, "symbols", 0..text.len().min(80), CERTAIN);
    }
}
