//! HTML reduced to an allow-list of plain markup.
//!
//! Main type: [`Markup`]. Instead of repairing what came, it writes anew: the output is made only of escaped text and of tags it
//! has written itself, with elements and attributes from closed sets, properly nested. Every element of those sets is parsed as
//! ordinary HTML content, so no parser can find in the output what was not written as a tag (the way in which mutation XSS gets
//! through sanitizers that keep SVG, MathML, raw text or tables). Libraries that build the tree a browser would build are kinder to
//! broken markup; they come with a CSS parser, a log and a licence that a core does not carry.

mod reader;

use super::{escape, is_unprintable};
pub(crate) use reader::unescape;
use reader::{Piece, Reader, Tag};

/// The most open elements. What is nested deeper loses its tags and keeps its text.
pub const MAX_OPEN: usize = 64;

/// Elements that may be kept, with whether they have content. All are parsed as ordinary content of the body.
const ELEMENTS: [(&str, bool); 39] = [
    ("a", true),
    ("abbr", true),
    ("b", true),
    ("bdi", true),
    ("blockquote", true),
    ("br", false),
    ("cite", true),
    ("code", true),
    ("dd", true),
    ("del", true),
    ("dfn", true),
    ("div", true),
    ("dl", true),
    ("dt", true),
    ("em", true),
    ("h1", true),
    ("h2", true),
    ("h3", true),
    ("h4", true),
    ("h5", true),
    ("h6", true),
    ("hr", false),
    ("i", true),
    ("img", false),
    ("ins", true),
    ("kbd", true),
    ("li", true),
    ("mark", true),
    ("ol", true),
    ("p", true),
    ("pre", true),
    ("q", true),
    ("s", true),
    ("samp", true),
    ("small", true),
    ("span", true),
    ("strong", true),
    ("u", true),
    ("ul", true),
];

/// Elements whose content is no text for readers: it goes with them.
const DROPPED_WITH_CONTENT: [&str; 16] = [
    "script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math", "title",
    "textarea", "select", "xmp", "noembed", "noframes", "head",
];

/// Attributes that may be kept, by element.
const ATTRIBUTES: [(&str, &str); 9] = [
    ("a", "href"),
    ("a", "title"),
    ("abbr", "title"),
    ("img", "src"),
    ("img", "alt"),
    ("img", "title"),
    ("img", "width"),
    ("img", "height"),
    ("ol", "start"),
];

/// Which markup is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Markup {
    /// None: text only, escaped.
    None,
    /// Emphasis, code and line breaks: `b`, `br`, `code`, `em`, `i`, `s`, `strong`, `u`.
    Inline,
    /// Paragraphs, headings, lists, quotations, links to `http`, `https`, `mailto` and `tel`.
    #[default]
    Rich,
    /// That, and images from `https`.
    RichWithImages,
}

impl Markup {
    /// The text with this markup and nothing else. Cleaning twice is cleaning once.
    ///
    /// Links get `rel="noopener noreferrer nofollow"`. Comments, declarations and unknown tags go; their text stays, except
    /// that of scripts, styles and the like.
    #[must_use]
    pub fn clean(self, text: &str) -> String {
        let mut writer =
            Writer { markup: self, out: String::with_capacity(text.len()), open: Vec::new(), skip: None };
        for piece in Reader::new(text) {
            match piece {
                Piece::Text(text) => writer.text(&text),
                Piece::Open(tag) => writer.open(&tag),
                Piece::Close(name) => writer.close(&name),
            }
        }
        while let Some(name) = writer.open.pop() {
            writer.end(name);
        }
        writer.out
    }

    fn keeps(self, name: &str) -> Option<(&'static str, bool)> {
        let known = ELEMENTS.iter().find(|(element, _)| *element == name).copied();
        known.filter(|(name, _)| match self {
            Self::None => false,
            Self::Inline => ["b", "br", "code", "em", "i", "s", "strong", "u"].contains(name),
            Self::Rich => *name != "img",
            Self::RichWithImages => true,
        })
    }
}

