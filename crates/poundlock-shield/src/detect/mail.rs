//! Commands of mail protocols behind a line break.
//!
//! Main item: [`detect`]. A value that ends up in a conversation with a mail server can go on with one of its own.

use super::{CERTAIN, Hits, LIKELY, Subject};
use crate::class::Class;

/// How many line breaks are looked at.
const MAX_LINES: usize = 16;

/// Commands of SMTP that nothing else begins with, and how sure each is.
const SMTP: [(&str, u8); 14] = [
    ("MAIL FROM:", CERTAIN),
    ("RCPT TO:", CERTAIN),
    ("EHLO ", CERTAIN),
    ("HELO ", CERTAIN),
    ("DATA", LIKELY),
    ("QUIT", LIKELY),
    ("RSET", LIKELY),
    ("VRFY ", LIKELY),
    ("EXPN ", LIKELY),
    ("HELP ", LIKELY),
    ("NOOP", LIKELY),
    ("AUTH ", LIKELY),
    ("STARTTLS", LIKELY),
    ("BDAT ", LIKELY),
];

/// Commands of POP3, with an argument.
const POP: [&str; 9] = ["RETR ", "APOP ", "STAT", "LIST ", "UIDL", "USER ", "PASS ", "DELE ", "TOP "];

/// Commands of IMAP, which stand behind a tag.
const IMAP: [&str; 18] = [
    "append",
    "authenticate",
    "examine",
    "select",
    "store",
    "search",
    "fetch",
    "login",
    "logout",
    "copy",
    "create",
    "delete",
    "lsub",
    "status",
    "starttls",
    "uid",
    "capability",
    "quit",
];

/// Looks for a command at the start of a line.
pub(super) fn detect(subject: &Subject<'_>, hits: &mut Hits) {
    let text = subject.text;
    let mut at = 0;
    for _ in 0..MAX_LINES {
        let Some(end) = memchr::memmem::find(&text[at..], b"\r\n").map(|step| at + step) else { return };
        // Lines of a text come after lines of a text; an address or nothing stands before a command.
        let score = command(&text[end + 2..]).filter(|_| end <= 100);
        if let Some(score) = score {
            hits.add(Class::Mail, "command", end..text.len().min(end + 24), score);
        }
        at = end + 2;
    }
}

/// How sure a line is a command.
fn command(line: &[u8]) -> Option<u8> {
    let end = line.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(line.len());
    let line = &line[..end.min(256)];
    let whole = |name: &str| {
        line.starts_with(name.as_bytes()) && (name.ends_with([' ', ':']) || line.len() == name.len())
    };
    if let Some((_, score)) = SMTP.iter().find(|(name, _)| whole(name)) {
        return Some(*score);
    }
    if POP.iter().any(|name| whole(name)) {
        return Some(LIKELY);
    }
    let mut words = line.split(|byte| *byte == b' ');
    let tag = words.next()?;
    let tagged =
        tag.len() <= 8 && tag.first()?.is_ascii_alphabetic() && tag[1..].iter().all(u8::is_ascii_digit);
    let verb = words.next().filter(|_| tagged)?.to_ascii_lowercase();
    let known = IMAP.iter().any(|known| verb == known.as_bytes());
    (known
        && (tag.len() > 1
            || words.next().is_some_and(|word| word[..1.min(word.len())].iter().all(u8::is_ascii_digit))))
    .then_some(LIKELY)
}
