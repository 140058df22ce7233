//! Names in plain sight and in compressed objects, in chunks of every size.

use super::*;
use flate2::{Compression, write::ZlibEncoder};
use std::io::Write as _;

#[test]
fn names_are_read_with_their_escapes() {
    for (text, expected) in [
        ("<</S/JavaScript/JS(x)>>", Some("a script")),
        ("/S /J#61vaScript\n", Some("a script")),
        ("/#4a#61#76#61#53#63#72#69#70#74", Some("a script")),
        ("/Type/EmbeddedFile>>", Some("a file inside")),
        ("/Launch", Some("an action that starts programs")),
        ("//Launch ", Some("an action that starts programs")),
        ("/JavaScripts ", None),
        ("JavaScript ", None),
        ("/Java Script", None),
        ("/Launch#20er ", None),
        ("(a/b)/OpenAction[3 0 R]", None),
    ] {
        for size in 1..=text.len() {
            let mut scanner = PdfScanner::default();
            let found = text
                .as_bytes()
                .chunks(size)
                .find_map(|chunk| scanner.feed(chunk))
                .or_else(|| scanner.finish());
            assert_eq!(found, expected, "{text} in chunks of {size}");
        }
    }
}

fn check(file: &[u8], expected: Option<&str>) {
    for size in [1, 2, 3, 64, file.len()] {
        let mut scanner = PdfScanner::default();
        let found = file.chunks(size).find_map(|chunk| scanner.feed(chunk)).or_else(|| scanner.finish());
        assert_eq!(found, expected, "{} in chunks of {size}", String::from_utf8_lossy(file));
    }
}

fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let start = format!("%PDF-1.7\n1 0 obj\n<<{dictionary}>>\nstream\r\n");
    [start.as_bytes(), content, b"\nendstream\nendobj\n2 0 obj<</Type/Page>>endobj\n"].concat()
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// The script, often enough not to stand in it as it is.
fn packed() -> Vec<u8> {
    let packed = deflate(&SCRIPT.repeat(20));
    assert!(!packed.windows(10).any(|window| window == b"JavaScript"));
    packed
}

const SCRIPT: &[u8] = b"1 0 2 9 <</S/JavaScript/JS(app.alert(1))>> <</Type/Page>>";

#[test]
fn objects_in_streams_are_inflated() {
    check(&stream("/Type/ObjStm/Filter/FlateDecode", &packed()), Some("a script"));
    check(&stream("/Filter /FlateDecode /Type /Obj#53tm", &packed()), Some("a script"));
    check(&stream("/Type/ObjStm/Filter/FlateDecode", &deflate(b"1 0 <</Type/Page>>")), None);
    check(&stream("/Type/ObjStm", SCRIPT), Some("a script"));
    check(&stream("/Filter/FlateDecode", &packed()), None);
    check(&stream("/Type/ObjStm %stream\n/Filter/FlateDecode", &packed()), Some("a script"));
    let second = [
        stream("/Filter/FlateDecode", &deflate(b"x")),
        stream("/Type/ObjStm/Filter/FlateDecode", &deflate(b"/Launch")),
    ]
    .concat();
    check(&second, Some("an action that starts programs"));
    let behind =
        [stream("/Type/ObjStm/Filter/FlateDecode", &deflate(b"x")), b"<</S/Launch>>".to_vec()].concat();
    check(&behind, Some("an action that starts programs"));
}

#[test]
fn objects_that_cannot_be_read_are_refused() {
    let refused = Some(UNREADABLE);
    check(&stream("/Type/ObjStm/Filter/FlateDecode", b"not deflated"), refused);
    check(&stream("/Type/ObjStm/Filter[/ASCIIHexDecode/FlateDecode]", b"00"), refused);
    check(&stream("/Type/ObjStm/Filter[/FlateDecode/FlateDecode]", &deflate(&packed())), refused);
    check(&stream("/Type/ObjStm/Filter/FlateDecode/DecodeParms<</Predictor 12>>", &packed()), refused);
    check(&stream("/Type/ObjStm/Filter/FlateDecode %stream\n", &packed()), refused);
    check(b"<</Type/ObjStm/Filter/FlateDecode>>stream\rx", refused);
    check(b"<</Type/ObjStm/Filter/FlateDecode>>stream x", refused);
    let bomb = deflate(&vec![b' '; MAX_OBJECT_BYTES as usize + 1]);
    let mut scanner = PdfScanner::default();
    assert_eq!(scanner.feed(&stream("/Type/ObjStm/Filter/FlateDecode", &bomb)), refused);
}
