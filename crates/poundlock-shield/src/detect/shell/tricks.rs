//! What shells do with a word before they run it: patterns, braces, variables, aliases, functions.
//!
//! Main item: [`detect`]. One function a trick; each reads a value once, or a bounded part of it at each mark.

use super::{
    super::{CERTAIN, DOUBTFUL, Hits, LIKELY, Subject, hints::Mark},
    command::read,
};
use crate::class::Class;
use memchr::memmem::{find, find_iter};

/// How many places of one kind are looked at.
const MAX_PLACES: usize = 32;

/// A longer value is a program or a text, in which tricks of a shell are common.
const LONG: usize = 512;

/// Looks for words that a shell makes into others.
pub(super) fn detect(subject: &Subject<'_>, hits: &mut Hits) {
    let (text, hints) = (subject.text, &subject.hints);
    if text.len() > LONG {
        return;
    }
    if hints.has(Mark::SLASH) && (hints.has(Mark::BRACKET | Mark::STAR) || text.contains(&b'?')) {
        patterns(text, hits);
    }
    if hints.has(Mark::BRACE) {
        braces(text, hits);
        functions(text, hits);
    }
    if hints.has(Mark::DOLLAR) {
        variables(text, hits);
        arithmetic(text, hits);
    }
    names(subject, hits);
}

/// Paths that patterns are written for; `*` stands for any command.
const TARGETS: [&str; 12] = [
    "/etc/passwd",
    "/etc/shadow",
    "/etc/hosts",
    "/etc/group",
    "/etc/issue",
    "/etc/hostname",
    "/bin/*",
    "/usr/bin/*",
    "/usr/local/bin/*",
    "/sbin/*",
    "/usr/sbin/*",
    "/etc/crontab",
];

/// Commands that stand for `*` in a target.
const PROGRAMS: [&str; 40] = [
    "cat", "ls", "sh", "bash", "nc", "id", "ps", "wget", "curl", "uname", "whoami", "ping", "python",
    "python3", "perl", "php", "tac", "head", "tail", "less", "more", "nl", "rm", "cp", "mv", "base64", "xxd",
    "netcat", "nslookup", "sleep", "echo", "grep", "awk", "sed", "find", "env", "telnet", "ncat", "dd",
    "zsh",
];

/// `/???/p?ss*`, `/bi[n]/cat`: patterns that a known path fits.
fn patterns(text: &[u8], hits: &mut Hits) {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"/?*[]!^-._".contains(byte);
    let mut at = 0;
    for _ in 0..MAX_PLACES {
        let Some(start) = memchr::memchr(b'/', &text[at..]).map(|step| at + step) else { return };
        let length = text[start..].iter().take_while(|byte| inside(byte)).count();
        let pattern = &text[start..start + length];
        at = start + length.max(1);
        let marked = pattern.iter().any(|byte| matches!(byte, b'?' | b'*' | b'['));
        let letters = pattern.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
        let own = start == 0 || !text[start - 1].is_ascii_alphanumeric();
        if marked
            && own
            && letters > 0
            && length <= 48
            && TARGETS.iter().any(|target| reaches(pattern, target))
        {
            let score = if letters >= 2 { CERTAIN } else { LIKELY };
            hits.add(Class::Command, "pattern", start..start + length, score);
        }
    }
}

fn reaches(pattern: &[u8], target: &str) -> bool {
    let Some(folder) = target.strip_suffix('*') else { return fits(pattern, target.as_bytes()) };
    PROGRAMS.iter().any(|program| fits(pattern, [folder, program].concat().as_bytes()))
}

