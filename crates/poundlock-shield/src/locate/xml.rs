//! XML, fed in chunks.
//!
//! Main type: [`Xml`]. It knows texts, attributes, CDATA, comments and declarations; it expands no entity and
//! loads nothing.

use super::leaf::{Gather, Leaves, MAX_FIELD, Role};

#[derive(Default)]
pub(super) struct Xml {
    gather: Gather,
    state: State,
    /// The element that is open, its name only.
    element: String,
    attribute: String,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After `<`.
    Open,
    /// In the name of a tag.
    Tag,
    /// Between attributes.
    Attributes,
    Attribute,
    /// After `=`.
    Equals,
    Quoted(u8),
    /// `<!…>`, and how many `[` and quotes are open.
    Declaration,
    Subset,
    /// `<!--`
    Comment,
    Cdata,
    /// `<?…?>`
    Instruction,
}

impl Xml {
    pub(super) fn feed(&mut self, chunk: &[u8], out: &mut impl Leaves) {
        for byte in chunk {
            self.byte(*byte, out);
        }
    }

    pub(super) fn finish(&mut self, out: &mut impl Leaves) {
        let role = self.role();
        self.gather.end(&self.element, role, out);
    }

    fn role(&self) -> Role {
        match self.state {
            State::Declaration | State::Subset | State::Instruction => Role::Declaration,
            _ => Role::Value,
        }
    }

    fn byte(&mut self, byte: u8, out: &mut impl Leaves) {
        match self.state {
            State::Text if byte == b'<' => {
                self.gather.end(&self.element, Role::Value, out);
                self.state = State::Open;
            }
            State::Text => self.gather.push(byte, &self.element, Role::Value, out),
            State::Open => self.opened(byte, out),
            State::Tag | State::Attributes | State::Attribute | State::Equals => self.tag(byte, out),
            State::Quoted(quote) if byte == quote => {
                let field = format!("{}@{}", self.element, self.attribute);
                self.gather.end(&field, Role::Value, out);
                self.state = State::Attributes;
            }
            State::Quoted(_) => self.gather.push(byte, &self.element, Role::Value, out),
            _ => self.declared(byte, out),
        }
    }

    fn opened(&mut self, byte: u8, out: &mut impl Leaves) {
        self.state = match byte {
            b'!' => State::Declaration,
            b'?' => State::Instruction,
            b'/' => State::Tag,
            byte if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => State::Tag,
            // No tag: a text with a `<` in it.
            _ => State::Text,
        };
        match self.state {
            State::Tag => {
                self.element.clear();
                self.add_to_element(byte);
            }
            State::Text => {
                self.gather.push(b'<', &self.element, Role::Value, out);
                self.byte(byte, out);
            }
            _ => {
                self.gather.push(b'<', &self.element, Role::Declaration, out);
                self.gather.push(byte, &self.element, Role::Declaration, out);
            }
        }
    }

    fn add_to_element(&mut self, byte: u8) {
        if byte != b'/' && self.element.len() < MAX_FIELD {
            self.element.push(char::from(byte));
        }
    }

    fn tag(&mut self, byte: u8, out: &mut impl Leaves) {
        match (self.state, byte) {
            (_, b'>') => {
                // What stood outside of quotes in the tag is looked at too.
                self.gather.end(&self.element, Role::Value, out);
                self.state = State::Text;
            }
            (State::Equals, b'"' | b'\'') => {
                self.attribute = self.gather.name().into_owned();
                self.gather.clear();
                self.state = State::Quoted(byte);
            }
            (State::Tag, byte) if byte.is_ascii_whitespace() || byte == b'/' => {
                self.state = State::Attributes
            }
            (State::Tag, byte) => self.add_to_element(byte),
            (State::Attributes | State::Attribute, b'=') => self.state = State::Equals,
            (_, byte) if byte.is_ascii_whitespace() => {}
            _ => {
                self.state = State::Attribute;
                self.gather.push(byte, &self.element, Role::Value, out);
            }
        }
    }

    /// In what starts with `<!` or `<?`.
    fn declared(&mut self, byte: u8, out: &mut impl Leaves) {
        let role = if self.state == State::Cdata || self.state == State::Comment {
            Role::Value
        } else {
            Role::Declaration
        };
        self.gather.push(byte, &self.element, role, out);
        let bytes = self.gather.bytes();
        let next = match self.state {
            State::Declaration if bytes.ends_with(b"<!--") => State::Comment,
            State::Declaration if bytes.ends_with(b"<![CDATA[") => State::Cdata,
            State::Declaration if byte == b'[' && !bytes.starts_with(b"<![") => State::Subset,
            State::Subset if byte == b']' => State::Declaration,
            State::Declaration if byte == b'>' => State::Text,
            State::Comment if bytes.ends_with(b"-->") => State::Text,
            State::Cdata if bytes.ends_with(b"]]>") => State::Text,
            State::Instruction if bytes.ends_with(b"?>") => State::Text,
            same => same,
        };
        match (self.state, next) {
            (State::Declaration, State::Comment | State::Cdata) => self.gather.clear(),
            (_, State::Text) => self.gather.end(&self.element, role, out),
            _ => {}
        }
        self.state = next;
    }
}
