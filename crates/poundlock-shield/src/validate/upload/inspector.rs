//! A file as it passes: what is looked at when, and what is kept.
//!
//! Main type: [`UploadInspector`]. It holds the head, the tail and a few bytes of state, whatever the size of the file.

use super::{
    super::{FieldPath, Issues, batch::JsonChecker},
    Dimensions, FileKind, UploadError, UploadRule,
    gzip::GzipMeter,
    kind::Family,
    markers::MarkerScanner,
    markup::MarkupScanner,
    name::check_name,
    pdf::PdfScanner,
    sniff::{Sniffed, sniff},
    utf8::TextScanner,
    zip::{END_BYTES, has_end},
};
use crate::sanitize::safe_file_name;
use std::ops::Deref;

/// How much of the beginning of a file is kept: enough for the metadata that cameras put before the frame header of a JPEG.
pub const HEAD_BYTES: usize = 256 << 10;
/// From and after how many bytes a file's kind is decided.
const SNIFF_BYTES: usize = 8_192;
/// Readers of PDF accept its signature this far into a file.
const PDF_SIGNATURE_WITHIN: usize = 1_024;

/// What was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The kind: of name, declaration and content.
    pub kind: FileKind,
    /// A name that is safe to store under.
    pub name: String,
    /// The size in bytes.
    pub bytes: u64,
    /// For images of pixels.
    pub dimensions: Option<Dimensions>,
}

/// A file that is being read, by a rule that is borrowed or shared. The first problem ends it.
#[derive(Debug)]
pub struct UploadInspector<R> {
    rule: R,
    path: FieldPath,
    name: String,
    kind: Result<FileKind, UploadError>,
    sniffed: bool,
    size: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
    content: Content,
}

/// What reads every byte.
#[derive(Debug)]
enum Content {
    Plain,
    Media(MarkerScanner),
    Pdf(MarkerScanner, PdfScanner),
    Markup(TextScanner, MarkupScanner),
    Text(TextScanner),
    Json(Box<JsonChecker>),
    Gzip(Box<GzipMeter>),
}

