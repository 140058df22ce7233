//! Shell and Windows commands.
//!
//! Main item: [`detect`]. A command counts where a shell would start one – after `;`, `|`, `&`, a line end, in
//! backticks or `$(…)`, or as the whole value – and when what follows is what commands get, not English.

mod command;

use super::{CERTAIN, DOUBTFUL, Hits, LIKELY, ODD, Subject, hints::Mark};
use crate::class::Class;
use command::{Command, Kind, Rest, read};

/// How many places of one reading are looked at.
const MAX_STARTS: usize = 2048;

/// Looks for commands.
pub(super) fn detect(subject: &Subject<'_>, hits: &mut Hits) {
    let text = subject.text;
    if subject.hints.has(
        Mark::PIPE
            | Mark::SEMICOLON
            | Mark::AMPERSAND
            | Mark::NEWLINE
            | Mark::BACKTICK
            | Mark::DOLLAR
            | Mark::LESS
            | Mark::BRACE,
    ) {
        for start in starts(text).take(MAX_STARTS) {
            separated(text, &start, hits);
        }
    }
    whole(text, hits);
    if subject.hints.has(Mark::PERCENT | Mark::COMPARE | Mark::PAREN) || text.len() <= 200 {
        batch(text, hits);
    }
}

/// Builds the table of commands.
pub(super) fn prepare() {
    read(b"id", 0);
}

/// A place where a shell starts a command.
struct Start {
    /// The separator.
    at: usize,
    /// After the separator.
    after: usize,
    kind: Separator,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
    /// `;`, `|`, `&`, `&&`, `||`
    Operator,
    Line,
    Backtick,
    /// `$(`, `<(`, `>(`, `${`
    Substitution,
}

/// Bytes that a start begins with.
const STARTERS: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b";|&\n\r`$<>{";
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
};

fn starts(text: &[u8]) -> impl Iterator<Item = Start> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            at += text.get(at..)?.iter().position(|byte| STARTERS[usize::from(*byte)])?;
            let here = at;
            let next = text.get(at + 1).copied();
            let (kind, length) = match text[at] {
                b';' => (Separator::Operator, 1),
                b'|' | b'&' => (Separator::Operator, 1 + usize::from(next == Some(text[at]))),
                b'\n' | b'\r' => (Separator::Line, 1),
                b'`' => (Separator::Backtick, 1),
                b'$' | b'<' | b'>' if next == Some(b'(') => (Separator::Substitution, 2),
                b'{' if at > 0 && matches!(text[at - 1], b';' | b'|' | b'&' | b' ') => {
                    (Separator::Operator, 1)
                }
                _ => {
                    at += 1;
                    continue;
                }
            };
            at += length;
            return Some(Start { at: here, after: at, kind });
        }
    })
}

fn separated(text: &[u8], start: &Start, hits: &mut Hits) {
    let Some(command) = read(text, start.after) else { return };
    // A fence of a code block.
    if text[start.at..].starts_with(b"```") || text[..start.at].ends_with(b"``") {
        return;
    }
    let score = match start.kind {
        Separator::Operator if prose(&text[start.at.saturating_sub(NEAR)..start.at]) => {
            after_operator(text, start, &command).min(LIKELY)
        }
        Separator::Operator => after_operator(text, start, &command),
        Separator::Line => after_line(text, start, &command),
        Separator::Backtick => in_backticks(text, start, &command),
        Separator::Substitution => substituted(text, &command),
    };
    if score > 0 {
        hits.add(Class::Command, "separated", start.at..command.end.min(text.len()).max(start.at + 1), score);
    }
}

fn after_operator(text: &[u8], start: &Start, command: &Command) -> u8 {
    let list = listed(text, start, command);
    let short = text.len() <= 160;
    match (command.kind, command.rest) {
        _ if command.disguised && command.rest != Rest::Words => CERTAIN,
        (Kind::Path, Rest::Nothing | Rest::Operator | Rest::Argument) => CERTAIN,
        (_, Rest::Nothing | Rest::Operator) if list => DOUBTFUL,
        (Kind::Strong, Rest::Nothing | Rest::Operator) if short => CERTAIN,
        (Kind::Strong, Rest::Argument) => {
            if short || command.telling {
                CERTAIN
            } else {
                LIKELY
            }
        }
        (Kind::Strong, Rest::Word) if short => CERTAIN,
        (Kind::Strong, Rest::Words) => ODD,
        (Kind::English, Rest::Argument) if short && text[start.at] != b'\n' => {
            if command.telling {
                CERTAIN
            } else {
                LIKELY
            }
        }
        (Kind::English, Rest::Operator) if short => LIKELY,
        (Kind::English, Rest::Nothing) if short => {
            if start.at == 0 {
                CERTAIN
            } else {
                LIKELY
            }
        }
        (Kind::English, Rest::Word) if short => DOUBTFUL,
        _ => 0,
    }
}

