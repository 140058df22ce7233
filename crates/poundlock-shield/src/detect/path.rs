//! Paths that leave their folder, and files that nobody should ask for.
//!
//! Main item: [`detect`]. Paths are taken apart like a file system does, `\` as `/`; what counts is where they
//! lead. A relative link or two in a text lead nowhere.

use super::{
    CERTAIN, DOUBTFUL, Hits, LIKELY, ODD, Subject,
    hints::{Mark, group},
};
use crate::class::{Class, Place};
use std::ops::Range;

/// How many paths of one reading are looked at.
const MAX_PATHS: usize = 256;

/// Looks for paths.
pub(super) fn detect(subject: &Subject<'_>, hits: &mut Hits) {
    let text = subject.text;
    if subject.hints.word(group::DOTS) {
        if repeated(text) >= 4 && text.len() <= 512 {
            hits.add(Class::Traversal, "repeated", 0..text.len(), CERTAIN);
        }
        let mut from = 0;
        for _ in 0..MAX_PATHS {
            let dots =
                [&b".."[..], b"./."].into_iter().filter_map(|dots| memchr::memmem::find(&text[from..], dots));
            let Some(at) = dots.min() else { break };
            let path = around(text, from + at);
            if let Some((rule, score)) = climbs(subject, &path) {
                hits.add(Class::Traversal, rule, path.clone(), score);
            }
            from = path.end.max(from + at + 2);
        }
    }
    if subject.hints.word(group::DOTS | group::SQUEEZED) {
        squeezed(text, hits);
    }
    if subject.place == Place::Path {
        hidden(text, hits);
    }
    if subject.hints.has(Mark::SLASH) {
        probes(text, hits);
    }
    if subject.hints.has(Mark::COLON) && subject.hints.word(group::WRAPPER) {
        wrapper(text, hits);
    }
}

/// The path around `at`: what has no space and no quote.
fn around(text: &[u8], at: usize) -> Range<usize> {
    let outside = |byte: &u8| {
        matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b'(' | b')' | b'<' | b'>' | b'`' | b',')
    };
    let start = text[..at].iter().rposition(outside).map_or(0, |before| before + 1);
    let end = text[at..].iter().position(outside).map_or(text.len(), |length| at + length);
    start..end
}

/// How far a path climbs, and whether that is more than a link does.
fn climbs(subject: &Subject<'_>, path: &Range<usize>) -> Option<(&'static str, u8)> {
    let token = &subject.text[path.clone()];
    // What stands before `=` is a name: `file=../x`.
    let token = token.rsplit(|byte| *byte == b'=').next().unwrap_or(token);
    let steps = walk(token);
    let whole = path.len() + 2 >= subject.text.len();
    let score = match () {
        () if steps.odd >= 2 && (whole || steps.ups > 0) => CERTAIN,
        () if steps.odd >= 2 => LIKELY,
        () if steps.selfs >= 3 && steps.absolute && whole => CERTAIN,
        () if steps.semicolons > 0 => CERTAIN,
        () if steps.ups == 0 => return None,
        // `/../x` leads above the root: no link does.
        () if steps.absolute && steps.lowest < 0 && whole => CERTAIN,
        () if subject.place == Place::Path && (steps.lowest < 0 || steps.ups >= 2) => CERTAIN,
        () if subject.place == Place::Path => LIKELY,
        () if steps.lowest <= -3 && whole => CERTAIN,
        () if steps.ups >= 3 && steps.lowest <= -1 && whole => CERTAIN,
        () if steps.lowest <= -5 => CERTAIN,
        () if steps.lowest <= -2 && whole => LIKELY,
        () if steps.lowest <= -2 => DOUBTFUL,
        () if steps.lowest < 0 && whole && token.len() <= 4 => ODD,
        () => DOUBTFUL,
    };
    Some(("climb", score))
}

#[derive(Default)]
struct Steps {
    ups: usize,
    /// The lowest level reached, 0 being where the path starts.
    lowest: i32,
    /// Parts of three or more dots, which some systems take for several steps up.
    odd: usize,
    /// `..;`, which some servers take for `..`.
    semicolons: usize,
    absolute: bool,
    /// `.`, which leads nowhere.
    selfs: usize,
}

