//! Files stay short: a warning above 300 lines, an error above 500, tests not counted.

use super::{Finding, source::Source};

/// Above this, ask why.
const WARN_LINES: usize = 300;
/// Above this, split.
const MAX_LINES: usize = 500;

pub(super) fn check(source: &Source) -> Option<Finding> {
    let lines = (0..source.text.lines().count()).filter(|line| !source.in_test(*line)).count();
    match lines {
        0..=WARN_LINES => None,
        lines if lines <= MAX_LINES => {
            Some(Finding::warning(&*source.path, format!("{lines} lines: why not two files?")))
        }
        _ => Some(Finding::error(&*source.path, format!("{lines} lines, {MAX_LINES} at most: split it"))),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Severity, *};

    fn severity(path: &str, text: &str) -> Option<Severity> {
        check(&Source::parse(path, text)).map(|finding| finding.severity)
    }

    #[test]
    fn long_files_are_found() {
        assert_eq!(severity("crates/x/src/a.rs", &"x\n".repeat(300)), None);
        assert_eq!(severity("crates/x/src/a.rs", &"x\n".repeat(301)), Some(Severity::Warning));
        assert_eq!(severity("crates/x/src/a.rs", &"x\n".repeat(501)), Some(Severity::Error));
    }

    #[test]
    fn tests_are_not_counted() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "x;\n".repeat(600));
        assert_eq!(severity("crates/x/src/a.rs", &tests), None);
        assert_eq!(severity("crates/x/tests/a.rs", &"x\n".repeat(600)), None);
    }
}
