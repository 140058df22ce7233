//! JSON, NDJSON too, fed in chunks.
//!
//! Main type: [`Json`]. A tolerant reader: it takes what no strict one would, so that nothing passes because it
//! could not be parsed, and says that it is odd.

use super::{
    Oddity,
    leaf::{Gather, Leaves, MAX_FIELD, Role},
};

/// Deeper nesting is a finding; it is read all the same.
pub const MAX_NESTING: usize = 100;

#[derive(Default)]
pub(super) struct Json {
    gather: Gather,
    state: State,
    /// The path to the value that is read, `user.roles[]`, and where each part of it starts.
    path: String,
    levels: Vec<Level>,
    /// Levels beyond [`MAX_NESTING`], counted only.
    deeper: usize,
    high: u16,
    told: bool,
}

struct Level {
    /// The length of the path without this level.
    start: u16,
    object: bool,
    /// Whether a key comes next.
    key: bool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between tokens.
    #[default]
    Outside,
    /// A number, a literal, or something that is no JSON.
    Bare,
    /// In a string that this quote ends.
    Text(u8),
    Escape(u8),
    /// In `\uXXXX`: digits so far, and their value.
    Unicode(u8, u8, u16),
}

impl Json {
    pub(super) fn feed(&mut self, chunk: &[u8], out: &mut impl Leaves) {
        let mut at = 0;
        while at < chunk.len() {
            if let State::Text(quote) = self.state {
                // The common case in one piece.
                let run = memchr::memchr2(quote, b'\\', &chunk[at..]).unwrap_or(chunk.len() - at);
                if run > 0 {
                    self.flush_high();
                }
                self.gather.extend(&chunk[at..at + run], &self.path, Role::Value, out);
                at += run;
                if at == chunk.len() {
                    return;
                }
            }
            self.byte(chunk[at], out);
            at += 1;
        }
    }

    pub(super) fn finish(&mut self, out: &mut impl Leaves) {
        match self.state {
            State::Outside => {}
            State::Bare => self.bare_end(out),
            _ => {
                self.odd("json-cut", 4, out);
                self.gather.end(&self.path, Role::Value, out);
            }
        }
        if !self.levels.is_empty() {
            self.odd("json-cut", 4, out);
        }
    }

    fn byte(&mut self, byte: u8, out: &mut impl Leaves) {
        match self.state {
            State::Outside => self.outside(byte, out),
            State::Bare if is_bare(byte) => self.gather.push(byte, &self.path, Role::Value, out),
            State::Bare => {
                self.bare_end(out);
                self.outside(byte, out);
            }
            State::Text(quote) if byte == quote => self.text_end(out),
            State::Text(quote) => self.state = State::Escape(quote),
            State::Escape(quote) => self.escape(quote, byte, out),
            State::Unicode(quote, count, value) => self.unicode(quote, count, value, byte, out),
        }
    }

    fn outside(&mut self, byte: u8, out: &mut impl Leaves) {
        match byte {
            b'{' | b'[' => self.open(byte == b'{', out),
            b'}' | b']' => self.close(),
            b',' => self.next(),
            b':' | b' ' | b'\t' | b'\r' | b'\n' => {}
            b'"' => self.state = State::Text(b'"'),
            b'\'' => {
                self.odd("json-quote", 2, out);
                self.state = State::Text(b'\'');
            }
            _ => {
                self.state = State::Bare;
                self.gather.push(byte, &self.path, Role::Value, out);
            }
        }
    }

    fn open(&mut self, object: bool, out: &mut impl Leaves) {
        if self.levels.len() >= MAX_NESTING {
            self.deeper += 1;
            return self.odd("json-depth", 7, out);
        }
        let start = self.path.len() as u16;
        if !object && self.path.len() + 2 <= MAX_FIELD {
            self.path.push_str("[]");
        }
        self.levels.push(Level { start, object, key: object });
    }

    fn close(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(level) = self.levels.pop() {
            self.path.truncate(usize::from(level.start));
        }
    }

    /// After a comma: an object has a key next.
    fn next(&mut self) {
        if let Some(level) = self.levels.last_mut()
            && level.object
            && self.deeper == 0
        {
            level.key = true;
            self.path.truncate(usize::from(level.start));
        }
    }

    fn text_end(&mut self, out: &mut impl Leaves) {
        self.flush_high();
        self.state = State::Outside;
        if !self.key(Role::Name, out) {
            self.gather.end(&self.path, Role::Value, out);
        }
    }

    /// Takes what was gathered as a key, if one is due.
    fn key(&mut self, role: Role, out: &mut impl Leaves) -> bool {
        let due = self.deeper == 0 && self.levels.last().is_some_and(|level| level.key);
        if !due {
            return false;
        }
        let name = self.gather.name();
        if let Some(level) = self.levels.last_mut() {
            level.key = false;
            self.path.truncate(usize::from(level.start));
        }
        if self.path.len() + name.len() < MAX_FIELD {
            if !self.path.is_empty() {
                self.path.push('.');
            }
            self.path.push_str(&name);
        }
        drop(name);
        self.gather.end(&self.path, role, out);
        true
    }

    fn bare_end(&mut self, out: &mut impl Leaves) {
        self.state = State::Outside;
        if self.key(Role::Name, out) {
            return self.odd("json-key", 2, out);
        }
        // Numbers and literals say nothing; what is neither is looked at.
        let plain =
            self.gather.bytes().iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
        if plain { self.gather.clear() } else { self.gather.end(&self.path, Role::Value, out) }
    }

    fn escape(&mut self, quote: u8, byte: u8, out: &mut impl Leaves) {
        self.state = State::Text(quote);
        let plain = match byte {
            b'u' => {
                self.state = State::Unicode(quote, 0, 0);
                return;
            }
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            _ => byte,
        };
        self.flush_high();
        self.gather.push(plain, &self.path, Role::Value, out);
    }

    fn unicode(&mut self, quote: u8, count: u8, value: u16, byte: u8, out: &mut impl Leaves) {
        let Some(digit) = char::from(byte).to_digit(16) else {
            self.odd("json-escape", 4, out);
            self.state = State::Text(quote);
            if byte == quote {
                self.text_end(out);
            } else {
                self.gather.push(byte, &self.path, Role::Value, out);
            }
            return;
        };
        let value = (value << 4) | digit as u16;
        if count < 3 {
            self.state = State::Unicode(quote, count + 1, value);
            return;
        }
        self.state = State::Text(quote);
        self.unit(value, out);
    }

    /// A UTF-16 unit: half of a pair waits for the other half.
    fn unit(&mut self, unit: u16, out: &mut impl Leaves) {
        let high = std::mem::take(&mut self.high);
        if (0xd800..0xdc00).contains(&unit) {
            self.high = unit;
            return;
        }
        let units = [high, unit];
        for char in char::decode_utf16(units.into_iter().skip(usize::from(high == 0))) {
            let mut buffer = [0; 4];
            let bytes = char.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut buffer).as_bytes();
            self.gather.extend(bytes, &self.path, Role::Value, out);
        }
    }

    /// A lone half of a pair stands for nothing.
    fn flush_high(&mut self) {
        self.high = 0;
    }

    fn odd(&mut self, rule: &'static str, score: u8, out: &mut impl Leaves) {
        if !std::mem::replace(&mut self.told, true) || score >= 7 {
            out.oddity(Oddity { rule, score });
        }
    }
}

/// Whether a bare token goes on.
fn is_bare(byte: u8) -> bool {
    !matches!(byte, b',' | b'}' | b']' | b'{' | b'[' | b':' | b'"' | b'\n' | b'\r')
}
