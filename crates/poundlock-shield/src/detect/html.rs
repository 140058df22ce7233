//! Markup that a browser would run.
//!
//! Main item: [`detect`]. It reads tags and attributes the way browsers do, in two contexts: as text, where a
//! tag must open first, and as the value of an attribute, which a quote ends. Plain markup – links, images,
//! headings – is no attack.

mod attribute;
mod names;
mod style;

use super::{
    CERTAIN, DOUBTFUL, Hits, LIKELY, Subject,
    hints::{Mark, group},
};
use crate::class::Class;
use attribute::{Attribute, attributes};
use names::{Tag, tag};

/// How many tags of one reading are looked at.
const MAX_TAGS: usize = 512;

/// Looks for tags and attributes that run something.
pub(super) fn detect(subject: &Subject<'_>, hits: &mut Hits) {
    let text = subject.text;
    if subject.hints.has(Mark::LESS) {
        for at in memchr::memchr_iter(b'<', text).take(MAX_TAGS) {
            element(text, at, hits);
        }
    }
    if subject.hints.has(Mark::AMPERSAND)
        && subject.hints.has(Mark::BRACE)
        && let Some(at) = memchr::memmem::find(text, b"&{")
            .filter(|at| text.get(at + 2).is_some_and(u8::is_ascii_graphic) && text[*at..].contains(&b'}'))
    {
        hits.add(Class::Xss, "script-entity", at..text.len().min(at + 32), short(text, CERTAIN));
    }
    if subject.hints.word(group::MARKUP) {
        within_tag(text, hits);
        url(text, hits);
    }
}

/// What starts with the `<` at `at`.
fn element(text: &[u8], at: usize, hits: &mut Hits) {
    let mut from = at + 1;
    // Old browsers skipped these.
    while matches!(text.get(from), Some(0..=31 | b'/')) && from < at + 8 {
        from += 1;
    }
    let closing = text[at + 1..from].contains(&b'/');
    match text.get(from) {
        Some(b'!' | b'?') => declaration(text, at, hits),
        Some(b'%') => hits.add(Class::Xss, "server-tag", at..from + 1, DOUBTFUL),
        Some(byte) if byte.is_ascii_alphabetic() || *byte >= 0x80 => opened(text, at, from, closing, hits),
        Some(b' ') => spaced(text, at, hits),
        Some(b'"' | b'\'') => {
            let (list, end) = attributes(text, from);
            if list
                .iter()
                .any(|a| attribute::judge(text, a, Tag::Other).is_some_and(|(rule, _)| rule == "handler"))
            {
                hits.add(Class::Xss, "handler", at..end.min(text.len()), LIKELY);
            }
        }
        _ => {}
    }
}

/// `< script`: no tag, but what a filter that drops spaces would make one.
fn spaced(text: &[u8], at: usize, hits: &mut Hits) {
    spread(text, at, hits);
    let rest = text[at + 1..].trim_ascii_start();
    let script = rest.len() >= 6 && rest[..6].eq_ignore_ascii_case(b"script");
    if script && matches!(rest.get(6), Some(b'>' | b' ' | b'/')) {
        hits.add(Class::Xss, "spaced-tag", at..text.len() - rest.len() + 6, LIKELY);
    }
}

/// `<f o r m`, `< x: script`: a name with a space behind each letter, or behind its prefix.
fn spread(text: &[u8], at: usize, hits: &mut Hits) {
    let head = &text[at + 1..text.len().min(at + 40)];
    let letters: Vec<u8> = head.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let letters = letters.to_ascii_lowercase();
    let prefixed = memchr::memchr(b':', &letters).is_some_and(|at| letters[at + 1..].starts_with(b"script"));
    if prefixed {
        hits.add(Class::Xss, "spaced-tag", at..at + 1 + head.len(), LIKELY);
    }
}

/// Elements that a form or a page is built of.
const BUILDING: [&str; 18] = [
    "form", "input", "button", "select", "textarea", "dialog", "noscript", "template", "slot", "details",
    "marquee", "video", "audio", "svg", "math", "keygen", "body", "html",
];

/// An element that texts of people do not have, even if they have some markup.
fn building(text: &[u8], at: usize, name: &[u8], hits: &mut Hits) {
    let lower = name.to_ascii_lowercase();
    let known = BUILDING.iter().any(|known| lower == known.as_bytes());
    let spread = name.len() == 1 && spread_out(text, at);
    let link = lower == b"a" && text.len() <= 64 && find_link(&text[at..]);
    if (known || spread || link) && text.len() <= LONG {
        hits.add(Class::Xss, "markup", at..at + 1 + name.len(), LIKELY);
    }
}

/// `<f o r m`: the name of one of these elements with a space behind each letter.
fn spread_out(text: &[u8], at: usize) -> bool {
    let head = &text[at + 1..text.len().min(at + 24)];
    let gaps = head.iter().skip(1).step_by(2).take(3).all(|byte| *byte == b' ');
    let letters: Vec<u8> = head.iter().step_by(2).map(u8::to_ascii_lowercase).collect();
    gaps && BUILDING.iter().any(|known| letters.starts_with(known.as_bytes()))
}

/// `<a href="x"` that is not closed.
fn find_link(tag: &[u8]) -> bool {
    memchr::memmem::find(tag, b"href=\"").is_some() && !tag.contains(&b'>')
}

