//! Attributes of tags, as browsers split them, and what they do.
//!
//! Main items: [`attributes`] and [`judge`].

use super::{
    names::{Tag, is_event},
    style,
};
use crate::{
    decode::entities,
    detect::{CERTAIN, DOUBTFUL, LIKELY},
};
use std::ops::Range;

/// How many attributes of one tag are looked at.
const MAX_ATTRIBUTES: usize = 64;

/// How far into a value is looked for a scheme; `&#x0000006a;` and its like take space.
const SCHEME: usize = 512;

#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
    /// Whether there is an `=`.
    pub(super) valued: bool,
}

/// The attributes from `from` on, and the index after the tag's `>`.
pub(super) fn attributes(text: &[u8], from: usize) -> (Vec<Attribute>, usize) {
    let mut list = Vec::new();
    let mut at = from;
    while list.len() < MAX_ATTRIBUTES {
        at += text[at..].iter().take_while(|byte| is_gap(**byte)).count();
        match text.get(at) {
            None => return (list, at),
            Some(b'>') => return (list, at + 1),
            Some(_) => {}
        }
        let attribute = one(text, at);
        at = attribute.end.max(at + 1);
        list.push(attribute);
    }
    (list, at)
}

/// What stands between attributes: white space, slashes, quotes that are left over.
fn is_gap(byte: u8) -> bool {
    matches!(byte, 0..=b' ' | b'/' | b'"' | b'\'' | b'`' | b';' | b'\\')
}

fn one(text: &[u8], start: usize) -> Attribute {
    let is_name = |byte: &&u8| !matches!(**byte, 0..=b' ' | b'/' | b'>' | b'=' | b'"' | b'\'' | b'`');
    let name_end = start + text[start..].iter().take_while(is_name).count();
    let equals = name_end + spaces(&text[name_end..]);
    if text.get(equals) != Some(&b'=') {
        return Attribute {
            start,
            end: name_end,
            name: start..name_end,
            value: name_end..name_end,
            valued: false,
        };
    }
    let from = equals + 1 + spaces(&text[equals + 1..]);
    let (value, end) = match text.get(from) {
        Some(quote @ (b'"' | b'\'' | b'`')) => {
            let close = memchr::memchr(*quote, &text[from + 1..]).map(|length| from + 1 + length);
            (from + 1..close.unwrap_or(text.len()), close.map_or(text.len(), |close| close + 1))
        }
        _ => {
            let length = text[from..].iter().take_while(|byte| !matches!(byte, 0..=b' ' | b'>')).count();
            (from..from + length, from + length)
        }
    };
    Attribute { start, end, name: start..name_end, value, valued: true }
}

fn spaces(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| **byte <= b' ').count()
}

