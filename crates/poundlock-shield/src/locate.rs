//! Where values are in a request: path, query, headers, cookies and the leaves of a body.
//!
//! Main items: [`Head`], the request line and headers; [`head_values`], what is in them; [`Body`], a parser that
//! is fed chunks and hands out leaves. Bodies are never held as a whole: a leaf longer than a window is handed
//! out in overlapping windows. Nothing here judges, except that what is not as declared is a finding.

mod body;
mod form;
mod graphql;
mod head;
mod inflate;
mod json;
mod leaf;
mod multipart;
mod sniff;
mod xml;

pub use body::Body;
pub use graphql::{Shape, shape};
pub use head::{Head, LONG_NAME, Value, head_values};
pub use inflate::{Coding, FREE_INFLATED, Inflate, MAX_INFLATED, MAX_INFLATION};
pub use json::MAX_NESTING;
pub use leaf::{Leaf, Leaves, MAX_FIELD, Role};
pub use sniff::{Declared, Kind, sniff};

/// Something about the shape of a request that is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oddity {
    /// The rule's name.
    pub rule: &'static str,
    /// How much it says, from 1 to 10.
    pub score: u8,
}

/// Hands out the leaves of a text that is JSON; returns whether it looks like that.
pub(crate) fn json_leaves(text: &[u8], out: &mut impl Leaves) -> bool {
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    let is_json = matches!(first, Some(b'{' | b'['))
        && text.len() > 4
        && sniff(text) == Some(Kind::Json)
        && matches!(text.trim_ascii_end().last(), Some(b'}' | b']'));
    if is_json {
        let mut json = json::Json::default();
        json.feed(text, out);
        json.finish(out);
    }
    is_json
}

#[cfg(test)]
mod tests;