fn walk(path: &[u8]) -> Steps {
    let mut steps = Steps { absolute: matches!(path.first(), Some(b'/' | b'\\')), ..Steps::default() };
    let mut level = 0i32;
    for part in path.split(|byte| matches!(byte, b'/' | b'\\')) {
        let dots = part.iter().take_while(|byte| **byte == b'.').count();
        let rest = &part[dots..];
        // Controls and spaces behind the dots are dropped by some systems.
        let only_dots = rest.iter().all(|byte| matches!(byte, 0..=b' ' | 0x7f));
        match dots {
            0 if part.is_empty() => {}
            2 if only_dots || rest.starts_with(b"%") => {
                steps.ups += 1;
                level -= 1;
                steps.lowest = steps.lowest.min(level);
            }
            2 if rest.starts_with(b";") => {
                steps.semicolons += 1;
                steps.ups += 1;
            }
            1 if only_dots => steps.selfs += 1,
            3.. if only_dots && path.len() > part.len() => steps.odd += 1,
            // `/..etc`: no file has such a name, but a filter may have taken a separator out.
            2.. if steps.absolute => steps.odd += 2,
            _ => level += 1,
        }
    }
    // `..//..` and `....//`, which become `../` when a filter drops `../` once.
    if memchr::memmem::find(path, b"....//").is_some() || memchr::memmem::find(path, b"..././").is_some() {
        steps.odd += 2;
    }
    steps
}

/// `..%c0%qf..%c0%qf..`: steps up behind a separator that is not known here, but somewhere.
fn repeated(text: &[u8]) -> usize {
    let mut count = 0;
    let mut last: Option<usize> = None;
    for at in memchr::memmem::find_iter(text, b"..").take(MAX_PATHS) {
        let gap = last.map(|end| &text[end..at]);
        let near = gap.is_some_and(|gap| {
            (1..=12).contains(&gap.len())
                && !gap.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'.')
                && gap.iter().all(|b| !b" ,;:\"'()".contains(b))
        });
        count = if near { count + 1 } else { 1 };
        last = Some(at + 2);
        if count >= 4 {
            return count;
        }
    }
    count
}

/// `....etcpasswd`: a path whose separators were taken out, or spelled in a way that is not known here.
fn squeezed(text: &[u8], hits: &mut Hits) {
    if text.len() > 512 {
        return;
    }
    let plain: Vec<u8> =
        text.iter().filter(|byte| !matches!(byte, b'/' | b'\\' | b'.')).map(u8::to_ascii_lowercase).collect();
    let names = [
        "etcpasswd",
        "etcshadow",
        "windowswinini",
        "winntwinini",
        "bootini",
        "web-infwebxml",
        "etchosts",
        "globalasa",
    ];
    let drive = text.len() > 2 && text[0].is_ascii_alphabetic() && text[1] == b':';
    let dots = drive || text.starts_with(b"..") || text.windows(4).any(|four| four == b"....");
    if dots && names.iter().any(|name| memchr::memmem::find(&plain, name.as_bytes()).is_some()) {
        hits.add(Class::Traversal, "squeezed", 0..text.len(), CERTAIN);
    }
}

/// A file that is asked for to prove a point, or for what is in it; `name` ends before `end`.
pub(super) fn file(subject: &Subject<'_>, start: usize, end: usize, score: u8, hits: &mut Hits) {
    let text = subject.text;
    let path = around(text, start);
    let slash = |byte: &u8| matches!(byte, b'/' | b'\\');
    let whole = path.len() + 2 >= text.len();
    let first = text[start];
    let bare =
        start > 0 && (text[start - 1].is_ascii_alphanumeric() || matches!(text[start - 1], b'_' | b'-'));
    let after = text.get(end).copied().unwrap_or(b' ');
    let longer = !slash(&text[end - 1]) && (after.is_ascii_alphanumeric() || matches!(after, b'-' | b'_'));
    let asked = subject.place == Place::Path || text[path.start..start].windows(2).any(|two| two == b"..");
    // A URL of somebody's repository has such names in it as well.
    let token = &text[path.clone()];
    let url = memchr::memmem::find(token, b"://").is_some_and(|at| at > 0)
        && !token[..4.min(token.len())].eq_ignore_ascii_case(b"file");
    let score = match () {
        () if bare && first.is_ascii_alphabetic() && !asked => ODD,
        () if longer || url => ODD,
        () if asked => CERTAIN.min(score + 3),
        // Asked for by its absolute path.
        () if whole && score >= LIKELY && absolute(token) => CERTAIN,
        () if whole => score,
        () => score.min(LIKELY) - 2,
    };
    hits.add(Class::Traversal, "file", path, score);
}

