//! Every Rust file opens with `//!`.

use super::{Finding, source::Source};

pub(super) fn check(source: &Source) -> Option<Finding> {
    let headed = source.text.starts_with("//!");
    (!headed).then(|| {
        let message = "starts without a `//!` header: say what it is, its main type, what it does not know";
        Finding::error(source.place(0), message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> bool {
        check(&Source::parse("a.rs", text)).is_some()
    }

    #[test]
    fn a_file_without_header_is_found() {
        assert!(found("use std::fmt;\n//! too late\n"));
        assert!(found("// a plain comment\n"));
        assert!(found(""));
        assert!(!found("//! What it is.\nuse std::fmt;\n"));
    }
}
