//! What must be right before anything is started: checks as values, and the pure parts of what they look at.
//!
//! Main types: [`Check`] and [`Report`]. It does not know how a database, a file or a host is asked: it gets rows, bytes and
//! names, and says what they mean.

mod check;
pub mod connections;
pub mod env;
pub mod migration;
pub mod sql;

pub use check::{Check, Report, Status};
