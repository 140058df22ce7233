//! What runs when markup is shown: scripts, handlers, frames, entities.
//!
//! Main type: [`MarkupScanner`]. It reads SVG, XML and HTML byte by byte, in chunks cut anywhere, and keeps one name and one value. Where
//! parsers could differ it takes the reading that ends a construct earlier, so that nothing is hidden in it.

use super::{
    FileKind,
    markup_rules::{judge_attribute, judge_element, judge_instruction, local},
};

/// What is kept of a name or an instruction, and of a value, in bytes.
const MAX_NAME: usize = 64;
const MAX_VALUE: usize = 1_024;

/// Elements of HTML whose content is not markup.
const RAW: [&str; 7] = ["style", "textarea", "title", "xmp", "noembed", "noframes", "noscript"];
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    /// After `<`.
    Start,
    Name,
    EndTag,
    BeforeAttribute,
    Attribute,
    AfterAttribute,
    BeforeValue,
    Value(Option<u8>),
    /// After `<!`, until it is clear what follows.
    Bang,
    Comment,
    Cdata,
    Doctype,
    Instruction,
    /// Inside a raw element of HTML: how much of its end tag has been read.
    Raw(usize),
}

/// Reads markup across chunks.
#[derive(Debug, Clone)]
pub(super) struct MarkupScanner {
    html: bool,
    state: State,
    element: Vec<u8>,
    name: Vec<u8>,
    value: Vec<u8>,
    /// The last two bytes, to see the ends of comments and instructions.
    last: [u8; 2],
}

impl MarkupScanner {
    pub(super) fn new(kind: FileKind) -> Self {
        let (element, name, value) = (Vec::new(), Vec::new(), Vec::new());
        Self { html: kind == FileKind::Html, state: State::Text, element, name, value, last: [0; 2] }
    }

