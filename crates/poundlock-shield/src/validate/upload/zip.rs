//! The directory of a ZIP archive (PKWARE APPNOTE 6.3), from the end of the file.
//!
//! Main type: [`ArchiveLimits`]. It unpacks nothing: sizes are those that the directory declares. Entries that overlap, which is how
//! an archive of a few kilobytes declares petabytes, are refused, as is everything that two readers could see differently.

use crate::sanitize::is_unprintable;

/// The longest end record: 22 bytes and a comment.
pub(super) const END_BYTES: usize = 22 + 65_535;
const ARCHIVES: [&str; 18] = [
    "zip", "jar", "war", "apk", "gz", "tgz", "bz2", "xz", "zst", "lz", "7z", "rar", "tar", "cab", "iso",
    "docx", "xlsx", "pptx",
];

/// How much an archive may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ArchiveLimits {
    /// Entries.
    pub entries: usize,
    /// Bytes of all entries when unpacked.
    pub total_bytes: u64,
    /// How many times larger all of it, or one entry over a mebibyte, may be when unpacked.
    pub ratio: u64,
    /// Archives inside the archive, by their names.
    pub nested: usize,
    /// Bytes of the directory: what is kept of the end of a file.
    pub directory_bytes: usize,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { entries: 1_000, total_bytes: 200 << 20, ratio: 100, nested: 0, directory_bytes: 256 << 10 }
    }
}

/// Why an archive is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// No directory where one must be, or one that does not fit the file.
    #[error("must be a complete archive with a readable directory")]
    Directory,
    /// Two ends, something before the first entry, entries over each other: readers would see different archives.
    #[error("must be an archive that can be read in one way only")]
    Ambiguous,
    /// ZIP64, several disks.
    #[error("must be a plain ZIP archive of less than 4 GiB")]
    Unsupported,
    /// Encrypted, or packed by a rare method, so that nothing inside can be checked.
    #[error("must not be encrypted or packed by a rare method")]
    Opaque,
    /// Over [`ArchiveLimits::entries`].
    #[error("must have at most {0} entries")]
    Entries(usize),
    /// Over [`ArchiveLimits::total_bytes`].
    #[error("must expand to at most {0} bytes")]
    Total(u64),
    /// Over [`ArchiveLimits::ratio`].
    #[error("must not expand to more than {0} times its size")]
    Ratio(u64),
    /// Over [`ArchiveLimits::nested`].
    #[error("must not hold more than {0} archives")]
    Nested(usize),
    /// An entry that would be written outside of the folder it is unpacked to: absolute, with `..`, a link, or an unprintable name.
    #[error("must not hold entries that lead outside of it")]
    Path,
    /// A document without the entries that make it one.
    #[error("must hold the parts of its kind of document")]
    Document,
}

/// The names in a directory that was accepted.
pub(super) struct Directory {
    pub(super) names: Vec<String>,
}

struct Entry {
    method: u64,
    packed: u64,
    unpacked: u64,
    offset: u64,
    name: String,
    /// Of the name as it stands in the file.
    name_bytes: u64,
}

/// Whether the last bytes of a file hold the end of a ZIP archive, as a reader that searches backwards finds it.
pub(super) fn has_end(tail: &[u8]) -> bool {
    !ends(tail).is_empty()
}

/// Places of end records that could be meant: their comment does not reach beyond the file.
fn ends(tail: &[u8]) -> Vec<usize> {
    let from = tail.len().saturating_sub(END_BYTES);
    let candidates = (from..tail.len()).filter(|at| tail[*at..].starts_with(b"PK\x05\x06"));
    candidates
        .filter(|at| field(tail, at + 20, 2).is_some_and(|comment| at + 22 + comment as usize <= tail.len()))
        .collect()
}

impl ArchiveLimits {
    /// Reads the directory of a file of `size` bytes from its last bytes.
    pub(super) fn check(self, tail: &[u8], size: u64) -> Result<Directory, ArchiveError> {
        let (at, count, directory) = find_directory(tail, size)?;
        if count > self.entries {
            return Err(ArchiveError::Entries(self.entries));
        }
        let mut rest = tail.get(directory..at).ok_or(ArchiveError::Directory)?;
        let mut entries = Vec::with_capacity(count);
        while !rest.is_empty() {
            let (entry, after) = read_entry(rest)?;
            entries.push(entry);
            rest = after;
        }
        if entries.len() != count {
            return Err(ArchiveError::Directory);
        }
        let start = size - (tail.len() - directory) as u64;
        check_layout(&mut entries, start)?;
        self.check_sizes(&entries)?;
        self.check_names(entries)
    }

    fn check_sizes(self, entries: &[Entry]) -> Result<(), ArchiveError> {
        let (packed, unpacked) =
            entries.iter().fold((0, 0), |sum, entry| (sum.0 + entry.packed, sum.1 + entry.unpacked));
        if unpacked > self.total_bytes {
            return Err(ArchiveError::Total(self.total_bytes));
        }
        let bomb =
            |packed: u64, unpacked: u64| unpacked > 1 << 20 && unpacked > packed.saturating_mul(self.ratio);
        if bomb(packed, unpacked) || entries.iter().any(|entry| bomb(entry.packed, entry.unpacked)) {
            return Err(ArchiveError::Ratio(self.ratio));
        }
        match entries.iter().any(|entry| entry.method == 0 && entry.packed != entry.unpacked) {
            true => Err(ArchiveError::Ambiguous),
            false => Ok(()),
        }
    }