fn absolute(path: &[u8]) -> bool {
    matches!(path, [b'/', next, ..] if *next != b'/')
        || matches!(path, [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic())
}

/// A file or folder of a tool that should not be served: `/.git`, `/.env`.
fn hidden(text: &[u8], hits: &mut Hits) {
    for at in memchr::memmem::find_iter(text, b"/.").take(MAX_PATHS) {
        let name = &text[at + 2..];
        if name.first().is_some_and(u8::is_ascii_alphabetic) && !name.starts_with(b"well-known") {
            hits.add(Class::Traversal, "hidden", at..at + 3, LIKELY);
        }
    }
}

/// A path of fewer bytes is no test of how long one may be.
const OVERLONG: usize = 128;

/// `//{file}`: the mark where a list of attacks takes a file; `/aaaa…`: a path that tests how long one may be; `/./`:
/// steps that lead nowhere.
fn probes(text: &[u8], hits: &mut Hits) {
    let rest = &text[text.iter().take_while(|byte| matches!(byte, b'/' | b'\\' | b'.')).count()..];
    let start = text.len() - rest.len();
    let mark = rest.len() <= 32
        && rest.len() >= 6
        && rest[rest.len() - 6..].eq_ignore_ascii_case(b"{file}")
        && rest[..rest.len() - 6].iter().all(|byte| *byte == rest[0]);
    let run = rest.len() >= OVERLONG
        && rest[0].is_ascii_alphabetic()
        && rest[..OVERLONG].iter().all(|byte| *byte == rest[0])
        && rest.iter().filter(|byte| **byte == rest[0]).count() * 8 >= rest.len() * 7;
    if start > 0 && (mark || run) {
        hits.add(Class::Traversal, "probe", 0..text.len().min(OVERLONG), CERTAIN);
    }
}

/// `php://filter`, `file:///etc`
fn wrapper(text: &[u8], hits: &mut Hits) {
    let lower = text[..text.len().min(1024)].to_ascii_lowercase();
    let wrappers = [
        ("php://", CERTAIN),
        ("phar://", CERTAIN),
        ("expect://", CERTAIN),
        ("zip://", LIKELY),
        ("glob://", CERTAIN),
        ("compress.zlib://", CERTAIN),
        ("ogg://", LIKELY),
        ("rar://", LIKELY),
        ("zlib:", LIKELY),
        ("file:/", LIKELY),
        ("data://text", CERTAIN),
        ("ssh2.", LIKELY),
        ("data:text", LIKELY),
        ("netdoc:", CERTAIN),
        ("jar:http", CERTAIN),
        ("jar:file", CERTAIN),
    ];
    for (scheme, score) in wrappers {
        if let Some(at) = memchr::memmem::find(&lower, scheme.as_bytes()) {
            let starts = at == 0 || !lower[at - 1].is_ascii_alphanumeric();
            let score = if at <= 1 { score } else { score.min(LIKELY) };
            if starts {
                hits.add(Class::Traversal, "wrapper", at..at + scheme.len(), score);
            }
        }
    }
}

/// Parts of the paths that are always asked for.
const SENSITIVE: [&str; 8] = ["etc/", "proc/", "windows", "win.ini", "boot.ini", ".ssh/", "var/", "winnt"];

/// Whether `path` is one of the files that are always asked for.
pub(super) fn is_sensitive(path: &[u8]) -> bool {
    let lower: Vec<u8> = path
        .iter()
        .take(256)
        .map(|byte| if *byte == b'\\' { b'/' } else { byte.to_ascii_lowercase() })
        .collect();
    lower.contains(&b'/')
        && SENSITIVE.iter().any(|name| memchr::memmem::find(&lower, name.as_bytes()).is_some())
}
