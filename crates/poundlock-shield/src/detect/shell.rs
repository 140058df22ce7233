//! Shell and Windows commands.
//!
//! Main item: [`detect`]. A command counts where a shell would start one – after `;`, `|`, `&`, a line end, in
//! backticks or `$(…)`, or as the whole value – and when what follows is what commands get, not English.

mod batch;
mod command;
mod names;
mod tricks;

use super::{CERTAIN, DOUBTFUL, Hits, LIKELY, ODD, Subject, hints::Mark};
use crate::class::Class;
use command::{Command, Kind, Rest, read};

/// How many places of one reading are looked at: all that a window has, or separators in front would hide a command.
const MAX_STARTS: usize = crate::scan::WINDOW;

/// Looks for commands.
pub(super) fn detect(subject: &Subject<'_>, hits: &mut Hits) {
    let text = subject.text;
    if subject.hints.has(Mark::COMPARE) && subject.hints.has(Mark::PAREN)
        || subject.hints.has(
            Mark::PIPE
                | Mark::SEMICOLON
                | Mark::AMPERSAND
                | Mark::NEWLINE
                | Mark::BACKTICK
                | Mark::DOLLAR
                | Mark::LESS
                | Mark::BRACE,
        )
    {
        for start in starts(text).take(MAX_STARTS) {
            separated(text, &start, hits);
        }
    }
    quiet(text, hits);
    tricks::detect(subject, hits);
}

/// What can be a command without a mark: the value as a whole.
pub(super) fn quiet(text: &[u8], hits: &mut Hits) {
    whole(text, hits);
    batch::detect(text, hits);
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
            // What ends a text may still be the point of it.
            let last =
                command.aimed && text.len() - command.end <= NEAR && !text[start.at..].contains(&b'\n');
            let most = if last { CERTAIN } else { LIKELY };
            after_operator(text, start, &command).min(most)
        }
        Separator::Operator => after_operator(text, start, &command),
        Separator::Line => after_line(text, start, &command),
        Separator::Backtick => in_backticks(text, start, &command),
        Separator::Substitution => substituted(text, start, &command),
    };
    if score > 0 {
        hits.add(Class::Command, "separated", start.at..command.end.min(text.len()).max(start.at + 1), score);
    }
}

fn after_operator(text: &[u8], start: &Start, command: &Command) -> u8 {
    let list = listed(text, start, command);
    let short = alone(text, start);
    let strong = matches!(command.kind, Kind::Tool | Kind::Strong);
    match (command.kind, command.rest) {
        _ if command.disguised && command.rest != Rest::Words => CERTAIN,
        _ if strong && command.aimed => CERTAIN,
        (Kind::Path, Rest::Nothing | Rest::Operator | Rest::Argument) => CERTAIN,
        (_, Rest::Nothing | Rest::Operator) if list => DOUBTFUL,
        (Kind::Tool | Kind::Strong, Rest::Nothing | Rest::Operator) if short => CERTAIN,
        (Kind::Tool | Kind::Strong, Rest::Argument) => {
            if short || command.telling {
                CERTAIN
            } else {
                LIKELY
            }
        }
        // `Tom & Jerry; id please`
        (Kind::Strong, Rest::Word) if near(text, start).trim_ascii().contains(&b' ') => LIKELY,
        (Kind::Tool | Kind::Strong, Rest::Word) if short => CERTAIN,
        (Kind::Tool, Rest::Words) if text.len() <= SHORT => LIKELY,
        (Kind::Tool | Kind::Strong, Rest::Words) => ODD,
        (Kind::English, Rest::Argument) if short && prints(text, start, command) => CERTAIN,
        (Kind::English, _) if command.length < 2 && start.at > 0 => DOUBTFUL,
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

/// A value that is no longer than this is no text with an example in it.
const SHORT: usize = 160;

/// Whether a separator stands in a value that is short, or in a line that is no part of a text: padding before a
/// command or behind it does not hide it.
fn alone(text: &[u8], start: &Start) -> bool {
    if text.len() <= SHORT {
        return true;
    }
    let before = &text[start.at.saturating_sub(SHORT)..start.at];
    let after = &text[start.after..text.len().min(start.after + SHORT)];
    !before.contains(&b'\n') && !after.contains(&b'\n') && !prose(before) && !prose(after)
}

/// What stands before a separator, as far as it matters.
fn near<'a>(text: &'a [u8], start: &Start) -> &'a [u8] {
    &text[start.at.saturating_sub(SHORT)..start.at]
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

/// `;echo 1`, `x|printf '1'`: what shows that a command ran, right behind the separator.
fn prints(text: &[u8], start: &Start, command: &Command) -> bool {
    let name = &text[command.end - command.length.min(command.end)..command.end];
    let tight = start.at == 0 || text[start.after..].starts_with(name);
    tight && (name.eq_ignore_ascii_case(b"echo") || name.eq_ignore_ascii_case(b"printf"))
}

/// No word of a list is longer.
const LONGEST_WORD: usize = 24;

/// Whether the separator is one of a list of words: `name|id|date`, or of a query: `a=1&id`.
fn listed(text: &[u8], start: &Start, command: &Command) -> bool {
    let before = &text[start.at.saturating_sub(SHORT)..start.at];
    let word = before.iter().rev().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'_').count();
    let tight = start.after < text.len() && text[start.after] != b' ';
    let long = (3..=LONGEST_WORD).contains(&word) && !command.disguised && command.kind != Kind::Path;
    let pipes = before.iter().filter(|byte| **byte == b'|').count();
    // `a|b|c|id`
    if pipes > 1
        && tight
        && text[start.at] == b'|'
        && text.len() <= SHORT
        && !text.contains(&b' ')
        && !text.contains(&b'/')
    {
        return true;
    }
    tight && ((long && command.length <= 4) || (text[start.at] == b'&' && before.contains(&b'=')))
}

