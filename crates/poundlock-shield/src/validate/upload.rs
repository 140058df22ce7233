//! Uploaded files: whether one is what its name and its declared type say, and nothing else besides.
//!
//! Main types: [`UploadRule`] and [`UploadInspector`], which reads a file in chunks and keeps only its head and its tail. It does
//! not know where files go, and it does not replace a virus scanner: it refuses what makes a file dangerous by its form.
//!
//! From the head: the kind ([`FileKind`]), dimensions of images, a PDF inside another kind. From every byte as it passes: text in UTF-8, code in
//! images and media, scripts in markup, scripts in PDF, compressed objects included, the real expansion of gzip. From the tail: what
//! follows the end of an image, and a ZIP's directory. Only the sizes that a ZIP *declares* are checked: whoever unpacks it
//! counts again.

mod gzip;
mod image;
mod inspector;
mod kind;
mod markers;
mod markup;
mod markup_rules;
mod name;
mod pdf;
mod sniff;
mod utf8;
mod zip;

pub use gzip::GzipError;
pub use image::{Dimensions, ImageError, ImageLimits};
pub use inspector::{Accepted, HEAD_BYTES, UploadInspector};
pub use kind::FileKind;
pub use name::{NameError, check_name};
pub use zip::{ArchiveError, ArchiveLimits};

use super::batch::{JsonLimits, JsonProblem};

/// Which files are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRule {
    /// The kinds.
    pub kinds: Vec<FileKind>,
    /// The most bytes of a file.
    pub max_bytes: u64,
    /// The most bytes of its name.
    pub max_name_bytes: usize,
    /// The largest images.
    pub image: ImageLimits,
    /// The largest archives, gzip included.
    pub archive: ArchiveLimits,
    /// The largest JSON files.
    pub json: JsonLimits,
}

impl Default for UploadRule {
    /// PNG, JPEG, GIF, WebP and PDF to 10 MiB.
    fn default() -> Self {
        Self {
            kinds: vec![FileKind::Png, FileKind::Jpeg, FileKind::Gif, FileKind::Webp, FileKind::Pdf],
            max_bytes: 10 << 20,
            max_name_bytes: 255,
            image: ImageLimits::default(),
            archive: ArchiveLimits::default(),
            json: JsonLimits::default(),
        }
    }
}

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// Its name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Its extension is not one of those that are accepted.
    #[error("must have one of the extensions {0}")]
    Extension(String),
    /// Its declared type is not one of those of its extension.
    #[error("must be declared as {0}")]
    Declared(&'static str),
    /// Nothing in it.
    #[error("must not be empty")]
    Empty,
    /// Over [`UploadRule::max_bytes`].
    #[error("must have at most {0} bytes")]
    TooLarge(u64),
    /// Its bytes are not those of its extension.
    #[error("must hold {0}, as its name says")]
    Content(&'static str),
    /// A program or script.
    #[error("must not be a program ({0})")]
    Program(&'static str),
    /// A second kind of file in the same bytes.
    #[error("must not hold {0} as well")]
    Polyglot(&'static str),
    /// A text with bytes that are none.
    #[error("must be UTF-8 without control characters throughout")]
    NotText,
    /// JSON that is none, or over its limits.
    #[error(transparent)]
    Json(#[from] JsonProblem),
    /// Bytes after the end, or an end that is missing.
    #[error("must end where its format ends")]
    End,
    /// Something that runs when the file is shown.
    #[error("must not hold {0}")]
    Active(&'static str),
    /// An image's dimensions.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// An archive's directory.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// What a gzip file expands to.
    #[error(transparent)]
    Gzip(#[from] GzipError),
}

#[cfg(test)]
mod tests;
