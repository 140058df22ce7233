//! Files that a configuration names, such as JSON Schemas.
//!
//! Main type: [`Documents`], how they are read. What is in them is for those who asked.

use std::io;
use std::path::{Path, PathBuf};

/// The largest document, in bytes; a reader may refuse a larger one unread.
pub const MAX_DOCUMENT_BYTES: usize = 4 << 20;

/// How a file is read. By default nothing can be: this crate's configuration knows no file system.
#[derive(Debug, Clone, Copy)]
pub struct Documents(pub fn(&Path) -> io::Result<String>);

impl Default for Documents {
    fn default() -> Self {
        Self(|_| Err(io::Error::new(io::ErrorKind::Unsupported, "no files can be read here")))
    }
}

/// The folder that relative names begin in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Folder<'a> {
    documents: Documents,
    path: Option<&'a Path>,
}

impl Documents {
    /// Reads beside the configuration file.
    pub(super) fn beside(self, file: Option<&(PathBuf, String)>) -> Folder<'_> {
        Folder { documents: self, path: file.and_then(|(path, _)| path.parent()) }
    }
}

impl Folder<'_> {
    /// The text of a document of at most [`MAX_DOCUMENT_BYTES`].
    pub(super) fn read(self, name: &str) -> io::Result<String> {
        let Documents(read) = self.documents;
        let path = self.path.map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
        let text = read(&path)?;
        match text.len() > MAX_DOCUMENT_BYTES {
            true => Err(io::Error::other(format!("it has more than {MAX_DOCUMENT_BYTES} bytes"))),
            false => Ok(text),
        }
    }
}
