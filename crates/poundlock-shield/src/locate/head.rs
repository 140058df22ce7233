//! Values in the request line and the headers.
//!
//! Main items: [`Head`] and [`head_values`].

use crate::{
    class::Place,
    decode::{Step, percent},
    verdict::Location,
};

/// The request line and headers, as they were received.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The method.
    pub method: &'a [u8],
    /// The request target: `/path?query`, or a whole URL.
    pub target: &'a [u8],
    /// Names and values, in order.
    pub headers: &'a [(&'a [u8], &'a [u8])],
}

/// A value of the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Where it was.
    pub location: Location,
    /// Its bytes, percent escapes decoded once where the place has them.
    pub bytes: Vec<u8>,
    /// What was decoded.
    pub chain: Vec<Step>,
}

/// Headers whose grammar is checked by the HTTP library, or that carry what no service reads as text.
const PLAIN: [&[u8]; 14] = [
    b"host",
    b"content-length",
    b"transfer-encoding",
    b"connection",
    b"content-type",
    b"content-encoding",
    b"if-none-match",
    b"if-modified-since",
    b"te",
    b"upgrade",
    b"keep-alive",
    b"sec-websocket-key",
    b"date",
    b"age",
];

impl<'a> Head<'a> {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// The path of the target, without scheme, host and query.
    pub fn path(&self) -> &'a [u8] {
        split(self.target).0
    }
}

/// Every value in the head that a service may use.
pub fn head_values(head: &Head<'_>) -> Vec<Value> {
    let mut found = Vec::new();
    let (path, query) = split(head.target);
    found.push(decoded(Place::Path, "", path, Step::Percent));
    pairs(query, Place::Query, "", &mut found);
    for (name, value) in head.headers {
        let field = String::from_utf8_lossy(name).to_ascii_lowercase();
        match name.to_ascii_lowercase().as_slice() {
            b"cookie" => cookies(value, &mut found),
            b"referer" | b"origin" => {
                let (path, query) = split(value);
                found.push(decoded(Place::Header, &field, path, Step::Percent));
                pairs(query, Place::Header, &field, &mut found);
            }
            // The body's parser and the protocol's rules look at these; odd bytes in them are looked at here too.
            plain if PLAIN.contains(&plain) && value.iter().all(is_token) => {}
            _ => found.push(as_is(Place::Header, &field, value)),
        }
    }
    found
}

fn is_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b" -_./:;=,+\"*?".contains(byte)
}

/// Path and query of a target or a URL.
fn split(target: &[u8]) -> (&[u8], &[u8]) {
    let target = match memchr::memmem::find(target, b"://") {
        Some(at) if at < 12 && target[..at].iter().all(u8::is_ascii_alphanumeric) => {
            let rest = &target[at + 3..];
            let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
            end.map_or(&[][..], |end| &rest[end..])
        }
        _ => target,
    };
    match memchr::memchr(b'?', target) {
        Some(at) => (&target[..at], &target[at + 1..]),
        None => (target, &[]),
    }
}

fn pairs(query: &[u8], place: Place, prefix: &str, found: &mut Vec<Value>) {
    for pair in query.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match memchr::memchr(b'=', pair) {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (&[][..], pair),
        };
        let name = percent(name, Step::Plus).unwrap_or_else(|| name.to_vec());
        let field: String = String::from_utf8_lossy(&name).chars().take(64).collect();
        let field = if prefix.is_empty() { field } else { format!("{prefix}.{field}") };
        long_name(place, &field, &name, found);
        // A name with more than a name in it is the start of a value: `?' or 1=1`.
        let bytes = if is_name(&name) { value } else { pair };
        found.push(decoded(place, &field, bytes, Step::Plus));
    }
}

/// Whether there is nothing in a name but what names are made of.
pub(super) fn is_name(name: &[u8]) -> bool {
    let all = name.iter().fold(true, |all, byte| all & IN_NAMES[usize::from(*byte)]);
    all && name.windows(2).all(|two| two != b"..")
}

/// Bytes that names are made of.
const IN_NAMES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let one = byte as u8;
        table[byte] = one.is_ascii_alphanumeric()
            || matches!(one, b'_' | b'-' | b'.' | b':' | b'[' | b']' | b'/' | b'~');
        byte += 1;
    }
    table
};

/// A name that is long enough to be more than one: of a class, or of something that is encoded.
fn long_name(place: Place, field: &str, name: &[u8], found: &mut Vec<Value>) {
    if name.len() >= LONG_NAME && is_name(name) {
        found.push(as_is(place, field, name));
    }
}

/// From how many bytes on a name is looked at like a value.
pub const LONG_NAME: usize = 9;

fn cookies(header: &[u8], found: &mut Vec<Value>) {
    for pair in header.split(|byte| *byte == b';') {
        let pair = pair.trim_ascii();
        let (name, value) = match memchr::memchr(b'=', pair) {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (&[][..], pair),
        };
        long_name(Place::Cookie, "", name, found);
        let bytes = if is_name(name) { value } else { pair };
        found.push(as_is(Place::Cookie, &String::from_utf8_lossy(name), bytes));
    }
}

fn as_is(place: Place, field: &str, bytes: &[u8]) -> Value {
    let field = field.chars().take(64).collect();
    Value { location: Location { place, field }, bytes: bytes.to_vec(), chain: Vec::new() }
}

fn decoded(place: Place, field: &str, bytes: &[u8], step: Step) -> Value {
    match percent(bytes, step) {
        Some(bytes) => Value { chain: vec![step], bytes, ..as_is(place, field, &[]) },
        None => as_is(place, field, bytes),
    }
}
