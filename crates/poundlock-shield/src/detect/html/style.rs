//! Style sheets that run something.
//!
//! Main items: [`declarations`] and [`sheet`].

use crate::{
    decode::{css, entities, strip_comments},
    detect::{CERTAIN, DOUBTFUL, LIKELY},
};

/// How much of a style is looked at.
const MAX_STYLE: usize = 2048;

/// Parts of a style that run or load something, and how sure that is.
const PARTS: [(&str, u8); 14] = [
    ("expression(", CERTAIN),
    ("expression/", CERTAIN),
    ("javascript:", CERTAIN),
    ("vbscript:", CERTAIN),
    ("behavior:", CERTAIN),
    ("behaviour:", CERTAIN),
    ("binding:", CERTAIN),
    ("-o-link", CERTAIN),
    ("@import", CERTAIN),
    ("data:text", CERTAIN),
    ("data:image/svg", LIKELY),
    (".svg", CERTAIN),
    ("url(", DOUBTFUL),
    ("animation-name", DOUBTFUL),
];

/// How sure the value of a `style` attribute runs something.
pub(super) fn declarations(value: &[u8]) -> Option<u8> {
    let head = &value[..value.len().min(MAX_STYLE)];
    // A declaration has no blocks, no selectors and no comments.
    if head.iter().any(|byte| matches!(byte, b'{' | b'}' | b'['))
        || memchr::memmem::find(head, b"/*").is_some()
    {
        return Some(CERTAIN);
    }
    parts(head)
}

fn parts(head: &[u8]) -> Option<u8> {
    let plain = entities(head).unwrap_or_else(|| head.to_vec());
    let plain = css(&plain).unwrap_or(plain);
    let plain = strip_comments(&plain).unwrap_or(plain);
    let plain: Vec<u8> = plain.iter().filter(|byte| **byte > b' ').map(u8::to_ascii_lowercase).collect();
    let found = PARTS.iter().filter(|(part, _)| memchr::memmem::find(&plain, part.as_bytes()).is_some());
    found.map(|(_, score)| *score).max()
}

/// How sure a `<style>` with this content is an attack.
pub(super) fn sheet(content: &[u8]) -> Option<(&'static str, u8)> {
    let text = memchr::memmem::find(content, b"</").map_or(content, |end| &content[..end]);
    let score = parts(&text[..text.len().min(MAX_STYLE)]).unwrap_or(DOUBTFUL);
    Some(("style-sheet", if content.len() <= 400 { CERTAIN } else { score.max(LIKELY) }))
}