/// The rule that an attribute of such a tag breaks, and how sure that is.
pub(super) fn judge(text: &[u8], attribute: &Attribute, tag: Tag) -> Option<(&'static str, u8)> {
    let value = &text[attribute.value.clone()];
    let raw = &text[attribute.name.clone()];
    // `<img"onerror`, `<x:onclick`, `<a/&NewLine;onclick`
    let name = raw.rsplit(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-').next().unwrap_or_default();
    if is_event(name) && (attribute.valued || raw.len() > name.len()) {
        // `onClick={…}` is a component's.
        let component = value.starts_with(b"{") && text.len() > 100;
        let score = if component { LIKELY } else { CERTAIN };
        return Some(("handler", if attribute.valued { score } else { DOUBTFUL }));
    }
    // `onload!#$=`: some browsers took the odd characters for space.
    let first = raw.split(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default();
    if first.len() < raw.len() && is_event(first) {
        return Some(("handler", CERTAIN));
    }
    if !attribute.valued {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    if let Some(score) = script_url(value) {
        let plain = matches!(&lower[..], b"title" | b"alt" | b"class" | b"id" | b"name" | b"q" | b"value");
        return Some(("script-url", if plain { LIKELY } else { score }));
    }
    match &lower[..] {
        b"style" => style::declarations(value).map(|score| ("style", score)),
        b"srcdoc" | b"datasrc" | b"dataformatas" | b"datafld" => Some(("embedded", CERTAIN)),
        b"formaction" | b"fscommand" | b"seeksegmenttime" => Some(("embedded", LIKELY)),
        b"handler" | b"event" if raw.contains(&b':') => Some(("embedded", CERTAIN)),
        b"attributename" if tag == Tag::Vector => Some(("animated", CERTAIN)),
        b"href" if raw.contains(&b':') && !value.starts_with(b"#") => Some(("embedded", CERTAIN)),
        _ if later_script(value) => Some(("script-url", CERTAIN)),
        _ => None,
    }
}

/// How sure a value is a URL that runs something.
pub(super) fn script_url(value: &[u8]) -> Option<u8> {
    let head = &value[..value.len().min(SCHEME)];
    let decoded = entities(head);
    let plain: Vec<u8> = decoded
        .as_deref()
        .unwrap_or(head)
        .iter()
        .filter(|byte| **byte > b' ' && **byte != b'\\' && **byte < 0x7f)
        .take(64)
        .map(u8::to_ascii_lowercase)
        .collect();
    let plain = plain.strip_prefix(b"url=").or_else(|| plain.strip_prefix(b"feed:")).unwrap_or(&plain);
    let schemes = ["javascript:", "vbscript:", "livescript:", "mocha:", "jscript:", "mhtml:"];
    if let Some(scheme) = schemes.iter().find(|scheme| plain.starts_with(scheme.as_bytes())) {
        // A link that does nothing needs no disguise.
        let hidden = decoded.is_some().then_some(LIKELY);
        return runs(&plain[scheme.len()..]).or(hidden);
    }
    let data = plain.strip_prefix(b"data:")?;
    let kinds =
        ["text/html", "text/xml", "image/svg", "application/x", "text/javascript", "application/javascript"];
    let markup = kinds.iter().any(|kind| data.starts_with(kind.as_bytes()));
    let odd = data.starts_with(b",") || data.starts_with(b";") || data.contains(&b'<');
    if markup || odd { Some(CERTAIN) } else { None }
}

/// What stands behind the scheme: links that do nothing are common, and books have titles.
fn runs(code: &[u8]) -> Option<u8> {
    let nothing = [
        "",
        ";",
        "void(0)",
        "void(0);",
        "void0",
        "//",
        "history.back()",
        "history.go(-1)",
        "false",
        "false;",
        "window.print()",
    ];
    if nothing.iter().any(|known| code == known.as_bytes()) {
        return None;
    }
    let code_like = code.iter().any(|byte| b"(`=.[/;%\\".contains(byte));
    Some(if code_like { CERTAIN } else { LIKELY })
}

/// A script URL with white space anywhere, as the oldest browsers took it: `src=java script:…`.
pub(super) fn hidden_script(tag: &[u8]) -> bool {
    let head = &tag[..tag.len().min(4 * SCHEME)];
    if !head.contains(&b'=') || !(head.contains(&b'&') || head.contains(&b':')) {
        return false;
    }
    let decoded = entities(head);
    let plain = decoded.as_deref().unwrap_or(head).iter();
    let plain: Vec<u8> = plain
        .filter(|byte| **byte > b' ' && !matches!(**byte, b'"' | b'\''))
        .map(u8::to_ascii_lowercase)
        .collect();
    ["=javascript:", "=vbscript:"].iter().any(|script| {
        memchr::memmem::find(&plain, script.as_bytes())
            .is_some_and(|at| runs(&plain[at + script.len()..]) == Some(CERTAIN))
    })
}

/// `values="0;javascript:…"`, `content="0;url=javascript:…"`
fn later_script(value: &[u8]) -> bool {
    let head = &value[..value.len().min(SCHEME)];
    let decoded = entities(head);
    let lower: Vec<u8> = decoded
        .as_deref()
        .unwrap_or(head)
        .iter()
        .filter(|byte| **byte > b' ')
        .map(u8::to_ascii_lowercase)
        .collect();
    [&b";javascript:"[..], b"=javascript:", b";data:text/html", b"=data:text/html", b",javascript:"]
        .iter()
        .any(|script| memchr::memmem::find(&lower, script).is_some())
}
