//! Delivery decisions: what a deployment does in which order ([`plan`]), what happens next ([`machine`]), which release
//! a request gets ([`split`]), whether the candidate may have more of them ([`judge`]), what must be right before anything
//! starts ([`preflight`]), and what can be brought back ([`snapshot`]).
//!
//! A pure crate: no clock, no randomness, no sockets, no files and no log. Time and salts are arguments,
//! verdicts are return values.

pub mod digest;
mod hex;
pub mod judge;
pub mod machine;
pub mod name;
pub mod plan;
pub mod preflight;
pub mod snapshot;
pub mod split;
