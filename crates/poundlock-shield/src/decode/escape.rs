//! Backslash escapes of JavaScript, C, JSON, PHP and shells, and those of CSS.

use super::{digit, number, push_code_point, rewrite};

/// Decodes `\xHH`, `\uHHHH`, `\u{H…}`, octal `\ooo`, `\n` and its like; before anything else, and
/// before a line end, the backslash is dropped.
///
/// A backslash before a letter that escapes nothing stays, so that Windows paths keep their parts.
/// Returns `None` when nothing changes.
pub fn escapes(input: &[u8]) -> Option<Vec<u8>> {
    unescape(input, script)
}

/// Decodes the escapes of CSS: one to six hexadecimal digits and a space that belongs to them.
///
/// Returns `None` when nothing changes. Source: CSS Syntax Level 3, 4.3.7.
pub fn css(input: &[u8]) -> Option<Vec<u8>> {
    unescape(input, style)
}

fn unescape(input: &[u8], one: fn(&[u8], &mut Vec<u8>) -> Option<usize>) -> Option<Vec<u8>> {
    let find = |rest: &[u8]| memchr::memchr(b'\\', rest);
    rewrite(input, find, |rest, out| one(&rest[1..], out).map(|taken| 1 + taken))
}

/// Decodes what follows a backslash in a script; returns how many bytes it took.
fn script(rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let first = *rest.first()?;
    match first {
        b'x' => number(&rest[1..], 2).map(|byte| {
            push_code_point(out, byte);
            3
        }),
        b'u' => unicode(&rest[1..], out).map(|taken| taken + 1),
        b'0'..=b'7' => Some(octal(rest, out)),
        b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'a' => {
            out.push(control(first));
            Some(1)
        }
        b'\n' => Some(1),
        _ if first.is_ascii_alphanumeric() || first >= 0x80 => None,
        _ => {
            out.push(first);
            Some(1)
        }
    }
}

fn unicode(rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    if rest.first() != Some(&b'{') {
        push_code_point(out, number(rest, 4)?);
        return Some(4);
    }
    let count = rest[1..].iter().take(8).take_while(|byte| digit(**byte).is_some()).count();
    if count == 0 || rest.get(1 + count) != Some(&b'}') {
        return None;
    }
    push_code_point(out, number(&rest[1..], count)?);
    Some(count + 2)
}

fn octal(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let count = rest.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let code = rest[..count].iter().fold(0u32, |sum, byte| sum * 8 + u32::from(byte - b'0'));
    push_code_point(out, code & 0xff);
    count
}

fn control(letter: u8) -> u8 {
    match letter {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        b'v' => 11,
        _ => 7,
    }
}

/// Decodes what follows a backslash in a style sheet; returns how many bytes it took.
fn style(rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let first = *rest.first()?;
    let count = rest.iter().take(6).take_while(|byte| digit(**byte).is_some()).count();
    if count == 0 {
        if first != b'\n' {
            out.push(first);
        }
        return Some(1);
    }
    push_code_point(out, number(rest, count)?);
    let space = rest.get(count).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 12));
    Some(count + usize::from(space))
}
