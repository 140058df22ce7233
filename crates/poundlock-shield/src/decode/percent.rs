//! Percent escapes, the Unicode ones of old servers included.

use super::{Step, number, push_code_point};

/// Decodes `%XX` and `%uXXXX` once; with [`Step::Plus`] as `mode`, `+` becomes a space too.
///
/// An escape that is not one stays as it is. `%u` gives the character's UTF-8, or the ASCII
/// character that it is best-fitted to (`%u2215` → `/`). Returns `None` when nothing changes.
pub fn percent(input: &[u8], mode: Step) -> Option<Vec<u8>> {
    let plus = mode == Step::Plus;
    let find = |from: usize| {
        let rest = &input[from..];
        let at = if plus { memchr::memchr2(b'%', b'+', rest) } else { memchr::memchr(b'%', rest) };
        at.map(|at| from + at)
    };
    // Nothing is kept before the first escape that is one.
    let mut first = find(0)?;
    while input[first] == b'%' && !is_escape(&input[first..]) {
        first = find(first + 1)?;
    }
    let mut out = Vec::with_capacity(input.len());
    out.extend_from_slice(&input[..first]);
    let mut at = first;
    while let Some(byte) = input.get(at) {
        at += match byte {
            b'%' => escape(&input[at..], &mut out),
            b'+' if plus => push(b' ', &mut out),
            byte => push(*byte, &mut out),
        };
    }
    Some(out)
}

fn push(byte: u8, out: &mut Vec<u8>) -> usize {
    out.push(byte);
    1
}

fn is_escape(rest: &[u8]) -> bool {
    number(&rest[1..], 2).is_some()
        || (matches!(rest.get(1), Some(b'u' | b'U')) && number(&rest[2..], 4).is_some())
}

/// Decodes what starts with a `%`, or keeps that; returns how many bytes it took.
fn escape(rest: &[u8], out: &mut Vec<u8>) -> usize {
    if let Some(byte) = number(&rest[1..], 2) {
        out.push(byte as u8);
        return 3;
    }
    if !matches!(rest.get(1), Some(b'u' | b'U')) {
        return push(b'%', out);
    }
    let Some(code) = number(&rest[2..], 4) else { return push(b'%', out) };
    push_code_point(out, code);
    6
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