struct Writer {
    markup: Markup,
    out: String,
    open: Vec<&'static str>,
    /// The element that is dropped with its content, and how many of its kind are open.
    skip: Option<(&'static str, usize)>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.skip.is_none() {
            let visible: String =
                text.chars().filter(|c| matches!(c, '\n' | '\t') || !is_unprintable(*c)).collect();
            self.out.push_str(&escape::html(&visible));
        }
    }

    fn open(&mut self, tag: &Tag) {
        if let Some((name, depth)) = &mut self.skip {
            *depth += usize::from(*name == tag.name);
            return;
        }
        if let Some(name) = DROPPED_WITH_CONTENT.iter().find(|name| **name == tag.name) {
            self.skip = (*name != "embed").then_some((*name, 1));
            return;
        }
        let Some((name, has_content)) = self.markup.keeps(&tag.name) else { return };
        if has_content && (self.open.len() >= MAX_OPEN || (name == "a" && self.open.contains(&"a"))) {
            return;
        }
        self.out.push('<');
        self.out.push_str(name);
        self.attributes(name, tag);
        self.out.push('>');
        if has_content {
            self.open.push(name);
        }
    }

    fn attributes(&mut self, element: &'static str, tag: &Tag) {
        for (of, attribute) in ATTRIBUTES {
            let sent = tag.attributes.iter().find(|(name, _)| of == element && name == attribute);
            if let Some(value) = sent.and_then(|(_, value)| kept_value(attribute, value)) {
                self.out.push_str(&format!(" {attribute}=\"{}\"", escape::html(&value)));
            }
        }
        if element == "a" {
            self.out.push_str(" rel=\"noopener noreferrer nofollow\"");
        }
    }

    /// Closes the nearest element of this name with all that is open inside it; without one, there is nothing to close.
    fn close(&mut self, name: &str) {
        if let Some((skipped, depth)) = &mut self.skip {
            *depth -= usize::from(*skipped == name);
            if *depth == 0 {
                self.skip = None;
            }
            return;
        }
        let Some(at) = self.open.iter().rposition(|open| *open == name) else { return };
        while self.open.len() > at {
            let name = self.open.pop().expect("the stack is longer than a place in it");
            self.end(name);
        }
    }

    fn end(&mut self, name: &str) {
        self.out.push_str(&format!("</{name}>"));
    }
}

/// A value in the form in which it is written, if it may be kept.
fn kept_value(attribute: &str, value: &str) -> Option<String> {
    let visible: String = value.chars().filter(|c| !is_unprintable(*c)).collect();
    match attribute {
        "href" => kept_url(&visible, &["http", "https", "mailto", "tel"]),
        "src" => {
            kept_url(&visible, &["https"]).filter(|url| url.to_ascii_lowercase().starts_with("https://"))
        }
        "width" | "height" | "start" => {
            let short = (1..=5).contains(&visible.len()) && visible.bytes().all(|b| b.is_ascii_digit());
            short.then_some(visible)
        }
        _ => Some(visible),
    }
}

/// A link that is relative or has one of the schemes. What browsers read as a scheme is what stands before the first `:`, if no
/// `/`, `?` or `#` stands before it; they ignore white space and controls, so those are taken out, not only looked over.
fn kept_url(value: &str, schemes: &[&str]) -> Option<String> {
    let url: String =
        value.chars().filter(|c| !c.is_whitespace()).map(|c| if c == '\\' { '/' } else { c }).collect();
    let scheme = url.find([':', '/', '?', '#']).filter(|at| url[*at..].starts_with(':')).map(|at| &url[..at]);
    let kept = match scheme {
        Some(scheme) => schemes.iter().any(|kept| kept.eq_ignore_ascii_case(scheme)),
        None => true,
    };
    kept.then_some(url)
}

#[cfg(test)]
mod tests;
