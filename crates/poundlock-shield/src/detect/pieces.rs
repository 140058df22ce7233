//! Values that are odd as a whole: nothing but marks, a quote and what would follow it in code, a bare name that
//! only programs have.
//!
//! Main items: [`detect`] and [`quiet`]. Nothing here is sure: it counts from level 2 on, and in short values only.

use super::{CERTAIN, Hits, LIKELY, Subject, hints::Mark};
use crate::class::Class;
use memchr::memmem::find;

/// The longest value that may be a piece.
pub(super) const SHORT: usize = 160;

/// The longest value that may be a bare name.
const NAME: usize = 64;

/// Looks at a value that has marks.
pub(super) fn detect(subject: &Subject<'_>, hits: &mut Hits) {
    let text = subject.text;
    if text.len() > SHORT {
        return;
    }
    quiet(text, hits);
    let has = |marks| subject.hints.has(marks);
    let found = [
        ("operator", has(Mark::COMPARE | Mark::PIPE | Mark::AMPERSAND | Mark::CARET) && operator(text)),
        ("marks", marks(text)),
        ("quote", has(Mark::QUOTES | Mark::BACKTICK) && quoted(text)),
        ("list", has(Mark::QUOTES | Mark::BACKTICK) && list(text)),
        ("open-call", has(Mark::PAREN) && open_call(text)),
        ("back-quotes", has(Mark::BACKTICK) && back_quotes(text)),
    ];
    for (rule, _) in found.into_iter().filter(|(_, found)| *found) {
        hits.add(Class::Sqli, rule, 0..text.len(), LIKELY);
    }
    if subject.hints.has(Mark::COMPARE) && directive(text) {
        hits.add(Class::Code, "php-setting", 0..text.len(), LIKELY);
    }
    if subject.hints.has(Mark::SINGLE) && json_operator(text) {
        hits.add(Class::Sqli, "json-operator", 0..text.len(), LIKELY);
    }
}

/// Looks at a value of letters, digits and plain punctuation.
pub(super) fn quiet(text: &[u8], hits: &mut Hits) {
    if text.len() > NAME || text.is_empty() {
        return;
    }
    let bare = text.trim_ascii();
    let bare = match bare {
        [b'\'', inner @ .., b'\''] => inner,
        bare => bare,
    };
    let one = !bare.contains(&b' ');
    if one && is_name(bare) {
        hits.add(Class::Sqli, "name", 0..text.len(), LIKELY);
    }
    if bare.len() >= 10
        && matches!(bare[0], b'-' | b'0'..=b'9')
        && NUMBERS.iter().any(|number| bare == number.as_bytes())
    {
        hits.add(Class::Sqli, "border", 0..text.len(), LIKELY);
    }
    if notation(text) {
        let query = bare.len() > 6 && bare[..6].eq_ignore_ascii_case(b"select");
        hits.add(Class::Sqli, "notation", 0..text.len(), if query { CERTAIN } else { LIKELY });
    }
    let squeezed = || find(text, b"nionselect").is_some() || find(text, b"NIONSELECT").is_some();
    if one && text.len() > 12 && memchr::memchr2(b'c', b'C', text).is_some() && squeezed() {
        hits.add(Class::Sqli, "squeezed", 0..text.len(), LIKELY);
    }
    if matches!(text, [b'~', b'+' | b'-' | b'0'..=b'9', rest @ ..] if rest.len() <= 3 && rest.iter().all(u8::is_ascii_digit))
    {
        hits.add(Class::Command, "expansion", 0..text.len(), LIKELY);
    }
    if local(text) {
        hits.add(Class::Ssrf, "local-name", 0..text.len(), LIKELY);
    }
    if session_file(text) {
        hits.add(Class::Code, "session-file", 0..text.len(), LIKELY);
    }
}

/// Whether a word is one of [`NAMES`]; most begin like none.
fn is_name(word: &[u8]) -> bool {
    let first = word.first().map_or(0, u8::to_ascii_lowercase);
    b"xrnmvospit".contains(&first) && NAMES.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
}

