//! `application/x-www-form-urlencoded`, fed in chunks.
//!
//! Main type: [`Form`]. It splits; percent escapes are left to the decoders, which see a whole window.

use super::{
    head::is_name,
    leaf::{Gather, Leaf, Leaves, Role},
};
use crate::decode::{Step, percent};

#[derive(Default)]
pub(super) struct Form {
    name: String,
    in_value: bool,
    gather: Gather,
}

impl Form {
    pub(super) fn feed(&mut self, chunk: &[u8], out: &mut impl Leaves) {
        let mut rest = chunk;
        while !rest.is_empty() {
            let end =
                if self.in_value { memchr::memchr(b'&', rest) } else { memchr::memchr2(b'&', b'=', rest) };
            let text = &rest[..end.unwrap_or(rest.len())];
            self.gather.extend(text, &self.name, Role::Form, out);
            let Some(end) = end else { return };
            if rest[end] == b'=' {
                self.value(out)
            } else {
                self.pair(out)
            }
            rest = &rest[end + 1..];
        }
    }

    pub(super) fn finish(&mut self, out: &mut impl Leaves) {
        self.pair(out);
    }

    /// The name is complete.
    fn value(&mut self, out: &mut impl Leaves) {
        self.name = decoded(&self.gather);
        if is_name(self.name.as_bytes()) {
            let bytes = self.name.as_bytes();
            out.leaf(Leaf { field: &self.name, bytes, role: Role::Name });
            self.gather.clear();
        } else {
            // A name with more than a name in it is the start of a value: `' or 1=1`.
            self.gather.push(b'=', &self.name, Role::Form, out);
        }
        self.in_value = true;
    }

    /// The pair is complete. One without `=` may be a value as well as a name.
    fn pair(&mut self, out: &mut impl Leaves) {
        self.gather.end(&self.name, Role::Form, out);
        self.name.clear();
        self.in_value = false;
    }
}

fn decoded(gather: &Gather) -> String {
    let name = gather.name();
    match percent(name.as_bytes(), Step::Plus) {
        Some(bytes) => String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        None => name.into_owned(),
    }
}
