//! Where lines go: nowhere, to standard output, or to a file that is put aside when it is full.
//!
//! Main type: [`Target`]. It knows the file system and not what it writes.

use crate::config::{Audit, Shield};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Full files that are kept: `.1` is the latest.
const KEPT: u32 = 4;

/// Takes lines.
pub(super) enum Target {
    Nowhere,
    Stdout,
    File(Rotated),
}

/// A file and its predecessors.
pub(super) struct Rotated {
    path: PathBuf,
    file: BufWriter<File>,
    /// Bytes in it.
    size: u64,
    /// At how many it is full.
    most: u64,
}

impl Target {
    /// What a configuration asks for.
    ///
    /// # Errors
    /// The file cannot be opened for appending.
    pub(super) fn open(shield: &Shield, state_dir: &Path) -> Result<Self> {
        let path = match &shield.audit {
            None => return Ok(Self::Nowhere),
            Some(Audit::Stdout) => return Ok(Self::Stdout),
            Some(Audit::File(path)) => state_dir.join(path),
        };
        let opened = Rotated::open(path.clone(), shield.audit_size);
        let file = opened.with_context(|| format!("cannot open the audit log {}", path.display()))?;
        Ok(Self::File(file))
    }

    pub(super) fn write(&mut self, line: &str) -> io::Result<()> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Stdout => writeln!(io::stdout(), "{line}"),
            Self::File(file) => file.write(line),
        }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Stdout => io::stdout().flush(),
            Self::File(rotated) => rotated.file.flush(),
        }
    }
}

impl Rotated {
    /// Findings say who did what: the file is its owner's alone.
    fn open(path: PathBuf, most: u64) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
        let size = file.metadata()?.len();
        Ok(Self { path, file: BufWriter::new(file), size, most })
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        let bytes = line.len() as u64 + 1;
        if self.size > 0 && self.size + bytes > self.most {
            self.rotate()?;
        }
        writeln!(self.file, "{line}")?;
        self.size += bytes;
        Ok(())
    }

    /// Puts the file aside and begins another. When that fails, the line in hand is lost and the next one tries again: a
    /// file that is full never grows.
    fn rotate(&mut self) -> io::Result<()> {
        self.file.flush()?;
        for number in (1..KEPT).rev() {
            match std::fs::rename(self.old(number), self.old(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        match std::fs::rename(&self.path, self.old(1)) {
            // Somebody has moved it away already.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        *self = Self::open(std::mem::take(&mut self.path), self.most)?;
        Ok(())
    }

    fn old(&self, number: u32) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(format!(".{number}"));
        name.into()
    }
}