/// Operators and names of catalogues, databases and types that are words of nothing else.
const NAMES: [&str; 24] = [
    "xor",
    "rlike",
    "regexp",
    "notnull",
    "msdb",
    "mysql.db",
    "mysql.user",
    "msysaccessobjects",
    "msysobjects",
    "schema_name",
    "nvarchar",
    "varchar",
    "openrowset",
    "opendatasource",
    "msdasql",
    "sqloledb",
    "sysobjects",
    "syscolumns",
    "information_schema",
    "table_schema",
    "pg_catalog",
    "tempdb",
    "master..sysdatabases",
    "sys.user_objects",
];

/// Numbers at which types end, and one that hung compilers and PHP.
const NUMBERS: [&str; 9] = [
    "2147483648",
    "-2147483649",
    "4294967296",
    "9223372036854775808",
    "18446744073709551616",
    "2.2250738585072011e-308",
    "2.2250738585072007e-308",
    "0000012345",
    "-9223372036854775809",
];

/// `1.e(ascii)`, `1.e.tables`: numbers that MySQL reads and others do not.
pub(super) fn notation(text: &[u8]) -> bool {
    let ends = |at: usize| {
        text.get(at + 2).is_some_and(|byte| {
            *byte == b'(' || (*byte == b'.' && text.get(at + 3).is_some_and(u8::is_ascii_alphabetic))
        })
    };
    memchr::memchr_iter(b'.', text)
        .take(32)
        .any(|at| at > 0 && text[at - 1].is_ascii_digit() && text.get(at + 1) == Some(&b'e') && ends(at))
}

/// `localhost/`, `localhost.localdomain:80`
fn local(text: &[u8]) -> bool {
    if !matches!(text[0], b'l' | b'L') {
        return false;
    }
    let lower = text[..text.len().min(24)].to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix(b"localhost") else { return false };
    let rest = [&b".localdomain"[..], b"4.localdomain4", b"6.localdomain6", b"4", b"6"]
        .iter()
        .find_map(|name| rest.strip_prefix(*name))
        .unwrap_or(rest);
    matches!(rest.first(), Some(b'/' | b':')) || (rest.is_empty() && lower.len() > 9)
}

/// `/tmp/sess_…`: where PHP keeps sessions.
fn session_file(text: &[u8]) -> bool {
    if text.len() < b"sess_".len() + 20 {
        return false;
    }
    let name = text.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or_default();
    name.strip_prefix(b"sess_").is_some_and(|id| id.len() >= 20 && id.iter().all(u8::is_ascii_alphanumeric))
}

/// Settings of PHP that change what it runs, reads or sends.
const SETTINGS: [&str; 22] = [
    "engine",
    "extension",
    "zend_extension",
    "smtp",
    "sendmail_path",
    "auto_prepend_file",
    "auto_append_file",
    "allow_url_include",
    "allow_url_fopen",
    "disable_functions",
    "open_basedir",
    "safe_mode",
    "include_path",
    "error_log",
    "user_ini",
    "unserialize_max_depth",
    "unserialize_callback_func",
    "register_globals",
    "display_errors",
    "enable_dl",
    "doc_root",
    "short_open_tag",
];

/// Extensions of PHP whose settings have a dot.
const EXTENSIONS: [&str; 12] = [
    "opcache",
    "mbstring",
    "session",
    "assert",
    "cgi",
    "mysqli",
    "pdo_mysql",
    "phar",
    "soap",
    "ffi",
    "xdebug",
    "mail",
];

/// `auto_prepend_file=…`, `opcache.preload=…`
fn directive(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let text = text.strip_prefix(b"-d").map_or(text, |rest| rest.trim_ascii_start());
    let Some(equals) = memchr::memchr(b'=', &text[..text.len().min(NAME)]) else { return false };
    let name = text[..equals].trim_ascii_end().to_ascii_lowercase();
    let extension = memchr::memchr(b'.', &name).map(|dot| &name[..dot]);
    SETTINGS.iter().any(|known| name == known.as_bytes())
        || extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == known.as_bytes()))
}

/// `!=`, `||`, `<=>`
fn operator(text: &[u8]) -> bool {
    let operators =
        ["!=", "||", "&&", "<=>", "<>", ">=", "<=", "->", "->>", "<<", ">>", ":=", "-->", "@>", "^'"];
    operators.iter().any(|operator| text.trim_ascii() == operator.as_bytes())
}

