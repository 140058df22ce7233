//! Reads a command: its name, however it is disguised, and what stands behind it.
//!
//! Main item: [`read`].

use super::{
    super::path::is_sensitive,
    names::{COMMANDS, all},
};
use std::sync::LazyLock;

/// What kind of name a command has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// No word of any language.
    Tool,
    /// Hardly a word of English.
    Strong,
    /// A word that texts have as well.
    English,
    /// Called by its path: `/usr/bin/id`.
    Path,
}

/// What follows a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    Nothing,
    /// `;`, `|`, `&`, `)`, a backtick, a redirection, a comment
    Operator,
    /// An option, a path, an address, a quoted or computed word.
    Argument,
    /// One plain word, and then nothing or an operator.
    Word,
    /// Words, as in a sentence, or something that no command has.
    Words,
}

#[derive(Debug)]
pub(super) struct Command {
    pub(super) kind: Kind,
    pub(super) rest: Rest,
    /// After the name.
    pub(super) end: usize,
    /// The length of the name.
    pub(super) length: usize,
    /// Whether quotes, backslashes or empty variables are inside the name.
    pub(super) disguised: bool,
    /// Whether the name stands in quotes of its own: `"id"`.
    pub(super) quoted: bool,
    /// Whether the first argument is what only commands have: an option, a path, an address.
    pub(super) telling: bool,
    /// Whether one of the arguments is a file or an address that attacks ask for.
    pub(super) aimed: bool,
}

/// Commands that run another one.
const WRAPPERS: [&str; 14] = [
    "time", "nohup", "sudo", "env", "exec", "command", "nice", "timeout", "stdbuf", "busybox", "xargs",
    "doas", "setsid", "builtin",
];

/// Reads the command at `from`, if one of a known name is there.
pub(super) fn read(text: &[u8], from: usize) -> Option<Command> {
    let start =
        from + text[from.min(text.len())..].iter().take(16).take_while(|b| b" \t({+'\"".contains(b)).count();
    let start = after_variable(text, start);
    // What starts like no command is told by its first two letters, which is most of what texts have.
    let here = text.get(start..)?;
    if !may_start(here) || is_other_word(here) {
        return None;
    }
    let name = name(text, start)?;
    let base = base(&name.spelled).to_ascii_lowercase();
    let path = base.len() < name.spelled.len();
    let known = *COMMANDS.get(&*base).or_else(|| COMMANDS.get(unversioned(&base)?))?;
    let (rest, telling) = rest(text, name.end);
    let wraps = rest != Rest::Nothing && WRAPPERS.iter().any(|w| base == w.as_bytes());
    let wraps = wraps && runs_other(text, name.end);
    let rest = if wraps { Rest::Argument } else { rest };
    let kind = match known {
        _ if path => Kind::Path,
        _ if wraps => Kind::Strong,
        known => known,
    };
    Some(Command {
        kind,
        rest,
        end: name.end,
        length: name.spelled.len(),
        disguised: name.disguised,
        quoted: name.quoted,
        telling,
        aimed: rest == Rest::Argument && aims(text, name.end),
    })
}

/// `$x cat`: a variable that is not set vanishes.
fn after_variable(text: &[u8], start: usize) -> usize {
    let Some([b'$', first, ..]) = text.get(start..) else { return start };
    if !(first.is_ascii_alphabetic() || matches!(first, b'@' | b'*' | b'_')) {
        return start;
    }
    let length = text[start + 1..]
        .iter()
        .take(16)
        .take_while(|b| b.is_ascii_alphanumeric() || b"@*_".contains(b))
        .count();
    let end = start + 1 + length;
    let gap = text[end..].iter().take(8).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if gap > 0 { end + gap } else { start }
}

/// `python3.10` is Python.
fn unversioned(name: &[u8]) -> Option<&[u8]> {
    let end = name.iter().rposition(|byte| !(byte.is_ascii_digit() || *byte == b'.'))? + 1;
    let versioned = [&b"python"[..], b"php", b"perl", b"ruby", b"lua", b"pip", b"gcc", b"node", b"java"];
    versioned.contains(&&name[..end]).then_some(&name[..end])
}

