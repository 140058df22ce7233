//! Actions in PDF files.
//!
//! Main type: [`PdfScanner`]. It reads names (ISO 32000-1, 7.3.5) out of every byte, in chunks cut anywhere, and does not unpack
//! compressed objects: a script inside one is not seen.

/// Names that make a reader run, open or send something. A script always needs `/S /JavaScript` or a rendition.
const ACTIONS: [(&[u8], &str); 8] = [
    (b"JavaScript", "a script"),
    (b"Rendition", "a script"),
    (b"Launch", "an action that starts programs"),
    (b"EmbeddedFile", "a file inside"),
    (b"EmbeddedFiles", "a file inside"),
    (b"RichMedia", "an embedded player"),
    (b"SubmitForm", "an action that sends data"),
    (b"ImportData", "an action that reads files"),
];
/// The longest name that is kept; longer ones are none of those above.
const MAX_NAME: usize = 24;

/// Reads names across chunks.
#[derive(Debug, Clone, Default)]
pub(super) struct PdfScanner {
    /// The name that is being read, decoded.
    name: Option<Vec<u8>>,
    /// Digits after `#`.
    escape: Option<Vec<u8>>,
}

impl PdfScanner {
    /// Reads a chunk; the first action in it, if any.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Option<&'static str> {
        chunk.iter().find_map(|byte| self.push(*byte))
    }

    /// Ends the file, and with it the last name.
    pub(super) fn finish(&mut self) -> Option<&'static str> {
        self.push(b' ')
    }

    fn push(&mut self, byte: u8) -> Option<&'static str> {
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
            _ => return self.end(byte),
        }
        if name.len() > MAX_NAME {
            (self.name, self.escape) = (None, None);
        }
        None
    }

    fn end(&mut self, byte: u8) -> Option<&'static str> {
        let name = self.name.take().unwrap_or_default();
        self.escape = None;
        self.name = (byte == b'/').then(Vec::new);
        ACTIONS.iter().find(|(action, _)| **action == *name).map(|(_, what)| *what)
    }
}

/// Neither white space nor a delimiter.
fn is_regular(byte: u8) -> bool {
    !matches!(
        byte,
        0 | b'\t'
            | b'\n'
            | 12
            | b'\r'
            | b' '
            | b'('
            | b')'
            | b'<'
            | b'>'
            | b'['
            | b']'
            | b'{'
            | b'}'
            | b'/'
            | b'%'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_their_escapes() {
        for (text, expected) in [
            ("<</S/JavaScript/JS(x)>>", Some("a script")),
            ("/S /J#61vaScript\n", Some("a script")),
            ("/#4a#61#76#61#53#63#72#69#70#74", Some("a script")),
            ("/Type/EmbeddedFile>>", Some("a file inside")),
            ("/Launch", Some("an action that starts programs")),
            ("//Launch ", Some("an action that starts programs")),
            ("/JavaScripts ", None),
            ("JavaScript ", None),
            ("/Java Script", None),
            ("/Launch#20er ", None),
            ("(a/b)/OpenAction[3 0 R]", None),
        ] {
            for size in 1..=text.len() {
                let mut scanner = PdfScanner::default();
                let found = text
                    .as_bytes()
                    .chunks(size)
                    .find_map(|chunk| scanner.feed(chunk))
                    .or_else(|| scanner.finish());
                assert_eq!(found, expected, "{text} in chunks of {size}");
            }
        }
    }
}
