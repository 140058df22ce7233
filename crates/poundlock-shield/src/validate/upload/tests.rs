//! Files built byte by byte: good ones of each kind, and each way to make them bad. Every file is read in chunks of several sizes.

use super::super::{FieldPath, Part, Problem};
use super::*;
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::Write as _;

mod archives;
mod images;
mod markup;

fn everything() -> UploadRule {
    use FileKind::*;
    let kinds =
        vec![Png, Jpeg, Gif, Webp, Bmp, Svg, Pdf, Zip, Docx, Gzip, Mp3, Wav, Text, Csv, Json, Xml, Html];
    UploadRule { kinds, ..UploadRule::default() }
}

fn read_in(
    rule: &UploadRule,
    name: &str,
    declared: Option<&str>,
    bytes: &[u8],
    chunk: usize,
) -> Result<Accepted, UploadError> {
    let mut inspector = UploadInspector::new(rule, FieldPath::field(Part::Body, "file"), name, declared);
    let fed = bytes.chunks(chunk).try_for_each(|chunk| inspector.feed(chunk));
    fed.and_then(|()| inspector.finish()).map_err(|issues| match &issues.as_slice()[0].problem {
        Problem::Upload(error) => error.clone(),
        other => panic!("{other:?}"),
    })
}

/// Reads a file in one chunk and in small ones, which must agree.
fn read(
    rule: &UploadRule,
    name: &str,
    declared: Option<&str>,
    bytes: &[u8],
) -> Result<Accepted, UploadError> {
    let whole = read_in(rule, name, declared, bytes, bytes.len().max(1));
    for chunk in [7, 1_000] {
        assert_eq!(read_in(rule, name, declared, bytes, chunk), whole, "{name} in chunks of {chunk}");
    }
    whole
}

