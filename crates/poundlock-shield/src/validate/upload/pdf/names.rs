//! Names in a PDF (ISO 32000-1, 7.3.5), byte by byte.
//!
//! Main type: [`NameReader`]. It does not know what a name means.

/// The longest name that is kept; longer ones mean nothing here.
const MAX_NAME: usize = 24;

/// Reads names.
#[derive(Debug, Clone, Default)]
pub(super) struct NameReader {
    /// The name that is being read, decoded.
    name: Option<Vec<u8>>,
    /// Digits after `#`.
    escape: Option<Vec<u8>>,
}

impl NameReader {
    /// Takes a byte; the name that it ended, if it ended one.
    pub(super) fn push(&mut self, byte: u8) -> Option<Vec<u8>> {
        let Some(name) = &mut self.name else {
            self.name = (byte == b'/').then(Vec::new);
            return None;
        };
        match (&mut self.escape, byte) {
            (Some(digits), byte) if byte.is_ascii_hexdigit() => {
                digits.push(byte);
                if digits.len() == 2 {
                    let code =
                        std::str::from_utf8(digits).ok().and_then(|text| u8::from_str_radix(text, 16).ok());
                    name.extend(code);
                    self.escape = None;
                }
            }
            (escape, b'#') => *escape = Some(Vec::new()),
            (escape, byte) if is_regular(byte) => {
                *escape = None;
                name.push(byte);
            }
            _ => {
                self.escape = None;
                return std::mem::replace(&mut self.name, (byte == b'/').then(Vec::new));
            }
        }
        if name.len() > MAX_NAME {
            *self = Self::default();
        }
        None
    }
}

/// Neither white space nor a delimiter.
fn is_regular(byte: u8) -> bool {
    let delimiter = b"()<>[]{}/%".contains(&byte);
    !delimiter && !matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}
