//! Tags and text out of HTML of any quality.
//!
//! Main type: [`Reader`]. It does not know elements: what a tag means, and whether its content is text, is decided elsewhere.

use std::str::Chars;

/// The most attributes of a tag that are read; further ones are ignored.
const MAX_ATTRIBUTES: usize = 32;
/// Elements whose content ends only with their own end tag (HTML, 13.2.5: raw text, escapable raw text, script data).
const RAW: [&str; 8] = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text, with character references resolved.
    Text(String),
    /// A start tag.
    Open(Tag),
    /// An end tag's name in lower case.
    Close(String),
}

/// A start tag: names in lower case, values with character references resolved, the first of each name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

/// Reads pieces from left to right, each character once. A `<` that starts no tag is text.
pub(crate) struct Reader<'a> {
    rest: &'a str,
    /// The raw element that is open.
    raw: Option<&'static str>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text, raw: None }
    }

    fn text(&mut self) -> Piece {
        let first = self.rest.chars().next().map_or(0, char::len_utf8);
        let end = self.rest[first..].find('<').map_or(self.rest.len(), |at| at + first);
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Piece::Text(unescape(text))
    }

    /// Everything before the end tag of a raw element, or to the end.
    fn raw_text(&mut self, name: &'static str) -> Piece {
        let end = find_end_tag(self.rest, name);
        let (text, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        Piece::Text(text.to_owned())
    }

    fn comment(&mut self) {
        let (from, end) = if self.rest.starts_with("<!--") { (2, "-->") } else { (2, ">") };
        self.rest = self.rest[from..].find(end).map_or("", |at| &self.rest[from + at + end.len()..]);
    }

    fn close(&mut self) -> Piece {
        let name: String = self.rest[2..].chars().take_while(|c| is_name(*c)).collect();
        self.rest = skip_tag(&self.rest[2 + name.len()..]);
        Piece::Close(name.to_ascii_lowercase())
    }

    fn open(&mut self) -> Piece {
        let mut chars = self.rest[1..].chars();
        let mut tag =
            Tag { name: take_while(&mut chars, is_name).to_ascii_lowercase(), attributes: Vec::new() };
        while let Some((name, value)) = attribute(&mut chars) {
            let known = tag.attributes.iter().any(|(other, _)| *other == name);
            if !known && tag.attributes.len() < MAX_ATTRIBUTES {
                tag.attributes.push((name, value));
            }
        }
        self.rest = chars.as_str();
        self.raw = RAW.into_iter().find(|raw| *raw == tag.name);
        Piece::Open(tag)
    }
}

impl Iterator for Reader<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if let Some(name) = self.raw.take() {
            return Some(self.raw_text(name));
        }
        loop {
            let mut start = self.rest.chars();
            return match (start.next()?, start.next(), start.next()) {
                ('<', Some('!' | '?'), _) => {
                    self.comment();
                    continue;
                }
                ('<', Some('/'), Some(c)) if c.is_ascii_alphabetic() => Some(self.close()),
                ('<', Some('/'), Some(_)) => {
                    self.comment();
                    continue;
                }
                ('<', Some(c), _) if c.is_ascii_alphabetic() => Some(self.open()),
                _ => Some(self.text()),
            };
        }
    }
}

fn is_name(c: char) -> bool {
    !(c.is_ascii_whitespace() || matches!(c, '/' | '>'))
}

fn take_while(chars: &mut Chars<'_>, wanted: impl Fn(char) -> bool) -> String {
    let text = chars.as_str();
    let end = text.find(|c| !wanted(c)).unwrap_or(text.len());
    *chars = text[end..].chars();
    text[..end].to_owned()
}

/// The next attribute, or the end of the tag, which is taken too.
fn attribute(chars: &mut Chars<'_>) -> Option<(String, String)> {
    take_while(chars, |c| c.is_ascii_whitespace() || c == '/');
    let first = chars.next().filter(|c| *c != '>')?;
    let name = format!("{first}{}", take_while(chars, |c| is_name(c) && c != '=')).to_ascii_lowercase();
    take_while(chars, |c| c.is_ascii_whitespace());
    let mut after = chars.clone();
    if after.next() != Some('=') {
        return Some((name, String::new()));
    }
    *chars = after;
    take_while(chars, |c| c.is_ascii_whitespace());
    let value = match chars.clone().next() {
        Some(quote @ ('"' | '\'')) => {
            chars.next();
            let value = take_while(chars, |c| c != quote);
            chars.next();
            value
        }
        _ => take_while(chars, |c| !c.is_ascii_whitespace() && c != '>'),
    };
    Some((name, unescape(&value)))
}

/// What follows the tag whose attributes begin here.
fn skip_tag(text: &str) -> &str {
    let mut chars = text.chars();
    while attribute(&mut chars).is_some() {}
    chars.as_str()
}

fn find_end_tag(text: &str, name: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    text.match_indices("</").map(|(at, _)| at).find(|at| {
        let named = bytes.get(at + 2..at + 2 + name.len());
        let after = bytes.get(at + 2 + name.len());
        named.is_some_and(|named| named.eq_ignore_ascii_case(name.as_bytes()))
            && after.is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'))
    })
}

/// Resolves character references: numeric ones, and the named ones that matter in markup and URLs. Others stay as they are,
/// which the output escapes.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let (c, length) = reference(&rest[at..]).unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[at + length..];
    }
    out + rest
}

/// The character that a reference stands for, and its length in bytes. The semicolon may be missing after a number.
fn reference(text: &str) -> Option<(char, usize)> {
    const NAMED: [(&str, char); 14] = [
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&apos;", '\''),
        ("&nbsp;", '\u{a0}'),
        ("&colon;", ':'),
        ("&Tab;", '\t'),
        ("&NewLine;", '\n'),
        ("&sol;", '/'),
        ("&lpar;", '('),
        ("&rpar;", ')'),
        ("&num;", '#'),
        ("&bsol;", '\\'),
    ];
    let Some(number) = text.strip_prefix("&#") else {
        return NAMED.iter().find(|(name, _)| text.starts_with(name)).map(|(name, c)| (*c, name.len()));
    };
    let (digits, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |hex| (hex, 16));
    let count = digits.bytes().take_while(|b| char::from(*b).is_digit(radix)).count();
    let value = digits[..count].trim_start_matches('0');
    let c = match (count, value.len()) {
        (0, _) => return None,
        (_, 0) => char::REPLACEMENT_CHARACTER,
        (_, 1..=7) => u32::from_str_radix(value, radix)
            .ok()
            .and_then(char::from_u32)
            .unwrap_or(char::REPLACEMENT_CHARACTER),
        _ => char::REPLACEMENT_CHARACTER,
    };
    let semicolon = usize::from(digits[count..].starts_with(';'));
    Some((c, text.len() - digits.len() + count + semicolon))
}
