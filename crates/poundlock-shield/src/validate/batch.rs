//! How much one body may hold: bytes, nesting, items, names, and no name twice.
//!
//! Main types: [`JsonChecker`] and [`FormChecker`]. Both read chunks as they come, build no tree, and hold no more than their
//! limits allow. They do not know what a body means.

mod form;
mod json;
mod json_limits;
mod json_number;
mod json_string;

pub use form::{Duplicates, FormChecker, FormKind, FormLimits, FormProblem};
pub use json::JsonChecker;
pub use json_limits::{JsonKind, JsonLimits, JsonProblem, JsonSummary};

/// FNV-1a, 64 bits (Fowler, Noll, Vo). Names are compared by it: equal names always meet, so a duplicate is never missed;
/// whoever constructs a collision has his own request refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NameHash(u64);

impl NameHash {
    const START: Self = Self(0xcbf2_9ce4_8422_2325);

    fn push(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }

    fn of(bytes: &[u8]) -> Self {
        let mut hash = Self::START;
        bytes.iter().for_each(|byte| hash.push(*byte));
        hash
    }
}

#[cfg(test)]
mod tests;
