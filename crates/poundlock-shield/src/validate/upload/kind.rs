//! The kinds of files that can be told apart and checked.
//!
//! Main type: [`FileKind`]. A kind that no check exists for is not on the list.

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it, and the table below says the rest")]
pub enum FileKind {
    Png,
    Jpeg,
    Gif,
    Webp,
    Bmp,
    Svg,
    Pdf,
    Zip,
    Docx,
    Xlsx,
    Pptx,
    Odt,
    Ods,
    Gzip,
    Mp3,
    Wav,
    Ogg,
    Flac,
    Mp4,
    Webm,
    Text,
    Csv,
    Json,
    Xml,
    Html,
}

/// What is checked beyond the kind itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Image,
    Media,
    Pdf,
    Archive,
    Gzip,
    Markup,
    Text,
}

struct Row {
    kind: FileKind,
    family: Family,
    name: &'static str,
    /// The first is the registered one.
    types: &'static [&'static str],
    extensions: &'static [&'static str],
}

#[rustfmt::skip]
const KINDS: [Row; 25] = [
    row(FileKind::Png, Family::Image, "a PNG image", &["image/png", "image/x-png"], &["png"]),
    row(FileKind::Jpeg, Family::Image, "a JPEG image", &["image/jpeg", "image/jpg", "image/pjpeg"], &["jpg", "jpeg", "jpe", "jfif"]),
    row(FileKind::Gif, Family::Image, "a GIF image", &["image/gif"], &["gif"]),
    row(FileKind::Webp, Family::Image, "a WebP image", &["image/webp"], &["webp"]),
    row(FileKind::Bmp, Family::Image, "a BMP image", &["image/bmp", "image/x-ms-bmp", "image/x-bmp"], &["bmp", "dib"]),
    row(FileKind::Svg, Family::Markup, "an SVG image", &["image/svg+xml"], &["svg"]),
    row(FileKind::Pdf, Family::Pdf, "a PDF document", &["application/pdf", "application/x-pdf"], &["pdf"]),
    row(FileKind::Zip, Family::Archive, "a ZIP archive", &["application/zip", "application/x-zip-compressed"], &["zip"]),
    row(FileKind::Docx, Family::Archive, "a Word document", &["application/vnd.openxmlformats-officedocument.wordprocessingml.document"], &["docx"]),
    row(FileKind::Xlsx, Family::Archive, "an Excel workbook", &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"], &["xlsx"]),
    row(FileKind::Pptx, Family::Archive, "a PowerPoint presentation", &["application/vnd.openxmlformats-officedocument.presentationml.presentation"], &["pptx"]),
    row(FileKind::Odt, Family::Archive, "an OpenDocument text", &["application/vnd.oasis.opendocument.text"], &["odt"]),
    row(FileKind::Ods, Family::Archive, "an OpenDocument spreadsheet", &["application/vnd.oasis.opendocument.spreadsheet"], &["ods"]),
    row(FileKind::Gzip, Family::Gzip, "a gzip file", &["application/gzip", "application/x-gzip"], &["gz", "tgz"]),
    row(FileKind::Mp3, Family::Media, "an MP3 recording", &["audio/mpeg", "audio/mp3"], &["mp3"]),
    row(FileKind::Wav, Family::Media, "a WAV recording", &["audio/wav", "audio/x-wav", "audio/vnd.wave"], &["wav"]),
    row(FileKind::Ogg, Family::Media, "an Ogg recording", &["audio/ogg", "application/ogg"], &["ogg", "oga", "opus"]),
    row(FileKind::Flac, Family::Media, "a FLAC recording", &["audio/flac", "audio/x-flac"], &["flac"]),
    row(FileKind::Mp4, Family::Media, "an MP4 video", &["video/mp4"], &["mp4", "m4v"]),
    row(FileKind::Webm, Family::Media, "a WebM video", &["video/webm"], &["webm"]),
    row(FileKind::Text, Family::Text, "plain text in UTF-8", &["text/plain"], &["txt", "log", "md"]),
    row(FileKind::Csv, Family::Text, "a table in UTF-8", &["text/csv", "application/csv", "application/vnd.ms-excel", "text/plain"], &["csv"]),
    row(FileKind::Json, Family::Text, "JSON", &["application/json", "text/json"], &["json"]),
    row(FileKind::Xml, Family::Markup, "XML", &["application/xml", "text/xml"], &["xml"]),
    row(FileKind::Html, Family::Markup, "an HTML page", &["text/html"], &["html", "htm"]),
];

const fn row(
    kind: FileKind,
    family: Family,
    name: &'static str,
    types: &'static [&'static str],
    extensions: &'static [&'static str],
) -> Row {
    Row { kind, family, name, types, extensions }
}

impl FileKind {
    /// The registered media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        self.row().types[0]
    }

    /// The extensions, in lower case.
    #[must_use]
    pub fn extensions(self) -> &'static [&'static str] {
        self.row().extensions
    }

    /// What it is, with an article.
    #[must_use]
    pub fn describe(self) -> &'static str {
        self.row().name
    }

    pub(super) fn family(self) -> Family {
        self.row().family
    }

    /// Whether a `Content-Type` may stand for it. Parameters and case do not matter; the type for unknown bytes is no claim.
    pub(in crate::validate) fn may_be_declared(self, declared: &str) -> bool {
        let essence = declared.split(';').next().unwrap_or_default().trim();
        let fits = |known: &&str| known.eq_ignore_ascii_case(essence);
        essence.eq_ignore_ascii_case("application/octet-stream") || self.row().types.iter().any(fits)
    }

    /// Whether bytes that look like `found` may be of this kind. Documents are ZIP archives, and their directory is looked at later;
    /// between texts, bytes make no difference.
    pub(super) fn may_look_like(self, found: Self) -> bool {
        self == found
            || (self.family() == Family::Archive && found == Self::Zip)
            || (self.family() == Family::Text && found.family() == Family::Text)
    }

    fn row(self) -> &'static Row {
        KINDS.iter().find(|row| row.kind == self).expect("every kind has a row: a test counts them")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_row_and_no_extension_belongs_to_two() {
        for (at, row) in KINDS.iter().enumerate() {
            assert_eq!(row.kind as usize, at, "rows are in the order of the variants, so none is missing");
            for other in &KINDS[..at] {
                assert!(!row.extensions.iter().any(|extension| other.extensions.contains(extension)));
            }
        }
        assert_eq!(FileKind::Html as usize + 1, KINDS.len(), "Html is the last variant");
    }

    #[test]
    fn declarations_are_compared_by_their_essence() {
        assert!(
            FileKind::Jpeg.may_be_declared("Image/JPG; q=1") && !FileKind::Jpeg.may_be_declared("image/png")
        );
        assert!(FileKind::Png.may_be_declared("application/octet-stream"));
        assert!(FileKind::Csv.may_look_like(FileKind::Text) && !FileKind::Text.may_look_like(FileKind::Html));
        assert!(FileKind::Docx.may_look_like(FileKind::Zip) && !FileKind::Zip.may_look_like(FileKind::Docx));
    }
}
