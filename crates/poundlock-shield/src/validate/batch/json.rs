//! JSON (RFC 8259) against limits, in chunks.
//!
//! Main type: [`JsonChecker`]. It accepts exactly what is well-formed and within its limits; it converts nothing. Its memory is
//! a frame for each open array or object, with eight bytes for each name of the open objects.

use super::{
    super::{FieldPath, Part},
    json_limits::{JsonKind, JsonLimits, JsonProblem, JsonSummary},
    json_number::NumberPart,
    json_string::StringReader,
};
use std::collections::BTreeSet;

/// A document that is being read.
#[derive(Debug, Clone)]
pub struct JsonChecker {
    limits: JsonLimits,
    state: State,
    stack: Vec<Frame>,
    string: StringReader,
    summary: JsonSummary,
    failed: Option<JsonProblem>,
}

#[derive(Debug, Clone)]
enum Frame {
    Array { items: usize },
    Object { names: BTreeSet<u64>, name: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A value must follow.
    Value,
    /// A value or `]`, after `[`.
    FirstItem,
    /// A name or `}`, after `{`.
    FirstKey,
    /// A name, after `,`.
    Key,
    Colon,
    /// A value has ended: `,`, an end, or nothing more.
    After,
    InKey,
    InString,
    /// The rest of `true`, `false` or `null`.
    Word(&'static [u8]),
    Number {
        bytes: usize,
        part: NumberPart,
    },
}

impl JsonChecker {
    /// A checker at the beginning of a document.
    #[must_use]
    pub fn new(limits: JsonLimits) -> Self {
        let (stack, string, summary) = (Vec::new(), StringReader::new(), JsonSummary::default());
        Self { limits, state: State::Value, stack, string, summary, failed: None }
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// The first problem, now and at every later call.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), JsonProblem> {
        if let Some(problem) = self.failed {
            return Err(problem);
        }
        let mut at = 0;
        while at < chunk.len() {
            let step = self.step(&chunk[at..]).map_err(|kind| self.fail(kind))?;
            at += step;
            self.summary.bytes += step as u64;
            if self.summary.bytes > self.limits.bytes {
                return Err(self.fail(JsonKind::Bytes(self.limits.bytes)));
            }
        }
        Ok(())
    }

    /// Ends the document.
    ///
    /// # Errors
    /// The first problem, or that the document is not complete.
    pub fn finish(&mut self) -> Result<JsonSummary, JsonProblem> {
        if let Some(problem) = self.failed {
            return Err(problem);
        }
        let ended = match self.state {
            State::After => true,
            State::Number { part, .. } => part.may_end(),
            _ => false,
        };
        if ended && self.stack.is_empty() { Ok(self.summary) } else { Err(self.fail(JsonKind::Unfinished)) }
    }

    /// Where in the document the checker stands: after a problem, where that is. Long names are cut.
    #[must_use]
    pub fn place(&self) -> FieldPath {
        self.stack.iter().fold(FieldPath::whole(Part::Body), |path, frame| match frame {
            Frame::Array { items: 0 } => path,
            Frame::Array { items } => path.child(&(items - 1).to_string()),
            Frame::Object { names, .. } if names.is_empty() => path,
            Frame::Object { name, .. } => path.child(name),
        })
    }

    fn fail(&mut self, kind: JsonKind) -> JsonProblem {
        let problem = JsonProblem { at: self.summary.bytes, kind };
        self.failed = Some(problem);
        problem
    }

    /// Takes at least one byte and says how many.
    fn step(&mut self, bytes: &[u8]) -> Result<usize, JsonKind> {
        match self.state {
            State::InKey | State::InString => return self.step_string(bytes),
            State::Number { bytes: length, part } => match part.next(bytes[0]) {
                Some(_) if length == self.limits.number_bytes => return Err(JsonKind::NumberBytes(length)),
                Some(part) => self.state = State::Number { bytes: length + 1, part },
                None if part.may_end() => {
                    self.state = State::After;
                    return self.step(bytes);
                }
                None => return Err(JsonKind::Syntax),
            },
            State::Word(rest) => match rest.split_first() {
                Some((first, [])) if *first == bytes[0] => self.state = State::After,
                Some((first, rest)) if *first == bytes[0] => self.state = State::Word(rest),
                _ => return Err(JsonKind::Syntax),
            },
            _ if matches!(bytes[0], b' ' | b'\t' | b'\n' | b'\r') => {}
            _ => self.step_structure(bytes[0])?,
        }
        Ok(1)
    }

    fn step_structure(&mut self, byte: u8) -> Result<(), JsonKind> {
        match (self.state, byte) {
            (State::FirstItem, b']') | (State::FirstKey, b'}') => self.close(),
            (State::Value | State::FirstItem, byte) => return self.begin_value(byte),
            (State::FirstKey | State::Key, b'"') => {
                self.string.restart();
                self.state = State::InKey;
            }
            (State::Colon, b':') => self.state = State::Value,
            (State::After, byte) => match (self.stack.last(), byte) {
                (Some(Frame::Array { .. }), b',') => self.state = State::Value,
                (Some(Frame::Object { .. }), b',') => self.state = State::Key,
                (Some(Frame::Array { .. }), b']') | (Some(Frame::Object { .. }), b'}') => self.close(),
                _ => return Err(JsonKind::Syntax),
            },
            _ => return Err(JsonKind::Syntax),
        }
        Ok(())
    }

    fn close(&mut self) {
        self.stack.pop();
        self.state = State::After;
    }

    fn begin_value(&mut self, byte: u8) -> Result<(), JsonKind> {
        if let Some(Frame::Array { items }) = self.stack.last_mut() {
            *items += 1;
            if *items > self.limits.items {
                return Err(JsonKind::Items(self.limits.items));
            }
        }
        self.summary.values += 1;
        if self.summary.values > self.limits.values {
            return Err(JsonKind::Values(self.limits.values));
        }
        let number = |part| State::Number { bytes: 1, part };
        self.state = match byte {
            b'{' => {
                self.open(Frame::Object { names: BTreeSet::new(), name: String::new() }, State::FirstKey)?
            }
            b'[' => self.open(Frame::Array { items: 0 }, State::FirstItem)?,
            b'"' => {
                self.string.restart();
                State::InString
            }
            b't' => State::Word(b"rue"),
            b'f' => State::Word(b"alse"),
            b'n' => State::Word(b"ull"),
            b'-' => number(NumberPart::Minus),
            b'0' => number(NumberPart::Zero),
            b'1'..=b'9' => number(NumberPart::Whole),
            _ => return Err(JsonKind::Syntax),
        };
        Ok(())
    }

    fn open(&mut self, frame: Frame, state: State) -> Result<State, JsonKind> {
        if self.stack.len() == self.limits.depth {
            return Err(JsonKind::Depth(self.limits.depth));
        }
        self.stack.push(frame);
        self.summary.depth = self.summary.depth.max(self.stack.len());
        Ok(state)
    }

    fn step_string(&mut self, bytes: &[u8]) -> Result<usize, JsonKind> {
        let in_key = self.state == State::InKey;
        let (most, error) = match in_key {
            true => (self.limits.key_bytes, JsonKind::KeyBytes(self.limits.key_bytes)),
            false => (self.limits.string_bytes, JsonKind::StringBytes(self.limits.string_bytes)),
        };
        let run = self.string.plain_run(bytes);
        self.string.push_run(&bytes[..run]);
        let ended = run == 0 && self.string.push(bytes[0])?;
        if self.string.bytes > most {
            return Err(error);
        }
        if ended {
            self.end_string(in_key)?;
        }
        Ok(run.max(1))
    }

    fn end_string(&mut self, in_key: bool) -> Result<(), JsonKind> {
        self.state = State::After;
        let Some(Frame::Object { names, name }) = self.stack.last_mut().filter(|_| in_key) else {
            return Ok(());
        };
        self.state = State::Colon;
        *name = self.string.kept();
        if !names.insert(self.string.hash.0) {
            return Err(JsonKind::Duplicate);
        }
        if names.len() > self.limits.keys { Err(JsonKind::Keys(self.limits.keys)) } else { Ok(()) }
    }
}
