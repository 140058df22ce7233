//! Marks that must not stay: `unwrap` outside tests; unfinished work, debug prints and ignored tests anywhere.

use super::{Finding, source::Source};

/// Looked for in code outside tests, with what to do instead.
const NOT_IN_PRODUCTION: [(&str, &str); 1] = [(".unwrap()", "use `expect(\"why this cannot fail\")` or `?`")];

/// Looked for in all code.
const NOWHERE_IN_CODE: [(&str, &str); 4] = [
    ("todo!", "finish it or leave it out"),
    ("unimplemented!", "finish it or leave it out"),
    ("dbg!", "remove the debug print"),
    ("#[ignore", "a test runs or does not exist"),
];

/// Looked for in all comments, as whole words.
const NOWHERE_IN_COMMENTS: [&str; 3] = ["TODO", "FIXME", "XXX"];

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, code) in source.code.lines().enumerate() {
        let mut look_for = |(mark, advice): &(&str, &str)| {
            if code.contains(mark) {
                findings.push(Finding::error(source.place(number), format!("`{mark}`: {advice}")));
            }
        };
        NOWHERE_IN_CODE.iter().for_each(&mut look_for);
        if !source.in_test(number) {
            NOT_IN_PRODUCTION.iter().for_each(&mut look_for);
        }
    }
    findings.extend(comments(source));
    findings
}

fn comments(source: &Source) -> impl Iterator<Item = Finding> {
    source.comments.lines().enumerate().filter_map(|(number, comment)| {
        let mut words = comment.split(|c: char| !c.is_alphanumeric() && c != '_');
        let mark = words.find(|word| NOWHERE_IN_COMMENTS.contains(word))?;
        Some(Finding::error(source.place(number), format!("`{mark}`: do it now or file an issue")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(path: &str, text: &str) -> Vec<String> {
        check(&Source::parse(path, text)).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn marks_are_found() {
        assert_eq!(places("a.rs", "fn a() {\n    b().unwrap();\n}\n"), ["a.rs:2"]);
        assert_eq!(places("a.rs", "fn a() { todo!() }\n"), ["a.rs:1"]);
        assert_eq!(places("a.rs", "fn a() { unimplemented!(\"x\") }\n"), ["a.rs:1"]);
        assert_eq!(places("a.rs", "// TODO: more\n"), ["a.rs:1"]);
        assert_eq!(places("a.rs", "/* a\n FIXME */\n"), ["a.rs:2"]);
    }

    #[test]
    fn tests_may_unwrap_and_no_more() {
        let text =
            "#[cfg(test)]\nmod tests {\n    fn a() {\n        b().unwrap();\n        dbg!(1);\n    }\n}\n";
        assert_eq!(places("a.rs", text), ["a.rs:5"]);
        assert_eq!(
            places("crates/x/tests/a.rs", "#[ignore = \"slow\"]\nfn a() { b().unwrap() }\n"),
            ["crates/x/tests/a.rs:1"]
        );
    }

    #[test]
    fn text_and_similar_names_are_not_marks() {
        assert!(places("a.rs", "/// Never `.unwrap()`.\nlet a = \"dbg!(\"; b.unwrap_or(1);\n").is_empty());
        assert!(places("a.rs", "// TODOS and MYTODO\n").is_empty());
    }
}