fn check(name: &str, bytes: &[u8], expected: Result<FileKind, UploadError>) {
    assert_eq!(read(&everything(), name, None, bytes).map(|accepted| accepted.kind), expected, "{name}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn name_declaration_and_content_must_agree() {
    let png = images::png(3, 2);
    check("a.png", &png, Ok(FileKind::Png));
    let declared = |name: &str, declared: &str| {
        read(&everything(), name, Some(declared), &png).map(|accepted| accepted.name)
    };
    assert_eq!(declared("a b.png", "image/png"), Ok("a b.png".to_owned()));
    assert_eq!(declared("a.png", "image/jpeg"), Err(UploadError::Declared("image/png")));
    check("a.jpg", &png, Err(UploadError::Content("a JPEG image")));
    check("a.txt", &png, Err(UploadError::Content("plain text in UTF-8")));
    check("a.png", b"hello", Err(UploadError::Content("a PNG image")));
    check("a.png", b"", Err(UploadError::Empty));
    check("../a.png", &png, Err(UploadError::Name(NameError::Path)));
    let one = UploadRule { kinds: vec![FileKind::Png], ..UploadRule::default() };
    assert_eq!(read(&one, "a.exe", None, &png), Err(UploadError::Extension("png".to_owned())));
    assert_eq!(read(&UploadRule { max_bytes: 9, ..one }, "a.png", None, &png), Err(UploadError::TooLarge(9)));
}

#[test]
fn five_megabytes_that_are_not_what_they_say_end_after_the_first_chunk() {
    let rule = everything();
    let mut inspector =
        UploadInspector::new(&rule, FieldPath::field(Part::Body, "file"), "a.png", Some("image/png"));
    let chunk = b"just some text, again and again. ".repeat(300);
    let issues = inspector.feed(&chunk).unwrap_err();
    assert_eq!(issues.to_string(), "body/file: must hold a PNG image, as its name says");
    assert_eq!(inspector.feed(&chunk).unwrap_err(), issues);
    assert_eq!(inspector.finish().unwrap_err(), issues);
}

#[test]
fn texts_are_told_apart() {
    check("a.txt", "grüße\n".as_bytes(), Ok(FileKind::Text));
    check("a.csv", b"a,b\n1,2\n", Ok(FileKind::Csv));
    check("a.json", b"{\"a\": 1}", Ok(FileKind::Json));
    check("a.txt", b"{\"a\": 1}", Ok(FileKind::Text));
    check("a.md", b"1 < 2, says <b>", Ok(FileKind::Text));
    check("a.txt", b" <html><script>", Err(UploadError::Content("plain text in UTF-8")));
    check("a.txt", b"<svg onload=x>", Err(UploadError::Content("plain text in UTF-8")));
    check("a.txt", b"\xef\xbb\xbf#!/bin/sh\n", Err(UploadError::Program("a script")));
    check("a.txt", b"<?PHP system($x);", Err(UploadError::Program("a server page")));
    check("a.txt", b"MZ\x90\0\x03\0\0\0", Err(UploadError::Program("a Windows program")));
    check("a.txt", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0>\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", Err(UploadError::Program("a program")));
    check("a.txt", b"a\0b", Err(UploadError::Content("plain text in UTF-8")));
    check("a.txt", b"\xff\xfea\0", Err(UploadError::Content("plain text in UTF-8")));
    let late = |end: &[u8]| [&b"long ".repeat(2_000)[..], end].concat();
    check("a.txt", &late("ü".as_bytes()), Ok(FileKind::Text));
    check("a.txt", &late(b"PK\x05\x06\0"), Err(UploadError::NotText));
    check("a.txt", &late(b"\xc3"), Err(UploadError::NotText));
    check("a.svg", &[b"<svg>".to_vec(), late(b"\xff</svg>")].concat(), Err(UploadError::NotText));
    let name_twice = JsonProblem { at: 11, kind: super::super::batch::JsonKind::Duplicate };
    check("a.json", b"{\"a\": 1, \"a\": 2}", Err(UploadError::Json(name_twice)));
    check(
        "a.json",
        b"words",
        Err(UploadError::Json(JsonProblem { at: 0, kind: super::super::batch::JsonKind::Syntax })),
    );
    // A character that the decision cuts in two is no error.
    check("a.txt", format!("{}é", "a".repeat(8_191)).as_bytes(), Ok(FileKind::Text));
}

#[test]
fn pdf_actions_and_code() {
    let pdf = |body: &str| format!("%PDF-1.7\n{body}\n%%EOF\n").into_bytes();
    check("a.pdf", &pdf("1 0 obj <</Type/Catalog/OpenAction[3 0 R /Fit]>>"), Ok(FileKind::Pdf));
    check("a.pdf", &pdf("<</S/J#61vaScript/JS(app.alert(1))>>"), Err(UploadError::Active("a script")));
    check("a.pdf", &pdf("<</Type /EmbeddedFile>>"), Err(UploadError::Active("a file inside")));
    check("a.pdf", &pdf("<?php x"), Err(UploadError::Polyglot("PHP code")));
}

#[test]
fn gzip_is_measured() {
    check("a.gz", &gzip(b"some text"), Ok(FileKind::Gzip));
    let twice = [gzip(b"one"), gzip(b"two")].concat();
    check("a.gz", &twice, Ok(FileKind::Gzip));
    let bomb = gzip(&vec![0; 8 << 20]);
    check("a.gz", &bomb, Err(UploadError::Gzip(GzipError::Ratio(100))));
    // A size that the trailer denies is counted all the same.
    let mut liar = bomb.clone();
    let end = liar.len();
    liar[end - 4..].copy_from_slice(&[1, 0, 0, 0]);
    check("a.gz", &liar, Err(UploadError::Gzip(GzipError::Ratio(100))));
    let small = UploadRule {
        archive: ArchiveLimits { total_bytes: 1_000, ..ArchiveLimits::default() },
        ..everything()
    };
    assert_eq!(
        read(&small, "a.gz", None, &gzip(&[b'a'; 1_001])),
        Err(UploadError::Gzip(GzipError::Total(1_000)))
    );
    assert!(read(&small, "a.gz", None, &gzip(&[b'a'; 1_000])).is_ok());
    let whole = gzip(b"some text");
    check("a.gz", &whole[..whole.len() - 3], Err(UploadError::Gzip(GzipError::Malformed)));
    check("a.gz", &[whole, b"<?php".to_vec()].concat(), Err(UploadError::Gzip(GzipError::Malformed)));
}

proptest! {
    /// Nothing panics on damaged files, and chunks make no difference.
    #[test]
    fn damaged_files_are_answered(
        which in 0usize..8, at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 0..6), cut in any::<prop::sample::Index>(),
    ) {
        let (name, file) = match which {
            0 => ("a.png", images::png(3, 2)),
            1 => ("a.jpg", images::jpeg(3, 2)),
            2 => ("a.gif", images::gif(3, 2)),
            3 => ("a.webp", images::webp(3, 2)),
            4 => ("a.bmp", images::bmp(3, 2)),
            5 => ("a.zip", archives::zip(&[("a.txt", b"hello"), ("b/c.txt", b"x")])),
            6 => ("a.gz", gzip(b"some text")),
            _ => ("a.svg", b"<svg xmlns='x'><!-- c --><a href='#b'>t</a><![CDATA[x]]></svg>".to_vec()),
        };
        let mut damaged = file.clone();
        let at = at.index(file.len());
        damaged.splice(at..(at + bytes.len()).min(file.len()), bytes);
        let _ = read(&everything(), name, None, &damaged);
        let _ = read(&everything(), name, None, &file[..cut.index(file.len())]);
    }
}
