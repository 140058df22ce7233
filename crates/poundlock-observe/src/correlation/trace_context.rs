//! `traceparent`. Main type: [`TraceContext`]. It does not know spans, sampling rules or `tracestate`.
//!
//! Source: W3C Trace Context Level 2, section 3.2. A request with more than one `traceparent` header is for
//! the caller to refuse.

use super::hex;
use std::fmt;
use thiserror::Error;

const SAMPLED: u8 = 0x01;
const RANDOM: u8 = 0x02;
/// Bytes of version 00.
const LENGTH: usize = 55;

/// Which trace a request belongs to and which span asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace_id: u128,
    span_id: u64,
    flags: u8,
}

/// A `traceparent` that must not be used: the caller starts a new trace and drops `tracestate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TraceContextError {
    /// Too short, or too long for its version.
    #[error("traceparent has the wrong length")]
    Length,
    /// Not lower-case hexadecimal digits with dashes between the fields.
    #[error("traceparent is not lower-case hexadecimal with dashes")]
    Syntax,
    /// Version ff is forbidden.
    #[error("traceparent has the forbidden version ff")]
    Version,
    /// The trace or span identifier is all zero.
    #[error("traceparent has an identifier of zeros")]
    Zero,
}

impl TraceContext {
    /// Reads a header value. A version above 00 is read as 00, with more allowed after a dash at its end.
    ///
    /// # Errors
    /// When the value must not be used.
    pub fn parse(header: &[u8]) -> Result<Self, TraceContextError> {
        let (head, rest) = header.split_at_checked(LENGTH).ok_or(TraceContextError::Length)?;
        if head[2] != b'-' || head[35] != b'-' || head[52] != b'-' {
            return Err(TraceContextError::Syntax);
        }
        let version = parse_hex(&head[..2])?;
        match (version, rest.first()) {
            (0xff, _) => return Err(TraceContextError::Version),
            (0, Some(_)) => return Err(TraceContextError::Length),
            (_, Some(next)) if *next != b'-' => return Err(TraceContextError::Syntax),
            _ => {}
        }
        let trace_id = parse_hex(&head[3..35])?;
        let span_id = parse_hex(&head[36..52])? as u64;
        let flags = parse_hex(&head[53..])? as u8;
        if trace_id == 0 || span_id == 0 {
            return Err(TraceContextError::Zero);
        }
        // Bits without a meaning yet must be sent as zero.
        Ok(Self { trace_id, span_id, flags: flags & (SAMPLED | RANDOM) })
    }

    /// Starts a trace. `trace_id` must be random (the `random` flag says so to others). A zero, which has no
    /// meaning as an identifier, becomes 1.
    #[must_use]
    pub fn new_root(trace_id: u128, span_id: u64, sampled: bool) -> Self {
        let flags = RANDOM | if sampled { SAMPLED } else { 0 };
        Self { trace_id: trace_id.max(1), span_id: span_id.max(1), flags }
    }

    /// The same trace seen from another span; a zero becomes 1.
    #[must_use]
    pub fn child(self, span_id: u64) -> Self {
        Self { span_id: span_id.max(1), ..self }
    }

    /// The trace, 16 bytes.
    #[must_use]
    pub fn trace_id(self) -> u128 {
        self.trace_id
    }

    /// The span: the caller's when parsed, ours after [`TraceContext::child`].
    #[must_use]
    pub fn span_id(self) -> u64 {
        self.span_id
    }

    /// Whether the caller may have recorded the trace.
    #[must_use]
    pub fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// Writes the header value, version 00, without allocation.
    pub fn write_to(self, out: &mut [u8; LENGTH]) {
        *out = [b'-'; LENGTH];
        out[..2].copy_from_slice(b"00");
        out[3..19].copy_from_slice(&hex::digits((self.trace_id >> 64) as u64));
        out[19..35].copy_from_slice(&hex::digits(self.trace_id as u64));
        out[36..52].copy_from_slice(&hex::digits(self.span_id));
        out[53..].copy_from_slice(&hex::digits(u64::from(self.flags))[14..]);
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, self.flags)
    }
}

/// At most 32 lower-case digits.
fn parse_hex(digits: &[u8]) -> Result<u128, TraceContextError> {
    digits.iter().try_fold(0, |value, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return Err(TraceContextError::Syntax),
        };
        Ok(value << 4 | u128::from(digit))
    })
}
