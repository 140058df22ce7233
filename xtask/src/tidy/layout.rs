//! Modules are `foo.rs` + `foo/`, never `foo/mod.rs`.

use super::{Finding, source::Source};

pub(super) fn check(source: &Source) -> Option<Finding> {
    let folder = source.path.strip_suffix("/mod.rs")?;
    Some(Finding::error(&*source.path, format!("name it {folder}.rs: ten tabs called mod.rs help nobody")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mod_rs_is_found() {
        assert!(check(&Source::parse("crates/x/src/a/mod.rs", "")).is_some());
        assert!(check(&Source::parse("e2e/tests/support/mod.rs", "")).is_some());
        assert!(check(&Source::parse("crates/x/src/a.rs", "")).is_none());
        assert!(check(&Source::parse("crates/x/src/a_mod.rs", "")).is_none());
    }
}