    fn check_names(self, entries: Vec<Entry>) -> Result<Directory, ArchiveError> {
        let mut names: Vec<String> = entries.into_iter().map(|entry| entry.name).collect();
        if names.iter().any(|name| leads_outside(name)) {
            return Err(ArchiveError::Path);
        }
        let nested = |name: &&String| {
            ARCHIVES.contains(&&*name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase())
        };
        if names.iter().filter(nested).count() > self.nested {
            return Err(ArchiveError::Nested(self.nested));
        }
        names.sort_unstable();
        match names.windows(2).any(|pair| pair[0].eq_ignore_ascii_case(&pair[1])) {
            true => Err(ArchiveError::Ambiguous),
            false => Ok(Directory { names }),
        }
    }
}

/// The places of the end record and of the directory in the tail, and the number of entries.
fn find_directory(tail: &[u8], size: u64) -> Result<(usize, usize, usize), ArchiveError> {
    let at = match *ends(tail) {
        [] => return Err(ArchiveError::Directory),
        [at] => at,
        _ => return Err(ArchiveError::Ambiguous),
    };
    let read = |offset, length| field(tail, at + offset, length).ok_or(ArchiveError::Directory);
    let (disks, count, length, offset, comment) =
        (read(4, 4)?, read(10, 2)?, read(12, 4)?, read(16, 4)?, read(20, 2)?);
    if disks != 0 || count == 0xffff || length == 0xffff_ffff || offset == 0xffff_ffff || count != read(8, 2)?
    {
        return Err(ArchiveError::Unsupported);
    }
    if at as u64 + 22 + comment != tail.len() as u64 {
        return Err(ArchiveError::Ambiguous);
    }
    // The directory ends where the end record begins; if it then does not start where the record says, something stands before.
    let end = size - (tail.len() - at) as u64;
    if offset + length != end {
        return Err(ArchiveError::Ambiguous);
    }
    let length = usize::try_from(length).map_err(|_| ArchiveError::Directory)?;
    let directory = at.checked_sub(length).ok_or(ArchiveError::Directory)?;
    Ok((at, count as usize, directory))
}

fn read_entry(bytes: &[u8]) -> Result<(Entry, &[u8]), ArchiveError> {
    let read = |offset, length| field(bytes, offset, length).ok_or(ArchiveError::Directory);
    if !bytes.starts_with(b"PK\x01\x02") {
        return Err(ArchiveError::Directory);
    }
    let (flags, method, packed, unpacked, offset) =
        (read(8, 2)?, read(10, 2)?, read(20, 4)?, read(24, 4)?, read(42, 4)?);
    if packed == 0xffff_ffff || unpacked == 0xffff_ffff || offset == 0xffff_ffff || read(34, 2)? != 0 {
        return Err(ArchiveError::Unsupported);
    }
    // Bits 0, 6 and 13: encryption, of the entry or of the directory. Methods: stored and deflated.
    if flags & 0x2041 != 0 || !matches!(method, 0 | 8) {
        return Err(ArchiveError::Opaque);
    }
    let (name_length, extra, comment) = (read(28, 2)? as usize, read(30, 2)? as usize, read(32, 2)? as usize);
    let name = bytes.get(46..46 + name_length).ok_or(ArchiveError::Directory)?;
    let rest = bytes.get(46 + name_length + extra + comment..).ok_or(ArchiveError::Directory)?;
    // The upper half of the external attributes is the Unix mode when the archive was made there.
    if read(40, 2)? & 0xf000 == 0xa000 {
        return Err(ArchiveError::Path);
    }
    let (name, name_bytes) = (String::from_utf8_lossy(name).into_owned(), name_length as u64);
    Ok((Entry { method, packed, unpacked, offset, name, name_bytes }, rest))
}

/// The entries must follow each other from the first byte on, each behind its local header, and end before the directory.
fn check_layout(entries: &mut [Entry], directory: u64) -> Result<(), ArchiveError> {
    entries.sort_unstable_by_key(|entry| entry.offset);
    let mut free = 0;
    for (at, entry) in entries.iter().enumerate() {
        if entry.offset < free || (at == 0 && entry.offset != 0) {
            return Err(ArchiveError::Ambiguous);
        }
        // A local header has 30 bytes and the name; what else it may have is not known here.
        free = entry.offset + 30 + entry.name_bytes + entry.packed;
    }
    if free > directory { Err(ArchiveError::Ambiguous) } else { Ok(()) }
}

fn leads_outside(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    let absolute = name.starts_with('/') || drive;
    name.is_empty()
        || absolute
        || name.contains('\\')
        || name.contains(is_unprintable)
        || name.split('/').any(|part| part == "..")
}

/// A little-endian number of up to eight bytes.
fn field(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}