/// Whether the word after a command that runs others is one that is no word of English.
fn runs_other(text: &[u8], end: usize) -> bool {
    let rest = text[end..].trim_ascii_start();
    let length =
        rest.iter().take(LONGEST).take_while(|b| b.is_ascii_alphanumeric() || b"_-/".contains(b)).count();
    let word = rest[..length].to_ascii_lowercase();
    matches!(COMMANDS.get(base(&word)), Some(Kind::Tool | Kind::Strong))
}

/// Whether one of the first arguments is what attacks ask for: a known file, an address, a drive.
fn aims(text: &[u8], end: usize) -> bool {
    let line = &text[end..text.len().min(end + 160)];
    let words = line.split(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'+' | b'=' | b'\'' | b'"'));
    words
        .filter(|word| !word.is_empty())
        .take(8)
        .any(|word| address(word) || drive(word) || url(word) || is_sensitive(word))
}

fn address(word: &[u8]) -> bool {
    word.iter().filter(|byte| **byte == b'.').count() == 3
        && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        && word[0].is_ascii_digit()
}

fn url(word: &[u8]) -> bool {
    word.starts_with(b"http://") || word.starts_with(b"https://") || word.starts_with(b"ftp://")
}

fn drive(word: &[u8]) -> bool {
    word.len() > 1 && word[1] == b':' && word[0].is_ascii_alphabetic()
}

/// Pairs of first letters of all commands and of the folders they are in.
static STARTS: LazyLock<[bool; 1 << 16]> = LazyLock::new(|| {
    let mut table = [false; 1 << 16];
    for name in all().chain(["bin", "usr"]) {
        let bytes = name.as_bytes();
        let second = bytes.get(1).copied().unwrap_or(0);
        table[usize::from(bytes[0]) << 8 | usize::from(second)] = true;
    }
    table
});

/// Whether a command may start here. Anything that is no letter may disguise one.
fn may_start(text: &[u8]) -> bool {
    let Some(first) = text.first().map(u8::to_ascii_lowercase) else { return false };
    let second = text.get(1).map_or(0, u8::to_ascii_lowercase);
    match (first, second) {
        (b'/' | b'\\' | b'$', _) => true,
        (first, _) if !first.is_ascii_alphanumeric() => false,
        (first, second) if second.is_ascii_alphanumeric() => {
            STARTS[usize::from(first) << 8 | usize::from(second)]
        }
        // A command of one letter, or one that goes on behind something that vanishes.
        (_, b'\'' | b'"' | b'\\' | b'^' | b'$' | b'`' | b'<' | b'[') => true,
        (first, _) => STARTS[usize::from(first) << 8],
    }
}

/// The longest word that [`is_other_word`] knows.
const LONGEST_WORD: usize = 24;

/// Whether a word stands here that no disguise can be in and that is no command: told without taking memory.
fn is_other_word(text: &[u8]) -> bool {
    let length = text.iter().take(LONGEST_WORD + 1).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let ends = text.get(length).is_none_or(|byte| matches!(byte, b' ' | b',' | b':' | b')' | b'=' | b'@'));
    let mut lower = [0; LONGEST_WORD];
    let Some(word) = lower.get_mut(..length).filter(|_| ends && length > 0) else { return false };
    word.copy_from_slice(&text[..length]);
    word.make_ascii_lowercase();
    let known = |word: &[u8]| COMMANDS.contains_key(word);
    !known(word) && !unversioned(word).is_some_and(known)
}

/// The longest name that is read.
const LONGEST: usize = 48;

#[derive(Default)]
struct Name {
    spelled: Vec<u8>,
    end: usize,
    disguised: bool,
    /// Whether quotes are around the name and nothing else.
    quoted: bool,
}

