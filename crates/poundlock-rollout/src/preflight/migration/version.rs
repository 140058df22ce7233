//! Versions as texts that are equal when the tools take them for equal.
//!
//! Main items: [`number`], [`dotted`] and [`order`].

use std::cmp::Ordering;

/// A number without leading zeros.
pub(super) fn number(text: &str) -> String {
    let digits = text.trim_start_matches('0');
    if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
}

/// Flyway's versions: numbers between dots or underscores; zeros at the end mean nothing.
pub(super) fn dotted(text: &str) -> String {
    let mut parts: Vec<_> = text.split(['.', '_']).map(number).collect();
    while parts.len() > 1 && parts.last().is_some_and(|part| part == "0") {
        parts.pop();
    }
    parts.join(".")
}

/// By number where both are numbers.
pub(super) fn order(a: &str, b: &str) -> Ordering {
    let parts =
        |text: &str| text.split('.').map(|part| part.parse::<u128>().ok()).collect::<Option<Vec<_>>>();
    match (parts(a), parts(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}
