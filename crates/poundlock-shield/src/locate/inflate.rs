//! `Content-Encoding`: gzip, deflate and Brotli, fed in chunks, with caps.
//!
//! Main type: [`Inflate`].

use super::Oddity;
use crate::detect::CERTAIN;
use brotli_decompressor::DecompressorWriter;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::io::{self, Write};

/// The most bytes that a body may become.
pub const MAX_INFLATED: usize = 64 << 20;

/// The most bytes that come out per byte that went in, once more than [`FREE_INFLATED`] came out.
///
/// Texts become 3 to 20 times as long; deflate ends at 1,032 times, Brotli has no end.
pub const MAX_INFLATION: usize = 100;

/// How many bytes may come out whatever went in: a short body may well be one line again and again.
pub const FREE_INFLATED: usize = 1 << 20;

/// The most bytes that one step may become, and how much goes into a step: so that memory is bounded for any ratio.
const STEP_OUT: usize = 4 << 20;
const STEP_IN: usize = 256;

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As it is.
    Identity,
    /// `gzip`, `x-gzip`
    Gzip,
    /// `deflate`, with or without its zlib frame
    Deflate,
    /// `br`
    Brotli,
    /// One that is not read, or several on top of each other.
    Other,
}

impl Coding {
    /// Reads the value of a `Content-Encoding` header.
    pub fn read(header: Option<&[u8]>) -> Self {
        let name = header.unwrap_or_default().trim_ascii().to_ascii_lowercase();
        match &name[..] {
            b"" | b"identity" => Coding::Identity,
            b"gzip" | b"x-gzip" => Coding::Gzip,
            b"deflate" => Coding::Deflate,
            b"br" => Coding::Brotli,
            _ => Coding::Other,
        }
    }
}

/// A body's content coding, being undone.
pub struct Inflate {
    decoder: Decoder,
    /// How many bytes went in.
    fed: usize,
    /// How many came out.
    total: usize,
}

impl std::fmt::Debug for Inflate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inflate").field("fed", &self.fed).field("total", &self.total).finish_non_exhaustive()
    }
}

enum Decoder {
    Plain,
    /// Which of the two forms of `deflate` it is, the first byte tells.
    Undecided,
    Gzip(MultiGzDecoder<Capped>),
    Zlib(ZlibDecoder<Capped>),
    Deflate(DeflateDecoder<Capped>),
    Brotli(Box<DecompressorWriter<Capped>>),
    /// After an error: the rest is not read.
    Broken,
}

#[derive(Default)]
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > STEP_OUT {
            return Err(io::Error::other("too much at once"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Inflate {
    /// At the beginning of a body.
    #[must_use]
    pub fn new(coding: Coding) -> Self {
        let decoder = match coding {
            Coding::Identity | Coding::Other => Decoder::Plain,
            Coding::Gzip => Decoder::Gzip(MultiGzDecoder::new(Capped::default())),
            Coding::Deflate => Decoder::Undecided,
            Coding::Brotli => Decoder::Brotli(Box::new(DecompressorWriter::new(Capped::default(), 4096))),
        };
        Self { decoder, fed: 0, total: 0 }
    }

    pub(super) fn is_plain(&self) -> bool {
        matches!(self.decoder, Decoder::Plain)
    }

    /// Inflates a chunk piece by piece and hands each piece to `take`.
    ///
    /// # Errors
    /// It is broken, becomes more than [`MAX_INFLATED`], or grows more than [`MAX_INFLATION`] allows. What follows is
    /// not read.
    pub fn feed(&mut self, chunk: &[u8], mut take: impl FnMut(&[u8])) -> Result<(), Oddity> {
        if matches!(self.decoder, Decoder::Broken) {
            return Ok(());
        }
        for step in chunk.chunks(STEP_IN) {
            let result = self.step(step).map_err(|error| odd(&error)).and_then(|out| {
                self.fed += step.len();
                self.total += out.len();
                take(&out);
                self.grown()
            });
            if result.is_err() {
                self.decoder = Decoder::Broken;
                return result;
            }
        }
        Ok(())
    }

    /// Whether what came out so far is within the caps.
    fn grown(&self) -> Result<(), Oddity> {
        if self.total > FREE_INFLATED && self.total / MAX_INFLATION > self.fed {
            return Err(ZIP_BOMB);
        }
        if self.total > MAX_INFLATED {
            return Err(Oddity { rule: "inflate-bomb", score: CERTAIN });
        }
        Ok(())
    }

    fn step(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        if matches!(self.decoder, Decoder::Undecided) {
            let zlib = bytes.first().is_some_and(|byte| byte & 0x0f == 8);
            self.decoder = if zlib {
                Decoder::Zlib(ZlibDecoder::new(Capped::default()))
            } else {
                Decoder::Deflate(DeflateDecoder::new(Capped::default()))
            };
        }
        Ok(match &mut self.decoder {
            Decoder::Plain => bytes.to_vec(),
            Decoder::Undecided | Decoder::Broken => Vec::new(),
            Decoder::Gzip(to) => {
                to.write_all(bytes)?;
                to.flush()?;
                std::mem::take(&mut to.get_mut().0)
            }
            Decoder::Zlib(to) => {
                to.write_all(bytes)?;
                to.flush()?;
                std::mem::take(&mut to.get_mut().0)
            }
            Decoder::Deflate(to) => {
                to.write_all(bytes)?;
                to.flush()?;
                std::mem::take(&mut to.get_mut().0)
            }
            Decoder::Brotli(to) => {
                to.write_all(bytes)?;
                std::mem::take(&mut to.get_mut().0)
            }
        })
    }
}

/// A small body that becomes a large one.
const ZIP_BOMB: Oddity = Oddity { rule: "zip-bomb", score: CERTAIN };

/// What an error of a decoder says of the body: that one step became too long, or that it is broken.
fn odd(error: &io::Error) -> Oddity {
    match error.kind() {
        io::ErrorKind::Other => ZIP_BOMB,
        // Whoever is more patient than we are may read an attack from what came before the error.
        _ => Oddity { rule: "inflate-broken", score: CERTAIN },
    }
}