    /// Reads a chunk; the first thing in it that runs, if any.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Option<&'static str> {
        chunk.iter().find_map(|byte| {
            let found = self.push(*byte);
            self.last = [self.last[1], *byte];
            found
        })
    }

    fn push(&mut self, byte: u8) -> Option<&'static str> {
        match self.state {
            State::Text if byte == b'<' => self.state = State::Start,
            State::Text => {}
            State::Start => self.start(byte),
            State::Name => return self.push_name(byte),
            State::EndTag if byte == b'>' => self.state = State::Text,
            State::EndTag => {}
            State::BeforeAttribute | State::Attribute | State::AfterAttribute => {
                return self.push_attribute(byte);
            }
            State::BeforeValue | State::Value(_) => return self.push_value(byte),
            State::Bang => return self.push_bang(byte),
            State::Comment => {
                let ended = byte == b'>' && (self.last == *b"--" || self.last == *b"-!");
                self.state = if ended { State::Text } else { State::Comment };
            }
            State::Cdata if byte == b'>' && self.last == *b"]]" => self.state = State::Text,
            State::Cdata => {}
            State::Doctype => match byte {
                b'[' => return Some("declarations of entities"),
                b'>' => self.state = State::Text,
                _ => {}
            },
            State::Instruction => return self.push_instruction(byte),
            State::Raw(read) => self.push_raw(read, byte),
        }
        None
    }

    fn start(&mut self, byte: u8) {
        self.name.clear();
        self.state = match byte {
            b'!' => State::Bang,
            b'?' => State::Instruction,
            b'/' => State::EndTag,
            b'<' => State::Start,
            byte if byte.is_ascii_alphabetic() || byte >= 0x80 || matches!(byte, b'_' | b':') => {
                self.name.push(byte.to_ascii_lowercase());
                State::Name
            }
            _ => State::Text,
        };
    }

    fn push_name(&mut self, byte: u8) -> Option<&'static str> {
        match byte {
            b'>' | b'/' | b'\t' | b'\n' | 12 | b'\r' | b' ' => {
                self.element = std::mem::take(&mut self.name);
                self.state = State::BeforeAttribute;
                if byte == b'>' {
                    self.end_tag();
                }
                judge_element(local(&self.element))
            }
            byte => {
                keep(&mut self.name, MAX_NAME, byte.to_ascii_lowercase());
                None
            }
        }
    }

    fn push_attribute(&mut self, byte: u8) -> Option<&'static str> {
        let space = byte.is_ascii_whitespace();
        let mut found = None;
        match (self.state, byte) {
            (State::BeforeAttribute, b'/') => {}
            (State::Attribute | State::AfterAttribute, b'=') => self.state = State::BeforeValue,
            (State::BeforeAttribute, b'>') => self.end_tag(),
            (_, b'>') => {
                found = self.judge();
                self.end_tag();
            }
            (State::Attribute, b'/') => {
                found = self.judge();
                self.state = State::BeforeAttribute;
            }
            (State::Attribute, _) if space => self.state = State::AfterAttribute,
            (State::Attribute, byte) => keep(&mut self.name, MAX_NAME, byte.to_ascii_lowercase()),
            _ if space => {}
            (state, byte) => {
                if state == State::AfterAttribute {
                    found = self.judge();
                }
                self.name.clear();
                self.value.clear();
                self.name.push(byte.to_ascii_lowercase());
                self.state = State::Attribute;
            }
        }
        found
    }

    fn push_value(&mut self, byte: u8) -> Option<&'static str> {
        let space = byte.is_ascii_whitespace();
        match (self.state, byte) {
            (State::BeforeValue, b'"' | b'\'') => self.state = State::Value(Some(byte)),
            (State::BeforeValue, _) if space => {}
            (State::Value(Some(quote)), byte) if quote == byte => {
                self.state = State::BeforeAttribute;
                return self.judge();
            }
            (State::BeforeValue | State::Value(None), b'>') => {
                let found = self.judge();
                self.end_tag();
                return found;
            }
            (State::Value(None), _) if space => {
                self.state = State::BeforeAttribute;
                return self.judge();
            }
            (state, byte) => {
                self.state = if state == State::BeforeValue { State::Value(None) } else { state };
                // Browsers skip these in front of and inside a scheme.
                if !space && !byte.is_ascii_control() {
                    keep(&mut self.value, MAX_VALUE, byte);
                }
            }
        }
        None
    }

    /// The end of a start tag.
    fn end_tag(&mut self) {
        let raw = self.html && RAW.iter().any(|raw| raw.as_bytes() == self.element);
        self.state = if raw { State::Raw(0) } else { State::Text };
    }

    fn push_raw(&mut self, read: usize, byte: u8) {
        let wanted = b"</".iter().chain(&self.element).nth(read);
        self.state = match wanted {
            None => State::EndTag,
            Some(wanted) if *wanted == byte.to_ascii_lowercase() => State::Raw(read + 1),
            Some(_) => State::Raw(usize::from(byte == b'<')),
        };
        if self.state == State::EndTag && byte == b'>' {
            self.state = State::Text;
        }
    }

    fn push_bang(&mut self, byte: u8) -> Option<&'static str> {
        if byte == b'>' {
            self.state = State::Text;
            return None;
        }
        keep(&mut self.name, MAX_NAME, byte.to_ascii_uppercase());
        match &*self.name {
            // The dashes of its beginning count for its end: `<!-->` is a whole comment to HTML.
            b"--" => {
                self.state = State::Comment;
                None
            }
            b"[CDATA[" if !self.html => {
                self.state = State::Cdata;
                None
            }
            b"DOCTYPE" => {
                self.state = State::Doctype;
                None
            }
            name if [&b"--"[..], b"[CDATA[", b"DOCTYPE"].iter().any(|known| known.starts_with(name)) => None,
            // A declaration, or in HTML a comment that ends at the next `>`.
            _ if self.html => None,
            _ => Some("declarations of entities"),
        }
    }

    fn push_instruction(&mut self, byte: u8) -> Option<&'static str> {
        if byte == b'>' && (self.html || self.last[1] == b'?') {
            self.state = State::Text;
            return judge_instruction(&String::from_utf8_lossy(&self.name));
        }
        keep(&mut self.name, MAX_VALUE, byte.to_ascii_lowercase());
        None
    }

    fn judge(&mut self) -> Option<&'static str> {
        let value = std::mem::take(&mut self.value);
        judge_attribute(local(&self.name), &String::from_utf8_lossy(&value), value.len() == MAX_VALUE)
    }
}

fn keep(bytes: &mut Vec<u8>, most: usize, byte: u8) {
    if bytes.len() < most {
        bytes.push(byte);
    }
}
