//! `multipart/form-data` (RFC 7578) in chunks, strictly.
//!
//! Main types: [`Multipart`], and [`Parts`], who takes what is in it. What two readers could split in two ways is refused: so
//! lines end in CRLF, nothing stands before the first delimiter or after the last, and `filename*` is not known. It keeps
//! less than a delimiter of content, and the headers of one part.

mod disposition;

pub use disposition::PartHead;

use memchr::memmem::find;

/// The most bytes of a part's headers.
pub const MAX_PART_HEADER_BYTES: usize = 8 << 10;

/// The longest boundary (RFC 2046 5.1.1).
const MAX_BOUNDARY_BYTES: usize = 70;

/// Bytes that are taken in at once.
const STEP: usize = 16 << 10;

/// Why a body is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MultipartError {
    /// No boundary, an empty one, a long one, or one with characters that none has.
    #[error("must declare a boundary of at most {MAX_BOUNDARY_BYTES} plain characters")]
    Boundary,
    /// Something other than the first delimiter at the start.
    #[error("must start with its boundary")]
    Start,
    /// A delimiter that not every reader takes for one.
    #[error("must have its boundaries on lines of their own that end in CRLF")]
    Delimiter,
    /// Headers that are too long, folded, or not `name: value`.
    #[error("must have plain headers of at most {MAX_PART_HEADER_BYTES} bytes in each part")]
    Headers,
    /// A part without exactly one `Content-Disposition: form-data` with a name, or with a parameter twice or `filename*`.
    #[error("must have a plain Content-Disposition with a name in each part")]
    Disposition,
    /// It ends before the last delimiter.
    #[error("must end with its boundary")]
    Unfinished,
    /// More bytes after the last delimiter.
    #[error("must have nothing after its last boundary")]
    End,
}

/// Who takes the parts of a form.
pub trait Parts {
    /// Why it takes no more.
    type Error: From<MultipartError>;

    /// A part begins.
    ///
    /// # Errors
    /// It is not accepted.
    fn begin(&mut self, head: PartHead) -> Result<(), Self::Error>;

    /// Bytes of the part that has begun.
    ///
    /// # Errors
    /// They are not accepted.
    fn data(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;

    /// The part is complete.
    ///
    /// # Errors
    /// It is not accepted.
    fn end(&mut self) -> Result<(), Self::Error>;
}

/// A form that is being read.
#[derive(Debug, Clone)]
pub struct Multipart {
    /// `\n--boundary`: the line end before it may lack its `\r`, which is then refused.
    delimiter: Vec<u8>,
    pending: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Headers,
    /// At the empty line behind the headers, which is not to be taken for that before a delimiter.
    Opening,
    Content,
    End,
}

impl Multipart {
    /// A form with this `Content-Type`.
    ///
    /// # Errors
    /// [`MultipartError::Boundary`].
    pub fn new(content_type: &str) -> Result<Self, MultipartError> {
        let boundary = disposition::parameter(content_type, "boundary").ok().flatten();
        let boundary = boundary.ok_or(MultipartError::Boundary)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b);
        let fits = (1..=MAX_BOUNDARY_BYTES).contains(&boundary.len()) && !boundary.ends_with(' ');
        if !fits || !boundary.bytes().all(plain) {
            return Err(MultipartError::Boundary);
        }
        let delimiter = [b"\n--", boundary.as_bytes()].concat();
        // So that the first delimiter is at the end of a line like all others.
        Ok(Self { delimiter, pending: b"\r\n".to_vec(), state: State::Start })
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// The body cannot be read, or `to` takes no more.
    pub fn feed<P: Parts>(&mut self, chunk: &[u8], to: &mut P) -> Result<(), P::Error> {
        for step in chunk.chunks(STEP) {
            self.pending.extend_from_slice(step);
            while self.advance(to)? {}
        }
        Ok(())
    }

    /// Ends the form.
    ///
    /// # Errors
    /// [`MultipartError::Unfinished`].
    pub fn finish(&self) -> Result<(), MultipartError> {
        let over = self.state == State::End && (self.pending.is_empty() || self.pending == b"\r\n");
        if over { Ok(()) } else { Err(MultipartError::Unfinished) }
    }

    /// Handles what is pending as far as it goes; false when more bytes are needed.
    fn advance<P: Parts>(&mut self, to: &mut P) -> Result<bool, P::Error> {
        match self.state {
            State::Start | State::Content => self.up_to_delimiter(to),
            State::Headers => self.headers(to),
            State::Opening => Ok(self.open()?),
            State::End if self.pending.len() > 2 || !b"\r\n".starts_with(&self.pending) => {
                Err(MultipartError::End.into())
            }
            State::End => Ok(false),
        }
    }

    fn up_to_delimiter<P: Parts>(&mut self, to: &mut P) -> Result<bool, P::Error> {
        let Some(at) = find(&self.pending, &self.delimiter) else {
            // The last bytes may be the beginning of one, `\r` included.
            let certain = self.pending.len().saturating_sub(self.delimiter.len());
            self.content(certain, to)?;
            self.pending.drain(..certain);
            return Ok(false);
        };
        if at == 0 || self.pending[at - 1] != b'\r' {
            return Err(MultipartError::Delimiter.into());
        }
        let end = at + self.delimiter.len();
        let (last, known) = match self.pending.get(end..end + 2) {
            Some(b"--") => (true, true),
            Some(b"\r\n") => (false, true),
            Some(_) => return Err(MultipartError::Delimiter.into()),
            None => (false, false),
        };
        // What is before the `\r` is content, whatever follows.
        self.content(at - 1, to)?;
        if !known {
            self.pending.drain(..at - 1);
            return Ok(false);
        }
        if self.state == State::Content {
            to.end()?;
        }
        self.pending.drain(..end + 2);
        self.state = if last { State::End } else { State::Headers };
        Ok(true)
    }

    fn content<P: Parts>(&self, bytes: usize, to: &mut P) -> Result<(), P::Error> {
        match (bytes, self.state) {
            (0, _) => Ok(()),
            (_, State::Content) => to.data(&self.pending[..bytes]),
            _ => Err(MultipartError::Start.into()),
        }
    }

    fn headers<P: Parts>(&mut self, to: &mut P) -> Result<bool, P::Error> {
        let end = find(&self.pending, b"\r\n\r\n");
        match end {
            Some(end) if end <= MAX_PART_HEADER_BYTES => {
                to.begin(PartHead::read(&self.pending[..end])?)?;
                self.pending.drain(..end + 2);
                self.state = State::Opening;
                Ok(true)
            }
            None if self.pending.len() <= MAX_PART_HEADER_BYTES => Ok(false),
            _ => Err(MultipartError::Headers.into()),
        }
    }

    /// Drops the empty line behind the headers.
    fn open(&mut self) -> Result<bool, MultipartError> {
        let after = &self.pending[1..];
        if after.starts_with(&self.delimiter) {
            return Err(MultipartError::Delimiter);
        }
        let certain = !self.delimiter.starts_with(after);
        if certain {
            self.pending.drain(..2);
            self.state = State::Content;
        }
        Ok(certain)
    }
}

#[cfg(test)]
mod tests;
