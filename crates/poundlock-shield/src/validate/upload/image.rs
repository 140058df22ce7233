//! Dimensions of images from their headers, before anything decodes them.
//!
//! Main type: [`ImageLimits`]. It reads PNG, JPEG, GIF, WebP and BMP; it does not know whether the pixels are there.

use super::FileKind;

/// The width and height of an image in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dimensions {
    /// The width.
    pub width: u32,
    /// The height.
    pub height: u32,
}

/// The largest images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImageLimits {
    /// Pixels of one side.
    pub side: u32,
    /// Pixels altogether: what a decoder allocates, times its bytes a pixel.
    pub pixels: u64,
}

impl Default for ImageLimits {
    /// 16,384 a side and 50 million altogether: 200 MB when decoded.
    fn default() -> Self {
        Self { side: 16_384, pixels: 50_000_000 }
    }
}

/// Why an image is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// No dimensions in the part of the file that is kept, or zero.
    #[error("must be an image with a readable header")]
    Header,
    /// Over [`ImageLimits::side`].
    #[error("must be at most {0} pixels wide and high")]
    Side(u32),
    /// Over [`ImageLimits::pixels`].
    #[error("must have at most {0} pixels")]
    Pixels(u64),
}

impl ImageLimits {
    /// Reads the dimensions of an image of a kind from its head.
    ///
    /// # Errors
    /// See [`ImageError`].
    pub(super) fn check(self, kind: FileKind, head: &[u8]) -> Result<Dimensions, ImageError> {
        let size = dimensions(kind, head)
            .filter(|size| size.width > 0 && size.height > 0)
            .ok_or(ImageError::Header)?;
        if size.width > self.side || size.height > self.side {
            return Err(ImageError::Side(self.side));
        }
        match u64::from(size.width) * u64::from(size.height) > self.pixels {
            true => Err(ImageError::Pixels(self.pixels)),
            false => Ok(size),
        }
    }
}

fn dimensions(kind: FileKind, head: &[u8]) -> Option<Dimensions> {
    let (width, height) = match kind {
        FileKind::Png => (be32(head, 16)?, be32(head, 20)?),
        FileKind::Gif => gif(head)?,
        FileKind::Bmp => bmp(head)?,
        FileKind::Webp => webp(head)?,
        FileKind::Jpeg => jpeg(head)?,
        _ => return None,
    };
    Some(Dimensions { width, height })
}

/// The larger of the screen and the first frame, if that is near: decoders differ in which they allocate.
fn gif(head: &[u8]) -> Option<(u32, u32)> {
    let (width, height) = (le16(head, 6)?, le16(head, 8)?);
    let flags = *head.get(10)?;
    let table = if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + table;
    // Extensions before the first frame: a label, then blocks that begin with their length, until an empty one.
    while head.get(at) == Some(&0x21) {
        at += 2;
        while let Some(length) = head.get(at).filter(|length| **length > 0) {
            at += 1 + usize::from(*length);
        }
        at += 1;
    }
    let frame =
        (head.get(at) == Some(&0x2c)).then(|| Some((le16(head, at + 5)?, le16(head, at + 7)?))).flatten();
    let (frame_width, frame_height) = frame.unwrap_or((0, 0));
    Some((width.max(frame_width), height.max(frame_height)))
}

/// Heights may be negative: the rows then run downwards.
fn bmp(head: &[u8]) -> Option<(u32, u32)> {
    match le32(head, 14)? {
        12 => Some((le16(head, 18)?, le16(head, 20)?)),
        _ => {
            Some((le32(head, 18)?.cast_signed().unsigned_abs(), le32(head, 22)?.cast_signed().unsigned_abs()))
        }
    }
}

/// RFC 9649: lossy, lossless, extended.
fn webp(head: &[u8]) -> Option<(u32, u32)> {
    match head.get(12..16)? {
        b"VP8 " => (head.get(23..26)? == b"\x9d\x01\x2a")
            .then_some(())
            .and_then(|()| Some((le16(head, 26)? & 0x3fff, le16(head, 28)? & 0x3fff))),
        b"VP8L" => {
            let bits = le32(head, 21).filter(|_| head[20] == 0x2f)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((le24(head, 24)? + 1, le24(head, 27)? + 1)),
        _ => None,
    }
}

/// Walks the segments to the first frame header (ITU-T T.81, B.2.2).
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        if *head.get(at)? != 0xff {
            return None;
        }
        match *head.get(at + 1)? {
            // Fill bytes.
            0xff => at += 1,
            // Markers without a length.
            0x01 | 0xd0..=0xd8 => at += 2,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Some((be16(head, at + 7)?, be16(head, at + 5)?));
            }
            // The scan or the end before any frame.
            0xd9 | 0xda => return None,
            _ => at += 2 + usize::try_from(be16(head, at + 2)?.max(2)).ok()?,
        }
    }
}

fn bytes<const N: usize>(head: &[u8], at: usize) -> Option<[u8; N]> {
    head.get(at..at + N)?.try_into().ok()
}

fn be16(head: &[u8], at: usize) -> Option<u32> {
    bytes(head, at).map(|bytes| u16::from_be_bytes(bytes).into())
}

fn be32(head: &[u8], at: usize) -> Option<u32> {
    bytes(head, at).map(u32::from_be_bytes)
}

fn le16(head: &[u8], at: usize) -> Option<u32> {
    bytes(head, at).map(|bytes| u16::from_le_bytes(bytes).into())
}

fn le24(head: &[u8], at: usize) -> Option<u32> {
    bytes::<3>(head, at).map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0]))
}

fn le32(head: &[u8], at: usize) -> Option<u32> {
    bytes(head, at).map(u32::from_le_bytes)
}
