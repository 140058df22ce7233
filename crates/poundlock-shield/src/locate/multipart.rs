//! `multipart/form-data`, fed in chunks.
//!
//! Main type: [`Multipart`]. Line ends may be `\n` alone, as lenient servers have it.

use super::{
    Oddity,
    json::Json,
    leaf::{Gather, Leaf, Leaves, Role},
    sniff::{Declared, Kind},
    xml::Xml,
};
use memchr::memmem::find;

/// The most bytes of headers that a part may have.
const MAX_HEADERS: usize = 8 * 1024;

/// The most parts that are told apart; the rest is read as one.
const MAX_PARTS: usize = 10_000;

pub(super) struct Multipart {
    /// `\n--boundary`
    delimiter: Vec<u8>,
    /// Bytes that may belong to a delimiter or to a header that is not complete.
    pending: Vec<u8>,
    /// How much of that has been searched in vain.
    searched: usize,
    state: State,
    field: String,
    role: Role,
    content: Content,
    parts: usize,
}

#[derive(PartialEq, Eq)]
enum State {
    Preamble,
    Headers,
    Content,
    /// After the closing delimiter.
    Epilogue,
}

enum Content {
    Plain(Gather),
    Json(Box<Json>),
    Xml(Box<Xml>),
}

impl Multipart {
    pub(super) fn new(boundary: &[u8]) -> Self {
        Self {
            delimiter: [b"\n--", boundary].concat(),
            // So that the first delimiter follows a line end like all others.
            pending: b"\n".to_vec(),
            searched: 0,
            state: State::Preamble,
            field: String::new(),
            role: Role::Value,
            content: Content::Plain(Gather::default()),
            parts: 0,
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8], out: &mut impl Leaves) {
        // Bounded steps, so that what is pending is never moved far.
        for step in chunk.chunks(16 * 1024) {
            self.pending.extend_from_slice(step);
            while self.advance(out) {}
        }
    }

    pub(super) fn finish(&mut self, out: &mut impl Leaves) {
        if self.state != State::Epilogue {
            out.oddity(Oddity { rule: "multipart-cut", score: 4 });
        }
        let rest = std::mem::take(&mut self.pending);
        if self.state != State::Epilogue || rest.iter().any(u8::is_ascii_alphanumeric) {
            // What no reader of multipart would take is looked at as text.
            self.content(&rest, out);
        }
        self.end_part(out);
    }

    /// Handles what is pending as far as it goes; false when more bytes are needed.
    fn advance(&mut self, out: &mut impl Leaves) -> bool {
        match self.state {
            State::Preamble | State::Content => self.up_to_delimiter(out),
            State::Headers => self.headers(out),
            State::Epilogue => {
                // Nothing should be here; some readers go on.
                let from = self.searched.saturating_sub(self.delimiter.len());
                let again = find(&self.pending[from..], &self.delimiter).is_some();
                self.searched = self.pending.len();
                if again || self.pending.len() > MAX_HEADERS {
                    self.searched = 0;
                    out.oddity(Oddity { rule: "multipart-epilogue", score: 4 });
                    self.state = State::Content;
                    self.field.clear();
                    self.role = Role::Value;
                    return true;
                }
                false
            }
        }
    }

    fn up_to_delimiter(&mut self, out: &mut impl Leaves) -> bool {
        let found = find(&self.pending, &self.delimiter);
        let end = match found {
            Some(at) => at,
            None => self.pending.len().saturating_sub(self.delimiter.len() + 2),
        };
        let rest = self.pending.split_off(end);
        let mut text = std::mem::replace(&mut self.pending, rest);
        if found.is_some() && text.last() == Some(&b'\r') {
            text.pop();
        }
        // What stands before the first delimiter is looked at like content.
        self.content(&text, out);
        if found.is_none() {
            return false;
        }
        let after = &self.pending[self.delimiter.len()..];
        if after.len() < 2 {
            return false;
        }
        let last = after.starts_with(b"--");
        self.end_part(out);
        self.pending.drain(..self.delimiter.len());
        self.searched = 0;
        self.state = if last { State::Epilogue } else { State::Headers };
        self.parts += 1;
        if self.parts == MAX_PARTS {
            out.oddity(Oddity { rule: "multipart-parts", score: 7 });
        }
        true
    }