fn after_line(text: &[u8], start: &Start, command: &Command) -> u8 {
    let first_line = start.at < 100 && text.len() <= 300;
    match (command.kind, command.rest) {
        _ if command.disguised => CERTAIN,
        (Kind::Path, Rest::Nothing | Rest::Operator | Rest::Argument) if first_line => CERTAIN,
        (Kind::Tool | Kind::Strong, _) if command.aimed && first_line => CERTAIN,
        (Kind::Tool | Kind::Strong, Rest::Argument | Rest::Nothing | Rest::Operator) if first_line => LIKELY,
        (Kind::English, Rest::Argument) if first_line => DOUBTFUL,
        _ => 0,
    }
}

/// Backticks are quotes in texts about programs: only a value that is little else is a command.
fn in_backticks(text: &[u8], start: &Start, command: &Command) -> u8 {
    let Some(close) = memchr::memchr(b'`', &text[start.after..text.len().min(start.after + 1024)]) else {
        return 0;
    };
    let after = &text[(start.after + close + 1).min(text.len())..];
    let goes_on = after.first() == Some(&b' ') && after.get(1).is_some_and(u8::is_ascii_alphabetic);
    let prose = text.len() > close + 60 || near(text, start).contains(&b' ') || goes_on;
    match command.rest {
        Rest::Words => 0,
        _ if prose => ODD,
        _ if close < 200 => CERTAIN,
        _ => LIKELY,
    }
}

fn substituted(text: &[u8], start: &Start, command: &Command) -> u8 {
    match command.rest {
        Rest::Words => DOUBTFUL,
        _ if text.len() <= 300 || alone(text, start) => CERTAIN,
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
    let strong = matches!(command.kind, Kind::Tool | Kind::Strong);
    let git = text[start..].starts_with(b"git");
    let score = match (command.kind, command.rest) {
        _ if command.disguised && command.rest != Rest::Words => LIKELY,
        (Kind::Path, Rest::Nothing | Rest::Argument) if start == 0 => CERTAIN,
        (Kind::Path, Rest::Operator) => CERTAIN,
        (Kind::Path, _) => LIKELY,
        (Kind::Tool | Kind::Strong, Rest::Argument) if command.aimed && prose(&text[command.end..]) => LIKELY,
        (Kind::Tool | Kind::Strong, Rest::Argument) if command.aimed => CERTAIN,
        (Kind::Tool | Kind::Strong, Rest::Argument) if command.telling && !spoken(text, command.end) => {
            CERTAIN
        }
        _ if strong && command.rest == Rest::Operator && operator && command.end + 1 >= text.len() => CERTAIN,
        (Kind::Tool | Kind::Strong, Rest::Argument) => LIKELY,
        (Kind::Tool, Rest::Word | Rest::Words) if managed(text, start, &command) => LIKELY,
        // A name in quotes of its own is no search for a phrase.
        _ if strong && command.quoted && start == 1 && command.rest == Rest::Nothing => LIKELY,
        (Kind::Tool | Kind::Strong, Rest::Operator) => DOUBTFUL,
        (Kind::English, Rest::Argument) if command.aimed && !git => LIKELY,
        _ => return,
    };
    hits.add(Class::Command, "whole", start..command.end.min(text.len()), score);
}

/// Whether a plain word is among what follows a command: somebody may be looking for how it is used.
fn spoken(text: &[u8], end: usize) -> bool {
    let mut words = text[end..].split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    words.any(|word| word.len() > 2 && word.iter().all(u8::is_ascii_alphabetic))
}

/// Subcommands of tools that manage machines.
const VERBS: [&str; 14] = [
    "install",
    "list",
    "run",
    "exec",
    "get",
    "show",
    "dump",
    "decrypt",
    "alerts",
    "plugin",
    "all",
    "report",
    "apply",
    "collection",
];

/// `chef-run all x`, `pip3 install x`: a tool of a name with a hyphen, or with one of the verbs that tools have.
fn managed(text: &[u8], start: usize, command: &Command) -> bool {
    let rest = text[command.end..].trim_ascii_start();
    let verb = rest.split(|byte| !byte.is_ascii_alphabetic()).next().unwrap_or_default();
    let known = VERBS.iter().any(|known| verb == known.as_bytes());
    text.len() <= 96 && (known || text[start..command.end].contains(&b'-'))
}