/// Whether the pattern of a shell fits the path; neither `*` nor `?` fits a `/`.
fn fits(pattern: &[u8], path: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < path.len() {
        match (step(pattern, p, path[t]), pattern.get(p)) {
            (Some(next), _) => (p, t) = (next, t + 1),
            (None, Some(b'*')) => {
                star = Some((p + 1, t));
                p += 1;
            }
            _ => match star {
                Some((after, from)) if path[from] != b'/' => {
                    star = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                _ => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// The index after the one element of a pattern that fits a byte.
fn step(pattern: &[u8], at: usize, byte: u8) -> Option<usize> {
    match *pattern.get(at)? {
        b'?' => (byte != b'/').then_some(at + 1),
        b'[' => {
            let close = at + 2 + memchr::memchr(b']', pattern.get(at + 2..)?)?;
            let set = &pattern[at + 1..close];
            let (negated, set) = match set {
                [b'!' | b'^', rest @ ..] => (true, rest),
                set => (false, set),
            };
            let range = set.len() == 3 && set[1] == b'-' && (set[0]..=set[2]).contains(&byte);
            ((range || set.contains(&byte)) != negated).then_some(close + 1)
        }
        literal => (literal == byte).then_some(at + 1),
    }
}

/// `{cat,/etc/passwd}`, `{,ifconfig}`, `c{a,oun}t`: words in braces become many.
fn braces(text: &[u8], hits: &mut Hits) {
    for open in memchr::memchr_iter(b'{', text).take(MAX_PLACES) {
        let rest = &text[open + 1..text.len().min(open + 96)];
        let Some(close) = memchr::memchr(b'}', rest) else { continue };
        let inner = &rest[..close];
        let tight = inner.contains(&b',') && !inner.iter().any(|byte| b" :;\n(){\"".contains(byte));
        if !tight {
            continue;
        }
        let first = inner.split(|byte| *byte == b',').find(|word| !word.is_empty()).unwrap_or_default();
        let command = read(first, 0).is_some_and(|command| command.end == first.len());
        let letter = |at: Option<&u8>| at.is_some_and(u8::is_ascii_alphabetic);
        let joined = open > 0 && letter(text.get(open - 1)) && letter(rest.get(close + 1));
        let score = match () {
            () if command && inner.iter().any(|byte| matches!(byte, b'/' | b'-' | b'.')) => CERTAIN,
            () if inner.starts_with(b",") && first.len() > 1 => LIKELY,
            () if command && open == 0 && close + 2 == text.len() => LIKELY,
            () if joined && text.len() <= 64 => LIKELY,
            () => continue,
        };
        hits.add(Class::Command, "braces", open..open + close + 2, score);
    }
}

/// `() { :; }; echo`, `f(){ f|f& };f`
fn functions(text: &[u8], hits: &mut Hits) {
    for open in find_iter(text, b"()").take(MAX_PLACES) {
        let rest = text[open + 2..].trim_ascii_start();
        let Some(body) = rest.strip_prefix(b"{") else { continue };
        let name = text[..open].iter().rev().take_while(|byte| !byte.is_ascii_whitespace()).count();
        let bomb = find(body, b"&").is_some() && find(body, b"}").is_some();
        let bare = text[..open].trim_ascii().is_empty();
        let goes_on = find(body, b"}").is_some_and(|at| body[at + 1..].trim_ascii_start().starts_with(b";"));
        let score = match () {
            () if bare && (goes_on || body.len() <= 1 || find(body, b">_[").is_some()) => CERTAIN,
            () if bomb && name <= 3 && text.len() <= 96 => LIKELY,
            () => continue,
        };
        hits.add(Class::Command, "function", open - name..open + 3, score);
    }
}

/// `a=nc&&$a -e`: a variable that is set and then run; `$[2+2]`, `~+`: what only a shell computes.
fn variables(text: &[u8], hits: &mut Hits) {
    let name = |from: usize| from + text[from..].iter().take(24).take_while(|b| word(**b)).count();
    for at in memchr::memchr_iter(b'$', text).take(MAX_PLACES) {
        let runs = text[..at].trim_ascii_end().last().is_some_and(|byte| matches!(byte, b';' | b'&' | b'|'));
        let redirects = at > 0 && text[at - 1] == b'>';
        let end = name(at + 1);
        if !(runs || redirects) || end == at + 1 {
            continue;
        }
        let set = [&text[at + 1..end], b"="].concat();
        let known = find(&text[..at], &set).is_some_and(|from| from == 0 || !word(text[from - 1]));
        if known {
            hits.add(Class::Command, "variable", at..end, CERTAIN);
        }
    }
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// `$((1+1))`, `$[2+2]`, `${cmd}` as the whole value
fn arithmetic(text: &[u8], hits: &mut Hits) {
    let starts = [(&b"$(("[..], &b"))"[..]), (b"$[", b"]")];
    for (open, close) in starts {
        if let Some(at) = find(text, open).filter(|at| find(&text[*at..], close).is_some()) {
            let score = if text.len() <= 64 { LIKELY } else { DOUBTFUL };
            hits.add(Class::Command, "arithmetic", at..at + open.len(), score);
        }
    }
    let inner = text.strip_prefix(b"${").and_then(|rest| rest.strip_suffix(b"}"));
    if inner.is_some_and(|inner| (1..=32).contains(&inner.len()) && inner.iter().all(|byte| word(*byte))) {
        hits.add(Class::Command, "parameter", 0..text.len(), LIKELY);
    }
}

/// `alias a=id`, `~+`, `!-1`, `.system id`: what only a shell, or a program with a shell in it, takes.
fn names(subject: &Subject<'_>, hits: &mut Hits) {
    let (text, hints) = (subject.text, &subject.hints);
    // It sets something.
    if hints.has(Mark::COMPARE)
        && let Some(at) = find(text, b"alias ").filter(|at| *at <= 64)
    {
        let free = at == 0 || !text[at - 1].is_ascii_alphanumeric();
        let sets = text[at + 6..].split(|byte| *byte == b' ').take(3).any(|word| {
            memchr::memchr(b'=', word).is_some_and(|equals| equals > 0 && equals + 1 < word.len())
        });
        if free && sets {
            hits.add(Class::Command, "alias", at..at + 6, LIKELY);
        }
    }
    let tilde = matches!(text, [b'~', b'+' | b'-' | b'0'..=b'9', rest @ ..]
        if rest.len() <= 3 && rest.iter().all(u8::is_ascii_digit));
    let history = matches!(text, [b'!', b'-', b'0'..=b'9', ..] | [b'!', b'!']);
    if tilde || history {
        hits.add(Class::Command, "expansion", 0..text.len(), LIKELY);
    }
    if hints.has(Mark::NEWLINE | Mark::SEMICOLON) {
        dotted(text, hits);
    }
}

/// `;.system id`: a command of a program's own, on a line of its own.
fn dotted(text: &[u8], hits: &mut Hits) {
    let shells = [&b".system"[..], b".shell", b".import", b".load", b".once"];
    for at in memchr::memchr2_iter(b'\n', b';', text).take(MAX_PLACES) {
        let rest = &text[at + 1..];
        let rest = &rest
            [rest.iter().take(4).take_while(|byte| matches!(byte, b' ' | b'.' | b'\\' | b'n')).count()..];
        let dotted = text[at..].len() > rest.len() + 1;
        if dotted && shells.iter().any(|shell| rest.starts_with(&shell[1..]) || rest.starts_with(shell)) {
            hits.add(Class::Command, "dot-command", at..at + 2, LIKELY);
        }
    }
}
