//! Characters that servers, databases and browsers fold to ASCII.
//!
//! Main item: [`narrow`]. A table of its own instead of NFKC: only what ends in ASCII matters here,
//! and best-fit mappings (code page 1252) belong to it, which NFKC does not have.

use super::rewrite;

/// Replaces characters by the ASCII character they are compatible with or best-fitted to; accented
/// letters, quotes and dashes of plain text stay.
///
/// Bytes that are not UTF-8 stay as they are. Returns `None` when nothing changes.
pub fn narrow(input: &[u8]) -> Option<Vec<u8>> {
    let find = |rest: &[u8]| rest.iter().position(|byte| is_wide_lead(*byte));
    rewrite(input, find, |rest, out| {
        let length = rest[0].leading_ones() as usize;
        let char = std::str::from_utf8(rest.get(..length)?).ok()?.chars().next()?;
        out.push(fold(char).filter(|_| !is_prose(char))?);
        Some(length)
    })
}

/// Whether the UTF-8 of a character that is folded may start with this byte.
pub(super) const fn is_wide_lead(byte: u8) -> bool {
    matches!(byte, 0xc2..=0xc5 | 0xca | 0xcb | 0xcd | 0xe1..=0xe3 | 0xef | 0xf0)
}

/// Accents, quotes and dashes of plain text: only a decoder of `%u` that knows nothing but ASCII folds them.
fn is_prose(char: char) -> bool {
    matches!(char, 'À'..='ÿ' | '‘' | '’' | '‚' | '“' | '”' | '„' | '–' | '—' | '‹' | '›')
}

/// The ASCII character that `char` is folded to (itself, if it is ASCII).
pub(super) fn fold(char: char) -> Option<u8> {
    let code = u32::from(char);
    let byte = match code {
        0..=0x7f => code,
        0xff01..=0xff5e => code - 0xfee0,
        0x24b6..=0x24cf => code - 0x24b6 + 0x41,
        0x24d0..=0x24e9 => code - 0x24d0 + 0x61,
        0x1d400..=0x1d6a3 => {
            let letter = (code - 0x1d400) % 52;
            if letter < 26 { letter + 0x41 } else { letter - 26 + 0x61 }
        }
        0x1d7ce..=0x1d7ff => (code - 0x1d7ce) % 10 + 0x30,
        0x2070 | 0x2074..=0x2079 => code - 0x2070 + 0x30,
        0x2080..=0x2089 => code - 0x2080 + 0x30,
        _ => return single(char),
    };
    u8::try_from(byte).ok()
}

/// Single mappings: Unicode compatibility decompositions, then code page 1252 best fits.
fn single(char: char) -> Option<u8> {
    Some(match char {
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => b' ',
        '‘' | '’' | '‚' | '‛' | '′' | 'ʹ' | 'ʻ' | 'ʼ' | 'ˈ' | '＇' => b'\'',
        '“' | '”' | '„' | '‟' | '″' | 'ʺ' => b'"',
        '‵' | 'ˋ' => b'`',
        '‹' | '\u{2329}' | '﹤' | '\u{3008}' | '⟨' => b'<',
        '›' | '\u{232a}' | '﹥' | '\u{3009}' | '⟩' => b'>',
        '∕' | '⁄' | '╱' | '⧸' | '⟋' => b'/',
        '∖' | '﹨' | '⧵' | '⟍' | '⧹' => b'\\',
        '․' | '。' | '．' | '﹒' => b'.',
        '﹕' | '∶' | 'ː' => b':',
        '﹔' | ';' => b';',
        '﹙' | '⁽' | '₍' => b'(',
        '﹚' | '⁾' | '₎' => b')',
        '﹦' | '⁼' | '₌' => b'=',
        '﹪' => b'%',
        '﹠' => b'&',
        '﹟' => b'#',
        '﹩' => b'$',
        '﹡' | '∗' => b'*',
        '﹢' | '⁺' => b'+',
        '﹣' | '‐' | '‑' | '‒' | '–' | '—' | '−' => b'-',
        '﹛' => b'{',
        '﹜' => b'}',
        '﹫' => b'@',
        '∣' | '￨' => b'|',
        '¹' => b'1',
        '²' => b'2',
        '³' => b'3',
        'ſ' => b's',
        'K' => b'K',
        'ı' => b'i',
        'À'..='Å' => b'A',
        'È'..='Ë' => b'E',
        'à'..='å' => b'a',
        'è'..='ë' => b'e',
        'ì'..='ï' => b'i',
        'ò'..='ö' => b'o',
        'ù'..='ü' => b'u',
        'ª' | 'ᵃ' => b'a',
        'º' | 'ᵒ' => b'o',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_that_is_folded_starts_with_a_byte_that_is_looked_for() {
        let folded = ('\u{80}'..=char::MAX).filter(|char| fold(*char).is_some());
        let starts: Vec<u8> = folded.map(|char| char.encode_utf8(&mut [0; 4]).as_bytes()[0]).collect();
        assert!(starts.len() > 1000 && starts.iter().all(|byte| is_wide_lead(*byte)));
    }
}