/// A longer value is a page or a text that has one in it.
const LONG: usize = 512;

fn declaration(text: &[u8], at: usize, hits: &mut Hits) {
    let rest = text[at..(at + 64).min(text.len())].to_ascii_lowercase();
    if let Some(code) = rest.strip_prefix(b"<?").filter(|code| !code.starts_with(b"xml") && rest.is_ascii()) {
        let php =
            [&b"php"[..], b"echo", b"=", b"system", b"eval"].iter().any(|s| code.trim_ascii().starts_with(s));
        hits.add(Class::Code, "php-tag", at..at + 2, short(text, if php { CERTAIN } else { LIKELY }));
    }
    let starts = [&b"<?xml-stylesheet"[..], b"<?xml:", b"<?import", b"<!--[if"];
    if starts.iter().any(|start| rest.starts_with(start)) {
        hits.add(Class::Xss, "instruction", at..at + rest.len().min(16), short(text, CERTAIN));
    }
}

fn opened(text: &[u8], at: usize, from: usize, closing: bool, hits: &mut Hits) {
    let name_end = from + text[from..].iter().take(40).take_while(|byte| is_name(**byte)).count();
    let kind = tag(&text[from..name_end]);
    if !closing {
        building(text, at, &text[from..name_end], hits);
    }
    let (list, end) = attributes(text, name_end);
    if closing && list.is_empty() {
        if kind == Tag::Script {
            hits.add(Class::Xss, "script-end", at..name_end, DOUBTFUL);
        }
        return;
    }
    if attribute::hidden_script(&text[name_end..end.min(text.len())]) {
        hits.add(Class::Xss, "script-url", at..end.min(text.len()), CERTAIN);
    }
    for attribute in &list {
        if let Some((rule, score)) = attribute::judge(text, attribute, kind) {
            hits.add(Class::Xss, rule, attribute.start..attribute.end, score);
        }
    }
    if let Some((rule, score)) = alone(text, kind, &list, name_end, end) {
        let score = if kind == Tag::Script { score } else { short(text, score) };
        hits.add(Class::Xss, rule, at..end.min(text.len()), score);
    }
}

/// What a tag says by being there.
fn alone(
    text: &[u8],
    kind: Tag,
    list: &[Attribute],
    name_end: usize,
    end: usize,
) -> Option<(&'static str, u8)> {
    let after = text.get(name_end).copied().unwrap_or(b' ');
    let has = |name: &str| list.iter().any(|a| text[a.name.clone()].eq_ignore_ascii_case(name.as_bytes()));
    match kind {
        // `<scripting>` is a word in brackets, and `<script is wrong` is a sentence.
        Tag::Script if after.is_ascii_alphanumeric() => None,
        Tag::Script if text.get(end - 1) == Some(&b'>') || list.iter().any(|a| a.valued) => {
            Some(("script", CERTAIN))
        }
        Tag::Script => Some(("script", LIKELY)),
        Tag::Frame if list.is_empty() => Some(("frame", DOUBTFUL)),
        Tag::Frame => Some(("frame", CERTAIN)),
        Tag::Loads if !list.is_empty() => Some(("loads", CERTAIN)),
        Tag::Meta if has("http-equiv") || has("charset") => Some(("meta", CERTAIN)),
        Tag::Link if has("rel") || has("href") => Some(("link", CERTAIN)),
        Tag::Style => style::sheet(&text[end.min(text.len())..]),
        Tag::Raw => Some(("raw-text", LIKELY)),
        _ => None,
    }
}

/// The value as the inside of a tag: `" onerror=…`, `x onclick=…`.
fn within_tag(text: &[u8], hits: &mut Hits) {
    let quote = text.iter().position(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let starts = [Some(0), quote.map(|at| at + 1)];
    for (quoted, from) in starts.into_iter().enumerate().filter_map(|(i, at)| Some((i == 1, at?))) {
        let (list, _) = attributes(text, from);
        for attribute in list {
            let Some((rule, score)) = attribute::judge(text, &attribute, Tag::Other) else { continue };
            // `onClick={…}` is a component's.
            let code = text.get(attribute.value.start) == Some(&b'{') && attribute.start > 16;
            let score = if code { score.min(LIKELY) } else { score };
            // Without a tag or a quote before it, it may be a sentence about markup.
            let score = if quoted || score < CERTAIN || text.len() < 200 { score } else { LIKELY };
            if attribute.valued && (quoted || attribute.start > 0) {
                hits.add(Class::Xss, rule, attribute.start..attribute.end, score);
            }
        }
    }
}

/// The value as a URL: `javascript:…`
fn url(text: &[u8], hits: &mut Hits) {
    let start = text.iter().take_while(|byte| matches!(byte, b'"' | b'\'' | b'=' | b' ')).count();
    if let Some(score) = attribute::script_url(&text[start..]) {
        hits.add(Class::Xss, "script-url", 0..text.len().min(64), score);
    }
}

/// In a longer text what a page is made of may be the page that somebody writes.
fn short(text: &[u8], score: u8) -> u8 {
    if text.len() <= 512 { score } else { score.min(LIKELY) }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_' | b'.') || byte >= 0x80
}