/// The name at `start` without what a shell drops: quotes, backslashes, carets, empty variables and commands.
fn name(text: &[u8], start: usize) -> Option<Name> {
    let mut name = Name { end: start, ..Name::default() };
    let before = start.checked_sub(1).map(|at| text[at]).filter(|byte| matches!(byte, b'\'' | b'"'));
    let mut open = before;
    let mut first = before.is_some();
    while let Some(byte) = text.get(name.end) {
        let at = name.end;
        let dropped = dropped(text, at, &name.spelled, &mut open);
        if dropped > 0 {
            name.quoted = first && open.is_none();
            name.disguised |= !name.quoted;
            first = false;
            name.end += dropped;
        } else if let Some(letter) = bracketed(text, at) {
            name.disguised = true;
            name.spelled.push(letter);
            name.end += 3;
        } else if spells(text, at, &name.spelled) {
            name.disguised |= name.quoted;
            name.quoted = false;
            name.spelled.push(*byte);
            name.end += 1;
        } else {
            break;
        }
        if name.end - start > LONGEST {
            return None;
        }
    }
    // `.exe` belongs to the name, a full stop does not.
    let spelled = &mut name.spelled;
    if spelled.len() > 4 && spelled[spelled.len() - 4..].eq_ignore_ascii_case(b".exe") {
        spelled.truncate(spelled.len() - 4);
    }
    (!name.spelled.is_empty()).then_some(name)
}

/// Whether the byte at `at` belongs to a name.
fn spells(text: &[u8], at: usize, name: &[u8]) -> bool {
    let byte = text[at];
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'/' | b'_')
        || (byte == b'.' && name.len() > 1)
        || (byte == b'-' && !name.is_empty() && text.get(at + 1).is_some_and(u8::is_ascii_alphabetic))
}

/// How many bytes at `at` a shell drops from a word.
fn dropped(text: &[u8], at: usize, name: &[u8], open: &mut Option<u8>) -> usize {
    let rest = &text[at..];
    let goes_on = |from: usize| rest.get(from).is_some_and(u8::is_ascii_alphabetic) && !name.is_empty();
    match rest {
        [b'\\' | b'^', ..] if goes_on(1) => 1,
        [quote @ (b'\'' | b'"'), ..] if *open == Some(*quote) => {
            *open = None;
            1
        }
        // `c'a't`, `wh""oami`: pairs inside of a word.
        [quote @ (b'\'' | b'"'), ..] if open.is_none() && inside(text, at, name) => {
            *open = Some(*quote);
            1
        }
        [b'$', b'@' | b'*' | b'1'..=b'9', ..] => 2,
        [b'$', b'-' | b'_' | b'$' | b'!' | b'#' | b'?' | b'0', ..] if goes_on(2) => 2,
        [b'<' | b'$', b'(', b')', ..] if goes_on(3) => 3,
        [b'`', b'`', ..] if goes_on(2) => 2,
        _ => 0,
    }
}

/// `[r]`: a pattern that only the letter itself fits.
fn bracketed(text: &[u8], at: usize) -> Option<u8> {
    match text[at..] {
        [b'[', letter, b']', ..] if letter.is_ascii_alphabetic() => Some(letter),
        _ => None,
    }
}

/// Whether the quote at `at` opens inside of a word, with its partner near.
fn inside(text: &[u8], at: usize, name: &[u8]) -> bool {
    let near = &text[at + 1..(at + 12).min(text.len())];
    let goes_on = near.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == text[at]);
    !name.is_empty() && goes_on && memchr::memchr(text[at], near).is_some()
}

/// The command in a path of programs: `usr/bin/id` → `id`.
fn base(name: &[u8]) -> &[u8] {
    let folders =
        [&b"/bin/"[..], b"/sbin/", b"/usr/bin/", b"/usr/sbin/", b"/usr/local/bin/", b"bin/", b"usr/bin/"];
    let folder = folders.iter().filter(|folder| name.starts_with(folder)).map(|folder| folder.len()).max();
    &name[folder.unwrap_or(0)..]
}

