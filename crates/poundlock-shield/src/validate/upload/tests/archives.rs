//! ZIP archives, written by hand so that each field can lie.

use super::*;

struct Fields {
    name: &'static str,
    flags: u16,
    method: u16,
    packed: u32,
    unpacked: u32,
    offset: u32,
    mode: u16,
}

fn central(entry: &Fields) -> Vec<u8> {
    let mut out = b"PK\x01\x02\x14\x03\x14\0".to_vec();
    out.extend([entry.flags, entry.method].iter().flat_map(|field| field.to_le_bytes()));
    out.extend([0; 8]);
    out.extend([entry.packed, entry.unpacked].iter().flat_map(|field| field.to_le_bytes()));
    out.extend((entry.name.len() as u16).to_le_bytes());
    out.extend([0; 10]);
    out.extend(entry.mode.to_le_bytes());
    out.extend(entry.offset.to_le_bytes());
    out.extend(entry.name.as_bytes());
    out
}

fn end(count: usize, length: usize, offset: usize) -> Vec<u8> {
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    out.extend([count as u16; 2].iter().flat_map(|field| field.to_le_bytes()));
    out.extend([length as u32, offset as u32].iter().flat_map(|field| field.to_le_bytes()));
    out.extend([0; 2]);
    out
}

fn local(name: &str, data: &[u8]) -> Vec<u8> {
    let mut out = b"PK\x03\x04\x14\0\0\0\0\0".to_vec();
    out.extend([0; 8]);
    out.extend([data.len() as u32; 2].iter().flat_map(|field| field.to_le_bytes()));
    out.extend((name.len() as u16).to_le_bytes());
    out.extend([0; 2]);
    out.extend(name.as_bytes().iter().chain(data));
    out
}

/// An archive of stored entries.
pub(super) fn zip(files: &[(&'static str, &[u8])]) -> Vec<u8> {
    altered(files, |_| ())
}

/// That, with each entry of the directory changed.
fn altered(files: &[(&'static str, &[u8])], change: impl Fn(&mut Fields)) -> Vec<u8> {
    let (mut data, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let (size, offset) = (bytes.len() as u32, data.len() as u32);
        let mut entry =
            Fields { name, flags: 0, method: 0, packed: size, unpacked: size, offset, mode: 0o100_644 };
        change(&mut entry);
        data.extend(local(name, bytes));
        directory.extend(central(&entry));
    }
    let end = end(files.len(), directory.len(), data.len());
    [data, directory, end].concat()
}

fn refused(bytes: &[u8], error: ArchiveError) {
    check("a.zip", bytes, Err(UploadError::Archive(error)));
}

const TWO: [(&str, &[u8]); 2] = [("a.txt", b"hello"), ("b/c.txt", b"world")];

#[test]
fn plain_archives() {
    check("a.zip", &zip(&TWO), Ok(FileKind::Zip));
    check("a.zip", &zip(&[("ü/", b"")]), Ok(FileKind::Zip));
    check("a.docx", &zip(&[("[Content_Types].xml", b"x"), ("word/document.xml", b"x")]), Ok(FileKind::Docx));
    check("a.docx", &zip(&TWO), Err(UploadError::Archive(ArchiveError::Document)));
    let macros: [(&str, &[u8]); 3] =
        [("[Content_Types].xml", b"x"), ("word/document.xml", b"x"), ("word/vbaProject.bin", b"x")];
    check("a.docx", &zip(&macros), Err(UploadError::Active("macros")));
}

#[test]
fn bombs() {
    let bomb = |unpacked| altered(&TWO, move |entry| (entry.method, entry.unpacked) = (8, unpacked));
    refused(&bomb(200 << 20), ArchiveError::Total(200 << 20));
    refused(&bomb(2 << 20), ArchiveError::Ratio(100));
    check("a.zip", &bomb(1 << 18), Ok(FileKind::Zip));
    // Entries over each other: each by itself is harmless.
    refused(&altered(&TWO, |entry| entry.offset = 0), ArchiveError::Ambiguous);
    let rule =
        UploadRule { archive: ArchiveLimits { entries: 1, ..ArchiveLimits::default() }, ..everything() };
    assert_eq!(read(&rule, "a.zip", None, &zip(&TWO)), Err(UploadError::Archive(ArchiveError::Entries(1))));
    refused(&zip(&[("a.txt", b"x"), ("b.ZIP", b"x")]), ArchiveError::Nested(0));
}

#[test]
fn paths_that_lead_outside() {
    for name in ["../a", "a/../../b", "/etc/passwd", "C:/a", "a\\b", "a\0b", "a\u{202e}b", ""] {
        refused(&zip(&[(name, b"x")]), ArchiveError::Path);
    }
    refused(&altered(&TWO, |entry| entry.mode = 0o120_777), ArchiveError::Path);
}

#[test]
fn what_readers_could_see_differently() {
    let good = zip(&TWO);
    refused(&[b"PK\x03\x04 before".to_vec(), good.clone()].concat(), ArchiveError::Ambiguous);
    refused(&[good.clone(), b"after".to_vec()].concat(), ArchiveError::Ambiguous);
    refused(&[good.clone(), good.clone()].concat(), ArchiveError::Ambiguous);
    refused(&zip(&[("a.txt", b"x"), ("A.txt", b"y")]), ArchiveError::Ambiguous);
    refused(&altered(&TWO, |entry| entry.unpacked = 1), ArchiveError::Ambiguous);
    refused(&altered(&TWO, |entry| entry.packed = 5_000), ArchiveError::Ambiguous);
    refused(&altered(&TWO, |entry| entry.flags = 1), ArchiveError::Opaque);
    refused(&altered(&TWO, |entry| entry.method = 99), ArchiveError::Opaque);
    refused(&altered(&TWO, |entry| entry.unpacked = u32::MAX), ArchiveError::Unsupported);
    refused(&good[..good.len() - 1], ArchiveError::Directory);
    refused(&good[..60], ArchiveError::Directory);
    let mut fewer = good.clone();
    let at = fewer.len() - 22;
    fewer[at + 8..at + 12].copy_from_slice(&[1, 0, 1, 0]);
    refused(&fewer, ArchiveError::Directory);
}

#[test]
fn a_directory_larger_than_what_is_kept_is_refused() {
    let rule = UploadRule {
        archive: ArchiveLimits { directory_bytes: 64, ..ArchiveLimits::default() },
        ..everything()
    };
    let padding = vec![b'x'; 300_000];
    let many = zip(&[("pad", &padding), ("a", b"1"), ("b", b"2")]);
    assert!(read(&rule, "a.zip", None, &many).is_ok(), "the end record's room is there too");
    let names: Vec<&'static str> = (0..2_000).map(|n| &*format!("{n:0100}").leak()).collect();
    let mut files: Vec<(&'static str, &[u8])> = names.iter().map(|name| (*name, b"x".as_slice())).collect();
    files.insert(0, ("pad", &padding));
    let rule = UploadRule { archive: ArchiveLimits { entries: 9_000, ..rule.archive }, ..rule };
    assert_eq!(read(&rule, "a.zip", None, &zip(&files)), Err(UploadError::Archive(ArchiveError::Directory)));
}
