//! Images: dimensions, ends, and what is hidden in them.

use super::*;

pub(super) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    file.extend(width.to_be_bytes().into_iter().chain(height.to_be_bytes()));
    file.extend(b"\x08\x02\0\0\0crc!\0\0\0\0IEND\xae\x42\x60\x82");
    file
}

pub(super) fn gif(width: u16, height: u16) -> Vec<u8> {
    let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
    let frame = [b"\x2c\0\0\0\0".as_slice(), &size, b"\0\x02\x02\x44\x01\0\x3b"].concat();
    [b"GIF89a".as_slice(), &size, b"\x80\0\0\0\0\0\xff\xff\xff\x21\xf9\x04\0\0\0\0\0", &frame].concat()
}

pub(super) fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
    let frame = [b"\xff\xc0\0\x0b\x08".as_slice(), &size, b"\x01\x01\x11\0"].concat();
    [
        b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff".as_slice(),
        &frame,
        b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\x12\xff\xd9",
    ]
    .concat()
}

pub(super) fn webp(width: u32, height: u32) -> Vec<u8> {
    let bits = (width - 1) | (height - 1) << 14;
    [b"RIFF\x12\0\0\0WEBPVP8L\x06\0\0\0\x2f".as_slice(), &bits.to_le_bytes(), b"\0"].concat()
}

pub(super) fn bmp(width: i32, height: i32) -> Vec<u8> {
    let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
    [
        b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".as_slice(),
        &size,
        b"\x01\0\x18\0\0\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x02\x03\0",
    ]
    .concat()
}

#[test]
fn dimensions_are_read_from_every_kind() {
    let size = |name: &str, bytes: &[u8]| {
        read(&everything(), name, None, bytes).map(|accepted| accepted.dimensions.unwrap())
    };
    let expected = Dimensions { width: 300, height: 200 };
    assert_eq!(size("a.png", &png(300, 200)), Ok(expected));
    assert_eq!(size("a.gif", &gif(300, 200)), Ok(expected));
    assert_eq!(size("a.jpeg", &jpeg(300, 200)), Ok(expected));
    assert_eq!(size("a.webp", &webp(300, 200)), Ok(expected));
    assert_eq!(size("a.bmp", &bmp(300, -200)), Ok(expected));
    let lossy = b"RIFF\x16\0\0\0WEBPVP8 \x0a\0\0\0\x10\0\0\x9d\x01\x2a\x2c\x01\xc8\0";
    assert_eq!(size("a.webp", lossy), Ok(expected));
    let extended = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x2b\x01\0\xc7\0\0";
    assert_eq!(size("a.webp", extended), Ok(expected));
    assert_eq!(size("a.png", &png(16_385, 1)), Err(UploadError::Image(ImageError::Side(16_384))));
    assert_eq!(size("a.png", &png(10_000, 5_001)), Err(UploadError::Image(ImageError::Pixels(50_000_000))));
    assert_eq!(size("a.png", &png(0, 1)), Err(UploadError::Image(ImageError::Header)));
    // The screen says little, the frame much.
    let mut frame = gif(10, 10);
    frame[6..10].copy_from_slice(&[1, 0, 1, 0]);
    frame[32..36].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert_eq!(size("a.gif", &frame), Err(UploadError::Image(ImageError::Side(16_384))));
}

#[test]
fn images_end_where_they_end_and_hold_nothing_else() {
    let zip = archives::zip(&[("a.txt", b"hello")]);
    for (name, file) in [("a.png", png(3, 2)), ("a.gif", gif(3, 2)), ("a.jpg", jpeg(3, 2))] {
        check(name, &[file.clone(), b"x".to_vec()].concat(), Err(UploadError::End));
        check(name, &file[..file.len() - 1], Err(UploadError::End));
        check(name, &[file.clone(), zip.clone()].concat(), Err(UploadError::Polyglot("a ZIP archive")));
        let mut hidden = file.clone();
        hidden.splice(file.len() - 12..file.len() - 12, *b"<?php eval($_GET[0]); ?>");
        check(name, &hidden, Err(UploadError::Polyglot("PHP code")));
    }
    check("a.jpg", &[jpeg(3, 2), vec![0; 64]].concat(), Ok(FileKind::Jpeg));
    check("a.bmp", &[bmp(3, 2), zip].concat(), Err(UploadError::Polyglot("a ZIP archive")));
    let pdf = [&bmp(3, 2)[..], b"%PDF-1.4\n"].concat();
    check("a.bmp", &pdf, Err(UploadError::Polyglot("a PDF document")));
    // A GIF that is a script as well is a text to begin with.
    check("a.gif", b"GIF89a/*<?php system($_GET['c']); */=1;", Err(UploadError::Content("a GIF image")));
    check("a.gif", b"GIF89a=1;alert(1)//", Err(UploadError::Content("a GIF image")));
}

#[test]
fn metadata_before_the_frame_is_walked_over() {
    let plain = jpeg(300, 200);
    let segment = [b"\xff\xe1\xff\xff".as_slice(), &[b'x'; 65_533]].concat();
    let large = [&plain[..2], &segment.repeat(3), &plain[2..]].concat();
    assert!(read_in(&everything(), "a.jpg", None, &large, 4_096).unwrap().dimensions.is_some());
    let beyond = [&plain[..2], &segment.repeat(5), &plain[2..]].concat();
    assert_eq!(
        read_in(&everything(), "a.jpg", None, &beyond, 4_096),
        Err(UploadError::Image(ImageError::Header))
    );
}
