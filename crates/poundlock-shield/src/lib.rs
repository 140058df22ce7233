//! Input validation and attack detection as pure functions.
//!
//! Everything here is a function of its input. It knows no clock, no I/O and no HTTP types.

pub mod decode;
pub mod locate;
pub mod sanitize;
pub mod validate;

mod class;
mod detect;
mod exclude;
mod lines;
mod scan;
mod verdict;

pub use class::{Class, Place};
pub use detect::{CERTAIN, DOUBTFUL, Evidence, LIKELY, MAX_EVIDENCE, ODD, detect, prepare};
pub use exclude::Exclusion;
pub use lines::{Input, scan_line};
pub use locate::Head;
pub use scan::{
    FREE_UNFOLDED, MAX_FINDINGS, MAX_UNFOLDED, OVERLAP, Policy, RequestScan, WINDOW, scan_request, scan_value,
};
pub use verdict::{Action, Finding, Level, Location, MAX_SHOWN, Verdict};
