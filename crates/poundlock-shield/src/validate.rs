//! What an input must be to be accepted.
//!
//! Main type: [`RouteRules`], what one route asks of its inputs; below it one small validator for each kind of value, which can
//! be used alone. A validator returns what it read, in normal form, or a typed error whose text is a sentence for the client
//! and never repeats the input. Nothing here looks for attacks: what is valid can still be one.
//!
//! ```
//! use poundlock_shield::validate::{Part, RouteRules, email::EmailLevel, pagination::Pagination};
//! use poundlock_shield::validate::rule::{FieldCheck, FieldRule, Input, Target};
//!
//! let mail = FieldRule::new(Target::Named(Part::Query, "mail".to_owned()), FieldCheck::Email(EmailLevel::Standard));
//! let rules = RouteRules { fields: vec![mail], pagination: Some(Pagination::default()), ..RouteRules::default() };
//!
//! let now = "2026-01-31T12:00:00Z".parse().expect("an instant");
//! let issues = rules.check_values(&[Input { part: Part::Query, name: "mail", value: "test@ok" }], now);
//! let sentence = "query/mail: must have a domain with at least one dot after the @";
//! assert_eq!(issues.expect_err("refused").to_string(), sentence);
//! assert_eq!(rules.apply_pagination("per_page=100000").expect("clamped"), "per_page=100");
//! ```

pub mod batch;
pub mod body;
pub mod choice;
pub mod date;
pub mod email;
pub mod identifier;
mod issue;
pub mod multipart;
pub mod number;
pub mod openapi;
pub mod pagination;
pub mod phone;
mod request;
pub mod rule;
pub mod schema;
pub mod text;
pub mod upload;
pub mod url;
pub mod uuid;

pub use issue::{FieldPath, Issue, Issues, MAX_ISSUES, MAX_POINTER_BYTES, Part, Problem, Sentence};
pub use request::RequestHead;
pub use rule::RouteRules;
