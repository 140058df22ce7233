//! What the first bytes of a file look like.
//!
//! Main function: [`sniff`]. Signatures are those of the `infer` crate; texts are told apart here, because for them the
//! difference between harmless and not is what a browser or a server would take them for.

use super::{FileKind, markup_rules::first_element, utf8::is_no_text};

/// What the head of a file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sniffed {
    /// One of the kinds.
    Kind(FileKind),
    /// Something that a machine could run.
    Program(&'static str),
    /// Anything else.
    Unknown,
}

/// Signatures of what runs, and what it is.
const PROGRAMS: [(&str, &str); 9] = [
    ("application/vnd.microsoft.portable-executable", "a Windows program"),
    ("application/x-executable", "a program"),
    ("application/x-mach-binary", "a macOS program"),
    ("application/java", "a Java class"),
    ("application/vnd.android.dex", "an Android program"),
    ("application/vnd.android.dey", "an Android program"),
    ("application/wasm", "a WebAssembly module"),
    ("application/x-llvm", "LLVM bitcode"),
    ("text/x-shellscript", "a script"),
];

const SIGNATURES: [(&str, FileKind); 19] = [
    ("image/png", FileKind::Png),
    ("image/jpeg", FileKind::Jpeg),
    ("image/gif", FileKind::Gif),
    ("image/webp", FileKind::Webp),
    ("image/bmp", FileKind::Bmp),
    ("application/pdf", FileKind::Pdf),
    ("application/zip", FileKind::Zip),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", FileKind::Docx),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", FileKind::Xlsx),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", FileKind::Pptx),
    ("application/vnd.oasis.opendocument.text", FileKind::Odt),
    ("application/vnd.oasis.opendocument.spreadsheet", FileKind::Ods),
    ("application/gzip", FileKind::Gzip),
    ("audio/mpeg", FileKind::Mp3),
    ("audio/x-wav", FileKind::Wav),
    ("audio/ogg", FileKind::Ogg),
    ("audio/x-flac", FileKind::Flac),
    ("video/mp4", FileKind::Mp4),
    ("video/webm", FileKind::Webm),
];

/// Looks at the head of a file.
pub(super) fn sniff(head: &[u8]) -> Sniffed {
    if let Some(text) = as_text(head) {
        return sniff_text(text);
    }
    let found = infer::get(head).map(|found| found.mime_type());
    let program =
        PROGRAMS.iter().find(|(mime, _)| found == Some(mime)).map(|(_, name)| Sniffed::Program(name));
    let kind = SIGNATURES.iter().find(|(mime, _)| found == Some(mime)).map(|(_, kind)| Sniffed::Kind(*kind));
    // The archive that holds a Word document is a ZIP archive whatever its first entries are called.
    let zip = head.starts_with(b"PK\x03\x04").then_some(Sniffed::Kind(FileKind::Zip));
    let opus = (found == Some("audio/opus")).then_some(Sniffed::Kind(FileKind::Ogg));
    program.or(zip).or(kind).or(opus).unwrap_or(Sniffed::Unknown)
}

/// The head as text: UTF-8, perhaps cut in a character, without the controls that texts do not have.
fn as_text(head: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    // PDF is text at its beginning, and is not to be taken for it.
    (!text.contains(is_no_text) && !text.starts_with("%PDF-")).then_some(text)
}

fn sniff_text(text: &str) -> Sniffed {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let starts = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if starts("#!") {
        return Sniffed::Program("a script");
    }
    if starts("<?php") || starts("<?=") || starts("<%") {
        return Sniffed::Program("a server page");
    }
    if starts("@echo off") || starts("<job") {
        return Sniffed::Program("a Windows script");
    }
    match first_element(text).as_deref() {
        Some("svg") => Sniffed::Kind(FileKind::Svg),
        // Behind an XML declaration an element is XML's, whatever its name.
        Some(_) if starts("<?xml") => Sniffed::Kind(FileKind::Xml),
        Some(name) if HTML_STARTS.contains(&name) || starts("<!doctype html") => {
            Sniffed::Kind(FileKind::Html)
        }
        Some(_) => Sniffed::Kind(FileKind::Xml),
        None if starts("{") || starts("[") => Sniffed::Kind(FileKind::Json),
        None if starts("<!doctype html") => Sniffed::Kind(FileKind::Html),
        None => Sniffed::Kind(FileKind::Text),
    }
}

/// Elements at the start of a text that make browsers take it for HTML (WHATWG MIME Sniffing, 7.1), and some more.
const HTML_STARTS: [&str; 22] = [
    "html", "head", "script", "iframe", "h1", "div", "font", "table", "a", "style", "title", "b", "body",
    "br", "p", "img", "form", "meta", "link", "object", "embed", "base",
];