/// How far before a separator a sentence is looked for, in bytes.
const NEAR: usize = 80;

/// Whether what stands before a separator is a sentence.
fn prose(before: &[u8]) -> bool {
    let words = before
        .split(|byte| *byte == b' ')
        .filter(|word| word.len() > 1 && word.iter().all(u8::is_ascii_alphabetic));
    words.count() >= 3
}

/// Whether the separator is one of a list of words: `name|id|date`, or of a query: `a=1&id`.
fn listed(text: &[u8], start: &Start, command: &Command) -> bool {
    let before = &text[..start.at];
    let word = before.iter().rev().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'_').count();
    let tight = start.after < text.len() && text[start.after] != b' ';
    let long = word >= 3 && !command.disguised && command.kind != Kind::Path;
    tight && ((long && command.length <= 4) || (text[start.at] == b'&' && before.contains(&b'=')))
}

fn after_line(text: &[u8], start: &Start, command: &Command) -> u8 {
    let first_line = start.at < 100 && text.len() <= 300;
    match (command.kind, command.rest) {
        _ if command.disguised => CERTAIN,
        (Kind::Path, Rest::Nothing | Rest::Operator | Rest::Argument) if first_line => CERTAIN,
        (Kind::Strong, Rest::Argument | Rest::Nothing | Rest::Operator) if first_line => LIKELY,
        (Kind::English, Rest::Argument) if first_line => DOUBTFUL,
        _ => 0,
    }
}

/// Backticks are quotes in texts about programs: only a value that is little else is a command.
fn in_backticks(text: &[u8], start: &Start, command: &Command) -> u8 {
    let Some(close) = memchr::memchr(b'`', &text[start.after..]) else { return 0 };
    let prose = text.len() > close + 60 || text[..start.at].contains(&b' ');
    match command.rest {
        Rest::Words => 0,
        _ if prose => ODD,
        _ if close < 200 => CERTAIN,
        _ => LIKELY,
    }
}

fn substituted(text: &[u8], command: &Command) -> u8 {
    match command.rest {
        Rest::Words => DOUBTFUL,
        _ if text.len() <= 300 => CERTAIN,
        _ => LIKELY,
    }
}

/// The value itself is a command: `cat /etc/passwd`, `ping -c 3 …`, `id;`
fn whole(text: &[u8], hits: &mut Hits) {
    let start = text.iter().take_while(|byte| b" '\"+(){}\t".contains(byte)).count();
    let Some(command) = read(text, start) else { return };
    if text.len() > 200 {
        return;
    }
    let operator = matches!(text.get(command.end), Some(b';' | b'|' | b'&'));
    let score = match (command.kind, command.rest) {
        _ if command.disguised && command.rest != Rest::Words => LIKELY,
        (Kind::Path, Rest::Nothing | Rest::Argument) if start == 0 => CERTAIN,
        (Kind::Path, Rest::Operator) => CERTAIN,
        (Kind::Path, _) => LIKELY,
        (Kind::Strong, Rest::Argument) if command.telling => CERTAIN,
        (Kind::Strong, Rest::Operator) if operator && command.end + 1 >= text.len() => CERTAIN,
        (Kind::Strong, Rest::Argument) => LIKELY,
        (Kind::Strong, Rest::Operator) => DOUBTFUL,
        (Kind::English, Rest::Argument) if command.telling => LIKELY,
        _ => return,
    };
    hits.add(Class::Command, "whole", start..command.end.min(text.len()), score);
}

/// Words between the sides of a comparison in a batch file.
const COMPARISONS: [&[u8]; 10] = [
    b" equ ",
    b" neq ",
    b" lss ",
    b" leq ",
    b" gtr ",
    b" geq ",
    b" exist ",
    b" errorlevel ",
    b" defined ",
    b"==",
];

/// `for /f %x in (…)`, `if "%1" == "x" …`
fn batch(text: &[u8], hits: &mut Hits) {
    let line = text[..text.len().min(256)].to_ascii_lowercase();
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(b"&").unwrap_or(line).trim_ascii_start();
    let has = |part: &[u8]| memchr::memmem::find(line, part).is_some();
    let looped =
        line.starts_with(b"for ") && line.contains(&b'%') && (has(b" in ") || has(b" in(")) && has(b"do");
    let asked = line.starts_with(b"if ") && line.iter().any(|byte| matches!(byte, b'%' | b'"' | b'/' | b'='));
    if looped || (asked && COMPARISONS.iter().any(|part| has(part))) {
        hits.add(Class::Command, "batch", 0..text.len().min(64), LIKELY);
    }
}
