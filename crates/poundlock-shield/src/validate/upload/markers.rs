//! Code inside files that are no text.
//!
//! Main type: [`MarkerScanner`]. It looks at every byte, in chunks cut anywhere, and does not know formats.

/// What a server or a browser would act on, in lower case. Each is long enough not to come about in compressed data.
const MARKERS: [(&[u8], &str); 6] = [
    (b"<?php", "PHP code"),
    (b"<script", "a script"),
    (b"<%@ page", "a server page"),
    (b"<jsp:", "a server page"),
    (b"__halt_compiler", "a PHP archive"),
    (b"<!doctype html", "an HTML page"),
];
/// `<?=` starts code too, but three bytes come about by chance: code follows only if this many printable ones do.
const PRINTABLE_AFTER_ECHO: usize = 10;
/// The longest that is looked for.
const LONGEST: usize = 16;

/// Looks for markers across chunks.
#[derive(Debug, Clone, Default)]
pub(super) struct MarkerScanner {
    /// The last bytes, in lower case, with which a marker may have begun.
    carried: Vec<u8>,
}

impl MarkerScanner {
    /// Reads a chunk; what it found first, if anything.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Option<&'static str> {
        self.carried.extend(chunk.iter().map(u8::to_ascii_lowercase));
        let found = (0..self.carried.len()).find_map(|at| match self.carried[at] {
            b'<' | b'_' => marker(&self.carried[at..]),
            _ => None,
        });
        let keep = self.carried.len().saturating_sub(LONGEST - 1);
        self.carried.drain(..keep);
        found
    }
}

fn marker(bytes: &[u8]) -> Option<&'static str> {
    let echo = bytes.strip_prefix(b"<?=").and_then(|after| after.get(..PRINTABLE_AFTER_ECHO));
    if echo.is_some_and(|after| after.iter().all(|b| b.is_ascii_graphic() || *b == b' ')) {
        return Some("PHP code");
    }
    MARKERS.iter().find(|(marker, _)| bytes.starts_with(marker)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_wherever_the_chunks_are_cut() {
        for (text, expected) in [
            ("GIF89a<?PHP system", Some("PHP code")),
            ("\u{1}<ScRiPt>", Some("a script")),
            ("xx<?=`$_GET[0]`;?>", Some("PHP code")),
            ("a__HALT_COMPILER(); ", Some("a PHP archive")),
            ("<?= \u{1}\u{2}binary", None),
            ("<?xpacket begin", None),
            ("<scrip>", None),
        ] {
            for size in 1..text.len() {
                let mut scanner = MarkerScanner::default();
                let found = text.as_bytes().chunks(size).find_map(|chunk| scanner.feed(chunk));
                assert_eq!(found, expected, "{text} in chunks of {size}");
                assert!(scanner.carried.len() < LONGEST);
            }
        }
    }
}
