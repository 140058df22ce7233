//! Input validation and attack detection as pure functions.
//!
//! Everything here is a function of its input. It knows no clock, no I/O and no HTTP types.

pub mod sanitize;
pub mod validate;
