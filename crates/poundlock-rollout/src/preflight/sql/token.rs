//! SQL as words and marks: strings, comments and quoted names are told apart, nothing else.
//!
//! Main item: [`tokens`].

use super::Dialect;

/// A piece of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A bare word or number, in upper case.
    Word(String),
    /// A quoted name, as it is.
    Quoted(String),
    /// A string.
    Text,
    /// Any other character.
    Mark(char),
}

impl Token {
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text == word)
    }
}

/// Why a script cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) &'static str);

pub(super) fn tokens(script: &str, dialect: Dialect) -> Result<Vec<Token>, Unreadable> {
    let mut found = Vec::new();
    let mut rest = script.strip_prefix('\u{feff}').unwrap_or(script);
    while let Some(first) = rest.chars().next() {
        let (token, length) = if first.is_whitespace() {
            (None, first.len_utf8())
        } else if let Some(length) = comment(rest, dialect)? {
            (None, length)
        } else {
            let (token, length) = piece(rest, first, dialect)?;
            (Some(token), length)
        };
        found.extend(token);
        rest = &rest[length..];
    }
    Ok(found)
}

/// The length of a comment, if here is one.
fn comment(rest: &str, dialect: Dialect) -> Result<Option<usize>, Unreadable> {
    let to_line_end = || rest.find('\n').unwrap_or(rest.len());
    if let Some(behind) = rest.strip_prefix("--") {
        // MySQL wants white space behind; without, it is two minus signs.
        let is_comment = dialect != Dialect::MySql || behind.chars().next().is_none_or(char::is_whitespace);
        return Ok(is_comment.then(to_line_end));
    }
    if dialect == Dialect::MySql && rest.starts_with('#') {
        return Ok(Some(to_line_end()));
    }
    if !rest.starts_with("/*") {
        return Ok(None);
    }
    if dialect == Dialect::MySql && (rest.starts_with("/*!") || rest.starts_with("/*M!")) {
        return Err(Unreadable("a comment that MySQL executes"));
    }
    match (block_comment(rest, dialect == Dialect::Postgres), dialect) {
        (Some(length), _) => Ok(Some(length)),
        (None, Dialect::Sqlite) => Ok(Some(rest.len())),
        (None, _) => Err(Unreadable("a comment without an end")),
    }
}

/// Postgres' comments nest.
fn block_comment(rest: &str, nests: bool) -> Option<usize> {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (1u32, 2);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            b"/*" if nests => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    None
}

fn piece(rest: &str, first: char, dialect: Dialect) -> Result<(Token, usize), Unreadable> {
    let backslash = dialect == Dialect::MySql;
    match first {
        '\'' => Ok((Token::Text, quoted(rest, '\'', backslash)?)),
        '"' if dialect == Dialect::MySql => Ok((Token::Text, quoted(rest, '"', true)?)),
        '"' => name(rest, '"', quoted(rest, '"', false)?),
        '`' if dialect != Dialect::Postgres => name(rest, '`', quoted(rest, '`', false)?),
        '[' if dialect == Dialect::Sqlite => {
            let end = rest.find(']').ok_or(Unreadable("a quoted name without an end"))?;
            Ok((Token::Quoted(rest[1..end].to_owned()), end + 1))
        }
        '$' if dialect == Dialect::Postgres => match dollar_quoted(rest) {
            Some(Some(length)) => Ok((Token::Text, length)),
            Some(None) => Err(Unreadable("a string without an end")),
            None => Ok((Token::Mark('$'), 1)),
        },
        first if is_word(first) => word(rest, dialect),
        first => Ok((Token::Mark(first), first.len_utf8())),
    }
}

fn word(rest: &str, dialect: Dialect) -> Result<(Token, usize), Unreadable> {
    let length = rest.find(|c| !is_word(c) && c != '$').unwrap_or(rest.len());
    let (text, behind) = rest.split_at(length);
    // E'…' is the one kind of string of Postgres in which a backslash escapes.
    if dialect == Dialect::Postgres && text.eq_ignore_ascii_case("e") && behind.starts_with('\'') {
        return Ok((Token::Text, length + quoted(behind, '\'', true)?));
    }
    Ok((Token::Word(text.to_uppercase()), length))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn name(rest: &str, quote: char, length: usize) -> Result<(Token, usize), Unreadable> {
    let doubled = format!("{quote}{quote}");
    let text = rest[1..length - 1].replace(&doubled, &quote.to_string());
    Ok((Token::Quoted(text), length))
}

/// The length of what is quoted; a doubled quote does not end it.
fn quoted(rest: &str, quote: char, backslash: bool) -> Result<usize, Unreadable> {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if backslash && c == '\\' {
            chars.next();
        } else if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return Ok(at + 1);
            }
        }
    }
    Err(Unreadable("a string without an end"))
}

/// `$tag$ … $tag$`: `None` if this is no such string, `Some(None)` if it has no end.
fn dollar_quoted(rest: &str) -> Option<Option<usize>> {
    let end = rest[1..].find('$')? + 1;
    let tag = &rest[1..end];
    if tag.starts_with(|c: char| c.is_ascii_digit()) || !tag.chars().all(is_word) {
        return None;
    }
    let opening = &rest[..=end];
    Some(rest[opening.len()..].find(opening).map(|at| at + 2 * opening.len()))
}
