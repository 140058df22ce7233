//! Block comments, which split keywords for those that cannot read them.

use memchr::memmem::find;

/// Replaces each `/* … */` by one space; an open one reaches to the end.
///
/// Returns `None` when there is none.
pub fn comments(input: &[u8]) -> Option<Vec<u8>> {
    replace(input, b" ")
}

/// Leaves each `/* … */` out, so that `UN/**/ION` becomes a word again; the text of MySQL's executable
/// comments (`/*!50000 … */`) stays.
///
/// Returns `None` when there is none.
pub fn strip_comments(input: &[u8]) -> Option<Vec<u8>> {
    replace(input, b"")
}

fn replace(input: &[u8], by: &[u8]) -> Option<Vec<u8>> {
    find(input, b"/*")?;
    let mut out = Vec::with_capacity(input.len());
    let mut rest = input;
    while let Some(start) = find(rest, b"/*") {
        out.extend_from_slice(&rest[..start]);
        let body = &rest[start + 2..];
        let end = find(body, b"*/");
        if let Some(code) = body[..end.unwrap_or(body.len())].strip_prefix(b"!") {
            let digits = code.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
            out.extend_from_slice(&code[digits..]);
        } else {
            out.extend_from_slice(by);
        }
        rest = end.map_or(&[][..], |end| &body[end + 2..]);
    }
    out.extend_from_slice(rest);
    Some(out)
}
