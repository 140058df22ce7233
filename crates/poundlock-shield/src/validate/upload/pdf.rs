//! Actions in PDF files.
//!
//! Main type: [`PdfScanner`]. It reads the names in every byte, in chunks cut anywhere, and those of objects in compressed streams. What
//! it cannot read there, because it is encrypted or packed in another way, it refuses. It does not know the rest of a document.

mod names;
mod objects;

use names::NameReader;
use objects::{MAX_OBJECT_BYTES, Objects, Progress};

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
/// Filters and parameters under which the names in a stream of objects would not be seen.
const OPAQUE: [&[u8]; 11] = [
    b"ASCIIHexDecode",
    b"AHx",
    b"ASCII85Decode",
    b"A85",
    b"LZWDecode",
    b"LZW",
    b"RunLengthDecode",
    b"RL",
    b"Fl",
    b"Crypt",
    b"Predictor",
];
const UNREADABLE: &str = "objects that cannot be checked";

/// Reads a file across chunks.
#[derive(Debug, Default)]
pub(super) struct PdfScanner {
    names: NameReader,
    /// The last bytes, in which the keyword `stream` is looked for.
    last: [u8; 11],
    /// What has been named since the last stream began.
    named: Named,
    stream: Option<Objects>,
    /// Bytes of objects in streams that have ended.
    inflated: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Named {
    objects: bool,
    /// How many times deflated.
    deflated: u8,
    opaque: bool,
}

impl PdfScanner {
    /// Reads a chunk; the first action in it, if any.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Option<&'static str> {
        let mut at = 0;
        while at < chunk.len() {
            match self.stream.take() {
                Some(objects) => {
                    let (taken, found) = self.inflate(objects, &chunk[at..]);
                    if found.is_some() {
                        return found;
                    }
                    at += taken;
                }
                None => {
                    if let Some(found) = self.push(chunk[at]) {
                        return Some(found);
                    }
                    at += 1;
                }
            }
        }
        None
    }

    /// Ends the file, and with it the last name.
    pub(super) fn finish(&mut self) -> Option<&'static str> {
        self.push(b' ')
    }

    /// How many bytes belong to the stream, and the first action in them.
    fn inflate(&mut self, mut objects: Objects, chunk: &[u8]) -> (usize, Option<&'static str>) {
        let mut found = None;
        let room = MAX_OBJECT_BYTES - self.inflated;
        let progress = objects.feed(chunk, room, &mut |name| found = found.or_else(|| action(name)));
        match progress {
            Progress::Unreadable => (0, found.or(Some(UNREADABLE))),
            Progress::Ended(taken) => {
                self.inflated += objects.bytes();
                (taken, found)
            }
            Progress::More => {
                self.stream = Some(objects);
                (chunk.len(), found)
            }
        }
    }

    fn push(&mut self, byte: u8) -> Option<&'static str> {
        self.last.rotate_left(1);
        self.last[10] = byte;
        if let Some(name) = self.names.push(byte) {
            self.named.objects |= name == b"ObjStm";
            self.named.deflated += u8::from(name == b"FlateDecode" && self.named.deflated < 2);
            self.named.opaque |= OPAQUE.contains(&&*name);
            return action(&name);
        }
        self.begin_stream()
    }

    /// After the keyword and its line end, objects follow if they were named since the stream before. A keyword that only lenient
    /// readers would take for one is no better than objects that cannot be read.
    fn begin_stream(&mut self) -> Option<&'static str> {
        let (before, byte) = (&self.last[..10], self.last[10]);
        let returned = before.strip_suffix(b"\r");
        let word = returned.unwrap_or(before);
        if !word.ends_with(b"stream") || word.ends_with(b"endstream") || (returned.is_none() && byte == b'\r')
        {
            return None;
        }
        match (self.named.objects, byte, self.named.opaque || self.named.deflated > 1, self.named.deflated) {
            (false, ..) => self.named = Named::default(),
            (true, b'\n', false, 1) => {
                self.named = Named::default();
                self.stream = Some(Objects::new());
            }
            // Objects in plain sight, or not yet: how they are packed may still be said.
            (true, b'\n', false, _) => {}
            _ => return Some(UNREADABLE),
        }
        None
    }
}

fn action(name: &[u8]) -> Option<&'static str> {
    ACTIONS.iter().find(|(action, _)| *action == name).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests;
