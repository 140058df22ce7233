//! What a gzip file expands to, measured by expanding it.
//!
//! Main type: [`GzipMeter`]. The size at the end of such a file is what its maker says, of its last member, modulo 4 GiB. The output is
//! counted and thrown away.

use super::ArchiveLimits;
use flate2::write::MultiGzDecoder;
use std::io::{self, Write};

/// Bytes that any file may expand to, whatever the ratio: small files of one letter have high ones.
const FREE_BYTES: u64 = 1 << 20;

/// Why a gzip file is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GzipError {
    /// Not well-formed, cut off, or with something else behind it.
    #[error("must be a complete gzip file")]
    Malformed,
    /// Over [`ArchiveLimits::total_bytes`].
    #[error("must expand to at most {0} bytes")]
    Total(u64),
    /// Over [`ArchiveLimits::ratio`].
    #[error("must not expand to more than {0} times its size")]
    Ratio(u64),
}

/// Expands a file as it passes.
#[derive(Debug)]
pub(super) struct GzipMeter {
    decoder: MultiGzDecoder<Counter>,
    limits: ArchiveLimits,
    read: u64,
}

#[derive(Debug)]
struct Counter {
    bytes: u64,
    most: u64,
}

impl Write for Counter {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        self.bytes += chunk.len() as u64;
        if self.bytes > self.most { Err(io::ErrorKind::QuotaExceeded.into()) } else { Ok(chunk.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl GzipMeter {
    pub(super) fn new(limits: ArchiveLimits) -> Self {
        Self { decoder: MultiGzDecoder::new(Counter { bytes: 0, most: 0 }), limits, read: 0 }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<(), GzipError> {
        self.read += chunk.len() as u64;
        let by_ratio = FREE_BYTES.max(self.read.saturating_mul(self.limits.ratio));
        self.decoder.get_mut().most = by_ratio.min(self.limits.total_bytes);
        let written = self.decoder.write_all(chunk).and_then(|()| self.decoder.flush());
        written.map_err(|error| self.error(&error))
    }

    pub(super) fn finish(&mut self) -> Result<(), GzipError> {
        self.decoder.try_finish().map_err(|error| self.error(&error))
    }

    fn error(&self, error: &io::Error) -> GzipError {
        match error.kind() {
            io::ErrorKind::QuotaExceeded if self.decoder.get_ref().bytes > self.limits.total_bytes => {
                GzipError::Total(self.limits.total_bytes)
            }
            io::ErrorKind::QuotaExceeded => GzipError::Ratio(self.limits.ratio),
            _ => GzipError::Malformed,
        }
    }
}
