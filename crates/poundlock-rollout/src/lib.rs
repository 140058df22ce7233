//! Delivery decisions: which release a request gets ([`split`]).
//!
//! A pure crate: no clock, no randomness, no sockets, no files and no log. Time and salts are arguments,
//! decisions are return values.

pub mod split;