    fn headers(&mut self, out: &mut impl Leaves) -> bool {
        // Within the limit only, so that it does not matter how much more has come.
        let known = &self.pending[..self.pending.len().min(MAX_HEADERS + 1)];
        let (end, skip) = match blank_line(known, self.searched) {
            Some(found) => found,
            None if self.pending.len() > MAX_HEADERS => {
                out.oddity(Oddity { rule: "multipart-headers", score: 7 });
                (0, 0)
            }
            None => {
                self.searched = known.len();
                return false;
            }
        };
        self.searched = 0;
        let head: Vec<u8> = self.pending.drain(..end + skip).take(end).collect();
        self.part(&head, out);
        self.state = State::Content;
        true
    }

    /// Starts a part with these headers.
    fn part(&mut self, head: &[u8], out: &mut impl Leaves) {
        let lines =
            || head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
        let value = |name: &[u8]| {
            lines()
                .find(|line| line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name))
                .map(|line| &line[name.len()..])
        };
        let disposition = value(b"content-disposition:").unwrap_or_default();
        let name = parameter(disposition, b"name");
        let file = parameter(disposition, b"filename").or_else(|| parameter(disposition, b"filename*"));
        self.field = String::from_utf8_lossy(&name.unwrap_or_default()).chars().take(128).collect();
        out.leaf(Leaf { field: &self.field, bytes: self.field.as_bytes(), role: Role::Name });
        for line in lines().filter(|line| *line != b"--") {
            // Everything but the two common headers is a value of the sender's own.
            let lower = line.to_ascii_lowercase();
            if !lower.starts_with(b"content-disposition: form-data") {
                out.leaf(Leaf { field: &self.field, bytes: line, role: Role::Value });
            }
        }
        let declared = Declared::read(value(b"content-type:")).kind;
        self.role = Role::Value;
        if let Some(file) = &file {
            out.leaf(Leaf { field: &self.field, bytes: file, role: Role::FileName });
            self.role = Role::File;
        }
        self.content = match declared {
            Some(Kind::Json) => Content::Json(Box::default()),
            Some(Kind::Xml) => Content::Xml(Box::default()),
            _ => Content::Plain(Gather::default()),
        };
    }

    fn content(&mut self, bytes: &[u8], out: &mut impl Leaves) {
        match &mut self.content {
            Content::Plain(gather) => gather.extend(bytes, &self.field, self.role, out),
            Content::Json(json) => json.feed(bytes, out),
            Content::Xml(xml) => xml.feed(bytes, out),
        }
    }

    fn end_part(&mut self, out: &mut impl Leaves) {
        match &mut self.content {
            Content::Plain(gather) if gather.bytes().iter().all(u8::is_ascii_whitespace) => gather.clear(),
            Content::Plain(gather) => gather.end(&self.field, self.role, out),
            Content::Json(json) => json.finish(out),
            Content::Xml(xml) => xml.finish(out),
        }
        self.content = Content::Plain(Gather::default());
    }
}

/// Where the first blank line is, and how long; all before `searched` is known to have none.
fn blank_line(text: &[u8], searched: usize) -> Option<(usize, usize)> {
    let from = searched.saturating_sub(3);
    let ends = [(&b"\r\n\r\n"[..], 4), (b"\n\n", 2)];
    let found = ends.iter().filter_map(|(end, skip)| Some((find(&text[from..], end)? + from, *skip)));
    found.min_by_key(|(at, skip)| at + skip)
}

/// The value of a parameter of `Content-Disposition`, quoted or not.
fn parameter(header: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let lower = header.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = find(&lower[from..], name).map(|at| at + from) {
        let after = at + name.len();
        let starts = at > 0 && matches!(header[at - 1], b' ' | b';' | b'\t');
        if starts && header.get(after) == Some(&b'=') {
            return Some(unquoted(&header[after + 1..]));
        }
        from = after;
    }
    None
}

fn unquoted(rest: &[u8]) -> Vec<u8> {
    let Some(quote @ (b'"' | b'\'')) = rest.first().copied() else {
        return rest.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii().to_vec();
    };
    let mut out = Vec::new();
    let mut bytes = rest[1..].iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => out.extend(bytes.next()),
            byte if *byte == quote => break,
            byte => out.push(*byte),
        }
    }
    out
}
