//! HTTP/1.1 as spoken to instances.
//!
//! Main types: [`Connection`], one TCP connection that sends an [`Outgoing`] request and reads the
//! [`Head`] of its answer, and [`Incoming`], the body of that answer. It is ours because hyper's
//! client wants a task for each connection, a channel to it and back, and a copy of the head for a
//! replay: a third of a request's instructions (docs/adr/0006). What reads bytes is pure and knows no
//! socket; nothing here knows services, retries or metrics.

mod chunked;
mod connection;
mod decode;
mod encode;
mod framing;
mod incoming;
mod outgoing;
mod upload;

pub(crate) use connection::{Connection, Failure};
pub(crate) use decode::Head;
pub(crate) use incoming::{Broke, Incoming, Left};
pub(crate) use outgoing::Outgoing;

#[doc(hidden)]
pub mod whole;
