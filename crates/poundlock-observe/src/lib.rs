//! What Poundlock knows about the requests it serves: metric cells, their exposition, correlation
//! identifiers and component health. Main types: [`http::HttpMetrics`], [`Registry`],
//! [`correlation::TraceContext`], [`health::HealthBoard`].
//!
//! A pure crate: it has no clock, no randomness, no sockets, no files and no log. Time and random bits
//! are arguments; observations are return values. Locks are held only to register and to scrape.

pub mod correlation;
pub mod exposition;
pub mod health;
pub mod http;
mod limits;
pub mod process;
pub mod registry;
#[cfg(test)]
mod testing;

pub use exposition::{Collect, Format};
pub use limits::{DEFAULT_LABEL_SETS, Limits, MAX_LABEL_SETS, MAX_LABEL_VALUE_BYTES};
pub use registry::Registry;
