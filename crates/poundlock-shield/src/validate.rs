//! What an input must be to be accepted.
//!
//! Main type: [`RouteRules`], what one route asks of its inputs; below it one small validator for each kind of value, which can
//! be used alone. A validator returns what it read, in normal form, or a typed error whose text is a sentence for the client
//! and never repeats the input. Nothing here looks for attacks: what is valid can still be one.

pub mod batch;
pub mod choice;
pub mod date;
pub mod email;
pub mod identifier;
mod issue;
pub mod number;
pub mod openapi;
pub mod pagination;
pub mod phone;
pub mod rule;
pub mod schema;
pub mod text;
pub mod upload;
pub mod url;
pub mod uuid;

pub use issue::{FieldPath, Issue, Issues, MAX_ISSUES, MAX_POINTER_BYTES, Part, Problem};
pub use rule::RouteRules;