fn rest(text: &[u8], end: usize) -> (Rest, bool) {
    let rest = &text[end..];
    let trimmed = rest.trim_ascii_start();
    let Some(first) = trimmed.first() else { return (Rest::Nothing, false) };
    let spaced = trimmed.len() < rest.len() || rest.first() == Some(&b'+');
    match first {
        b';' | b'|' | b'&' | b')' | b'`' | b'>' | b'<' | b'#' | b'}' => return (Rest::Operator, false),
        b'\'' | b'"' if !spaced => {
            return (if trimmed.len() <= 2 { Rest::Nothing } else { Rest::Words }, false);
        }
        // `cat$IFS/etc`, `ls${IFS}-l`
        b'$' if trimmed.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || b"{(@*".contains(byte)) => {
            return (Rest::Argument, true);
        }
        b'/' | b'\\' if !spaced && trimmed.len() > 3 => return (Rest::Argument, false),
        _ if !spaced => return (Rest::Words, false),
        _ => {}
    }
    // `chmod +x`
    if trimmed.len() < rest.len() && *first == b'+' && trimmed.get(1).is_some_and(u8::is_ascii_alphabetic) {
        return (Rest::Argument, false);
    }
    let words = trimmed.strip_prefix(b"+").unwrap_or(trimmed);
    // `git+https://…` is a scheme.
    if words.len() < trimmed.len() && memchr::memmem::find(&words[..words.len().min(12)], b"://").is_some() {
        return (Rest::Words, false);
    }
    argument(words)
}

/// How much of the arguments is looked at.
const ARGUMENTS: usize = 256;

fn argument(rest: &[u8]) -> (Rest, bool) {
    let rest = &rest[..rest.len().min(ARGUMENTS)];
    let length = rest
        .iter()
        .take_while(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b';' | b'|' | b'&' | b'`' | b')'))
        .count();
    let word = &rest[..length];
    let option = word.len() > 1
        && (word[0] == b'-' || (word[0] == b'/' && word.len() <= 3))
        && word[1].is_ascii_alphanumeric();
    let url = memchr::memmem::find(word, b"://").is_some();
    let path = word.first().is_some_and(|byte| matches!(byte, b'/' | b'~' | b'$' | b'*')) && word.len() > 1;
    let telling = address(word) || drive(word) || is_sensitive(word) || url || (option && word.len() <= 3);
    if option || path || telling {
        return (Rest::Argument, telling || path);
    }
    // `5`, `file.txt`, `"quoted"`
    let after = rest[length..].trim_ascii_start();
    let alone = after.first().is_none_or(|byte| b";|&`)#>".contains(byte));
    let plain = word.iter().all(u8::is_ascii_alphabetic);
    match () {
        () if !plain && alone && word.is_ascii() => (Rest::Argument, false),
        () if alone => (Rest::Word, false),
        () => (Rest::Words, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_word_that_is_told_early_is_no_command(
            word in prop_oneof!["[a-zA-Z0-9]{1,30}", prop::sample::select(all().map(str::to_owned).collect::<Vec<_>>())],
            behind in "[ ,:)=@./'\"$a-z-]{0,6}",
        ) {
            let text = [word, behind].concat().into_bytes();
            if is_other_word(&text) {
                let name = name(&text, 0).expect("a word is there");
                let base = base(&name.spelled).to_ascii_lowercase();
                prop_assert!(!COMMANDS.contains_key(&*base));
                prop_assert!(unversioned(&base).is_none_or(|base| !COMMANDS.contains_key(base)));
            }
        }
    }

    #[test]
    fn commands_are_not_taken_for_other_words() {
        for text in ["id", "CAT /etc/passwd", "python3 -c", "php5.6 x", "uname=1"] {
            assert!(!is_other_word(text.as_bytes()), "{text}");
        }
        assert!(is_other_word(b"house of cards") && is_other_word(b"Ann@example.com"));
    }
}
