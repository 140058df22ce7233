//! Percent escapes, the Unicode ones of old servers included.

use super::{Step, number, push_code_point, rewrite};

/// Decodes `%XX` and `%uXXXX` once; with [`Step::Plus`] as `mode`, `+` becomes a space too.
///
/// An escape that is not one stays as it is. `%u` gives the character's UTF-8, or the ASCII
/// character that it is best-fitted to (`%u2215` → `/`). Returns `None` when nothing changes.
pub fn percent(input: &[u8], mode: Step) -> Option<Vec<u8>> {
    if mode != Step::Plus {
        return rewrite(input, |rest| memchr::memchr(b'%', rest), escape);
    }
    let plus = |rest: &[u8], out: &mut Vec<u8>| {
        if rest[0] == b'%' {
            return escape(rest, out);
        }
        out.push(b' ');
        Some(1)
    };
    rewrite(input, |rest| memchr::memchr2(b'%', b'+', rest), plus)
}

/// Decodes what starts with a `%`; returns how many bytes it took.
fn escape(rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    if let Some(byte) = number(&rest[1..], 2) {
        out.push(byte as u8);
        return Some(3);
    }
    if !matches!(rest.get(1), Some(b'u' | b'U')) {
        return None;
    }
    push_code_point(out, number(&rest[2..], 4)?);
    Some(6)
}

/// Whether a `%` is followed by a hexadecimal digit and something that is none (`%c0%qf`), or by two
/// letters of which one is a digit only in somebody's broken table.
pub fn illegal_percent(input: &[u8]) -> bool {
    let marks = memchr::memchr_iter(b'%', input);
    marks.map(|at| &input[at + 1..]).any(|rest| match rest {
        [b'u' | b'U', ..] => number(&rest[1..], 4).is_none() && rest.len() > 4,
        [a, b, ..] => a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric() && number(rest, 2).is_none(),
        _ => false,
    })
}
