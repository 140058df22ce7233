//! Identifiers that tie one request's traces, logs and answers together. Main types: [`TraceContext`],
//! [`RequestId`]. It has no randomness and no clock: both are arguments; and it does not know headers or
//! which peers are trusted.

mod hex;
mod request_id;
#[cfg(test)]
mod tests;
mod trace_context;
mod tracestate;

pub use request_id::{RequestId, RequestIdError};
pub use trace_context::{TraceContext, TraceContextError};
pub use tracestate::{TRACESTATE_MAX_BYTES, TRACESTATE_MAX_MEMBERS, tracestate_is_valid};