impl<R: Deref<Target = UploadRule>> UploadInspector<R> {
    /// Begins a file with its name and its `Content-Type`, if there is one. Both are judged at once, so that a file that fails by
    /// them need not be read: the first call of [`UploadInspector::feed`] says so.
    #[must_use]
    pub fn new(rule: R, path: FieldPath, name: &str, declared: Option<&str>) -> Self {
        let kind = kind_by_name(&rule, name, declared);
        let content = kind.as_ref().map_or(Content::Plain, |kind| content(*kind, &rule));
        let (name, head, tail) = (safe_file_name(name), Vec::new(), Vec::new());
        Self { rule, path, name, kind, sniffed: false, size: 0, head, tail, content }
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// The first problem, now and at every later call.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), Issues> {
        let read = self.read(chunk);
        self.keep(read)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The first problem.
    pub fn finish(mut self) -> Result<Accepted, Issues> {
        let dimensions = self.end();
        let dimensions = self.keep(dimensions)?;
        let kind = self.kind.clone();
        let kind = self.keep(kind)?;
        Ok(Accepted { kind, name: self.name, bytes: self.size, dimensions })
    }

    /// Remembers a failure, and puts it where it belongs.
    fn keep<T>(&mut self, result: Result<T, UploadError>) -> Result<T, Issues> {
        result.map_err(|error| {
            let mut issues = Issues::default();
            issues.add(self.path.clone(), error.clone());
            self.kind = Err(error);
            issues
        })
    }

    fn read(&mut self, chunk: &[u8]) -> Result<(), UploadError> {
        let kind = self.kind.clone()?;
        self.size += chunk.len() as u64;
        if self.size > self.rule.max_bytes {
            return Err(UploadError::TooLarge(self.rule.max_bytes));
        }
        let before = self.head.len();
        let room = (HEAD_BYTES - before).min(chunk.len());
        self.head.extend_from_slice(&chunk[..room]);
        self.keep_tail(kind, chunk);
        match (self.sniffed, self.head.len() >= SNIFF_BYTES) {
            (true, _) => self.content.feed(chunk),
            (false, false) => Ok(()),
            (false, true) => {
                // Until now all that has come is in the head.
                self.decide(kind)?;
                self.content.feed(&self.head[..before])?;
                self.content.feed(chunk)
            }
        }
    }

    fn keep_tail(&mut self, kind: FileKind, chunk: &[u8]) {
        let archive = kind.family() == Family::Archive;
        let most = END_BYTES + if archive { self.rule.archive.directory_bytes } else { 0 };
        self.tail.extend_from_slice(&chunk[chunk.len().saturating_sub(most)..]);
        if self.tail.len() > 2 * most {
            self.tail.drain(..self.tail.len() - most);
        }
    }

    /// Compares what the bytes look like with what the name says. Before that, nothing reads them for what the name says.
    fn decide(&mut self, kind: FileKind) -> Result<(), UploadError> {
        self.sniffed = true;
        match sniff(&self.head[..self.head.len().min(SNIFF_BYTES)]) {
            Sniffed::Program(what) => Err(UploadError::Program(what)),
            Sniffed::Kind(found) if kind.may_look_like(found) => Ok(()),
            _ => Err(UploadError::Content(kind.describe())),
        }
    }

    fn end(&mut self) -> Result<Option<Dimensions>, UploadError> {
        let kind = self.kind.clone()?;
        if self.size == 0 {
            return Err(UploadError::Empty);
        }
        if !self.sniffed {
            self.decide(kind)?;
            self.content.feed(&self.head)?;
        }
        self.content.finish()?;
        if kind != FileKind::Pdf
            && contains(&self.head[..self.head.len().min(PDF_SIGNATURE_WITHIN)], b"%PDF-")
        {
            return Err(UploadError::Polyglot("a PDF document"));
        }
        if kind.family() == Family::Archive {
            return self.end_archive(kind).map(|()| None);
        }
        // A text may speak of anything; in other kinds the end of an archive is one.
        if kind.family() != Family::Text && has_end(&self.tail) {
            return Err(UploadError::Polyglot("a ZIP archive"));
        }
        if !ends_well(kind, &self.tail) {
            return Err(UploadError::End);
        }
        match kind.family() {
            Family::Image => Ok(Some(self.rule.image.check(kind, &self.head)?)),
            _ => Ok(None),
        }
    }

    fn end_archive(&self, kind: FileKind) -> Result<(), UploadError> {
        let directory = self.rule.archive.check(&self.tail, self.size)?;
        let holds = |prefix: &str| directory.names.iter().any(|name| name.starts_with(prefix));
        let complete = match kind {
            FileKind::Docx => holds("[Content_Types].xml") && holds("word/"),
            FileKind::Xlsx => holds("[Content_Types].xml") && holds("xl/"),
            FileKind::Pptx => holds("[Content_Types].xml") && holds("ppt/"),
            FileKind::Odt | FileKind::Ods => holds("mimetype") && holds("META-INF/manifest.xml"),
            _ => true,
        };
        let macros = directory.names.iter().any(|name| name.to_ascii_lowercase().ends_with("vbaproject.bin"));
        match (complete, macros && kind != FileKind::Zip) {
            (false, _) => Err(super::ArchiveError::Document.into()),
            (_, true) => Err(UploadError::Active("macros")),
            _ => Ok(()),
        }
    }
}

/// The kind of the rule that has the extension, if the declaration fits it.
fn kind_by_name(rule: &UploadRule, name: &str, declared: Option<&str>) -> Result<FileKind, UploadError> {
    let extension = check_name(name, rule.max_name_bytes)?;
    let kind = rule.kinds.iter().find(|kind| kind.extensions().contains(&&*extension)).copied();
    let all = || rule.kinds.iter().flat_map(|kind| kind.extensions()).copied().collect::<Vec<_>>().join(", ");
    let kind = kind.ok_or_else(|| UploadError::Extension(all()))?;
    match declared.is_none_or(|declared| kind.may_be_declared(declared)) {
        true => Ok(kind),
        false => Err(UploadError::Declared(kind.media_type())),
    }
}

fn content(kind: FileKind, rule: &UploadRule) -> Content {
    match kind.family() {
        Family::Image | Family::Media => Content::Media(MarkerScanner::default()),
        Family::Pdf => Content::Pdf(MarkerScanner::default(), PdfScanner::default()),
        Family::Markup => Content::Markup(TextScanner::default(), MarkupScanner::new(kind)),
        Family::Text if kind == FileKind::Json => Content::Json(Box::new(JsonChecker::new(rule.json))),
        Family::Text => Content::Text(TextScanner::default()),
        Family::Gzip => Content::Gzip(Box::new(GzipMeter::new(rule.archive))),
        Family::Archive => Content::Plain,
    }
}

impl Content {
    fn feed(&mut self, chunk: &[u8]) -> Result<(), UploadError> {
        let refused = match self {
            Self::Plain => None,
            Self::Media(markers) => markers.feed(chunk).map(UploadError::Polyglot),
            Self::Pdf(markers, actions) => {
                let polyglot = markers.feed(chunk).map(UploadError::Polyglot);
                polyglot.or_else(|| actions.feed(chunk).map(UploadError::Active))
            }
            Self::Markup(text, markup) => {
                let active = markup.feed(chunk).map(UploadError::Active);
                active.or_else(|| (!text.feed(chunk)).then_some(UploadError::NotText))
            }
            Self::Text(text) => (!text.feed(chunk)).then_some(UploadError::NotText),
            Self::Json(checker) => checker.feed(chunk).err().map(UploadError::Json),
            Self::Gzip(meter) => meter.feed(chunk).err().map(UploadError::Gzip),
        };
        refused.map_or(Ok(()), Err)
    }

    fn finish(&mut self) -> Result<(), UploadError> {
        let refused = match self {
            Self::Gzip(meter) => meter.finish().err().map(UploadError::Gzip),
            Self::Json(checker) => checker.finish().err().map(UploadError::Json),
            Self::Pdf(_, actions) => actions.finish().map(UploadError::Active),
            Self::Text(text) | Self::Markup(text, _) => (!text.finish()).then_some(UploadError::NotText),
            Self::Plain | Self::Media(_) => None,
        };
        refused.map_or(Ok(()), Err)
    }
}

/// Whether the last bytes are those of the format's end. JPEG may be padded with zeros, as some cameras do.
fn ends_well(kind: FileKind, tail: &[u8]) -> bool {
    match kind {
        FileKind::Png => tail.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"),
        FileKind::Gif => tail.ends_with(b"\x3b"),
        FileKind::Jpeg => {
            let end = tail.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
            tail[..end].ends_with(b"\xff\xd9")
        }
        _ => true,
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