/// Six marks or more and hardly a letter: `!@#$%^&*()`.
fn marks(text: &[u8]) -> bool {
    let line = |byte: &u8| matches!(byte, b'-' | b'=' | b'*');
    let count = text.iter().filter(|byte| IS_MARK[usize::from(**byte)]).count();
    if count < 6 || text.len() > NAME || count * 5 < text.len() * 4 {
        return false;
    }
    let kinds = b"!@#$%^&*()=+{}[]:;\"'`<>?".iter().filter(|byte| text.contains(byte)).count();
    kinds > 1 && !(text.len() < 12 && text.iter().all(line))
}

/// Bytes that are marks, for [`marks`].
const IS_MARK: [bool; 256] = {
    let mut table = [false; 256];
    let marks = b"!@#$%^&*()=+{}[]|\\:;\"'`<>?~-";
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = true;
        at += 1;
    }
    table
};

/// `":60`, `` `>9e7``, `">%5`, `' * from`: a quote, marks, and then a number or a word.
fn quoted(text: &[u8]) -> bool {
    let [quote @ (b'\'' | b'"' | b'`'), rest @ ..] = text else { return false };
    let marks = rest.iter().take(8).take_while(|byte| b" :<>=%[?*+!^(),&|#\"'".contains(byte)).count();
    let hard = rest[..marks].iter().any(|byte| !matches!(byte, b' ' | b'"' | b'\'' | b','));
    let number = rest.get(marks).is_some_and(u8::is_ascii_digit);
    let from = find(rest, b"from").is_some() && rest.trim_ascii_start().starts_with(b"*");
    let again = rest[..marks].contains(quote) && rest.len() > marks + 2;
    text.len() <= NAME
        && ((hard && number) || from || (*quote == b'`' && find(rest, b"` AS `").is_some() && again))
}

/// `', (5)`, `'a', '1'='1'`, `,name"`, `3' ' 1`: strings side by side, as in a query.
fn list(text: &[u8]) -> bool {
    let empty = find(text, b"'', '', ").is_some();
    let row = find(text, b"', (").is_some() || find(text, b"', '1'=").is_some();
    let open = matches!(text, [b',', .., b'"' | b'\'']) && memchr::memchr(b' ', text).is_none();
    let gap = find(text, b"' ' ").is_some_and(|at| at > 0 && text[at - 1].is_ascii_digit());
    let renamed = find(text, b"` AS `")
        .is_some_and(|at| find(&text[at..], b"FROM").or(find(&text[at..], b"from")).is_some());
    let sounds = text.starts_with(b"'") && find(text, b"'.'.'.'").is_some();
    empty || row || open || gap || renamed || sounds
}

/// `database(`, `year]=(`, `length||(`: a name, marks, and a parenthesis that is not closed.
fn open_call(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let Some(inner) = text.strip_suffix(b"(") else { return false };
    let name = inner.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    name > 1 && inner.len() - name <= 8 && inner[name..].iter().all(|byte| !byte.is_ascii_alphanumeric())
}

/// A word in back quotes and nothing else.
fn back_quotes(text: &[u8]) -> bool {
    matches!(text, [b'`', inner @ .., b'`'] if !inner.is_empty() && inner.len() <= 32 && !inner.contains(&b'`'))
}

/// `'{"b":2}' @> '…'`, `'[1,2]' ? '1'`: JSON in a string of SQL, and an operator of JSON behind it.
fn json_operator(text: &[u8]) -> bool {
    let closes = |at: usize| {
        let rest = text[at + 2..].trim_ascii_start();
        let rest =
            ["::jsonb", "::json"].iter().find_map(|cast| rest.strip_prefix(cast.as_bytes())).unwrap_or(rest);
        matches!(rest.trim_ascii_start(), [b'-' | b'@' | b'<' | b'>' | b'?' | b'#' | b'|' | b'=', ..])
    };
    let opens = find(text, b"'{").is_some() || find(text, b"'[").is_some();
    opens
        && memchr::memchr2_iter(b'}', b']', text)
            .take(16)
            .any(|at| text.get(at + 1) == Some(&b'\'') && closes(at))
}
