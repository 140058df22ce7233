//! HTML character references.

use super::{push_code_point, rewrite};

/// The named references that can carry an attack, in lower case (browsers take some in upper case
/// only; attackers' filters take any). Names from the HTML standard, 13.5.
const NAMES: [(&str, u8); 43] = [
    ("amp", b'&'),
    ("apos", b'\''),
    ("ast", b'*'),
    ("bsol", b'\\'),
    ("colon", b':'),
    ("comma", b','),
    ("commat", b'@'),
    ("dollar", b'$'),
    ("equals", b'='),
    ("excl", b'!'),
    ("grave", b'`'),
    ("diacriticalgrave", b'`'),
    ("gt", b'>'),
    ("hat", b'^'),
    ("hyphen", b'-'),
    ("lbrace", b'{'),
    ("lbrack", b'['),
    ("lcub", b'{'),
    ("lowbar", b'_'),
    ("lpar", b'('),
    ("lsqb", b'['),
    ("lt", b'<'),
    ("midast", b'*'),
    ("nbsp", b' '),
    ("newline", b'\n'),
    ("num", b'#'),
    ("percnt", b'%'),
    ("period", b'.'),
    ("plus", b'+'),
    ("quest", b'?'),
    ("quot", b'"'),
    ("rbrace", b'}'),
    ("rbrack", b']'),
    ("rcub", b'}'),
    ("rpar", b')'),
    ("rsqb", b']'),
    ("semi", b';'),
    ("sol", b'/'),
    ("tab", b'\t'),
    ("tilde", b'~'),
    ("underbar", b'_'),
    ("verbar", b'|'),
    ("vert", b'|'),
];

/// The longest reference that is read: zeroes may pad a number (`&#0000060;`).
const LONGEST: usize = 24;

/// Decodes numeric references, with or without `;`, and the named ones that matter.
///
/// Returns `None` when nothing changes.
pub fn entities(input: &[u8]) -> Option<Vec<u8>> {
    rewrite(
        input,
        |rest| memchr::memchr(b'&', rest),
        |rest, out| {
            let (code, length) = reference(&rest[1..])?;
            push_code_point(out, code);
            Some(1 + length)
        },
    )
}

/// The code point and length of the reference after an `&`.
fn reference(rest: &[u8]) -> Option<(u32, usize)> {
    if rest.first() == Some(&b'#') { numeric(rest) } else { named(rest) }
}

fn numeric(rest: &[u8]) -> Option<(u32, usize)> {
    let (radix, start) = if matches!(rest.get(1), Some(b'x' | b'X')) { (16, 2) } else { (10, 1) };
    let digits = rest[start..].iter().take(LONGEST).take_while(|b| char::from(**b).is_digit(radix));
    let mut count = 0;
    let mut code = 0u32;
    for byte in digits {
        code = code.saturating_mul(radix).saturating_add(char::from(*byte).to_digit(radix)?);
        count += 1;
    }
    let end = start + count;
    let closed = usize::from(rest.get(end) == Some(&b';'));
    (count > 0).then_some((code, end + closed))
}

fn named(rest: &[u8]) -> Option<(u32, usize)> {
    let length = rest.iter().take(LONGEST).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let closed = rest.get(length) == Some(&b';');
    let name = &rest[..length];
    let found = NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
    // Without the semicolon only the oldest names are references.
    let old = |name: &str| matches!(name, "lt" | "gt" | "amp" | "quot" | "nbsp");
    found.filter(|(name, _)| closed || old(name)).map(|(_, c)| (u32::from(*c), length + usize::from(closed)))
}
