//! [`Source`]: one Rust file, cut into code, comments and test regions, so that a check on code does not trip over text.
//!
//! A small lexer, not a parser: it knows comments, string and character literals and braces, and no grammar.

use std::ops::Range;

/// One Rust file. `code` and `comments` have the same lines as the file, with everything else blanked.
pub(super) struct Source {
    /// Path from the root of the workspace, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) code: String,
    pub(super) comments: String,
    tests: Vec<Range<usize>>,
    /// Whether the file is a module that exists in tests only.
    pub(super) test_module: bool,
}

impl Source {
    pub(super) fn parse(path: &str, text: &str) -> Self {
        let (code, comments) = split(text);
        let tests = test_regions(&code);
        Self { path: path.to_owned(), text: text.to_owned(), code, comments, tests, test_module: false }
    }

    /// Whether the whole file is a test, a benchmark or a test helper.
    pub(super) fn is_test(&self) -> bool {
        let path = &self.path;
        self.test_module
            || path.starts_with("e2e/")
            || path.ends_with("/tests.rs")
            || path.contains("/tests/")
            || path.contains("/benches/")
    }

    /// Paths of the files that this one declares with `#[cfg(test)] mod name;`.
    pub(super) fn test_modules(&self) -> impl Iterator<Item = String> {
        let folder = match self.path.rsplit_once('/') {
            Some((folder, "lib.rs" | "main.rs")) => folder,
            _ => self.path.trim_end_matches(".rs"),
        };
        let declared = self.code.split("#[cfg(test)]").skip(1).filter_map(|after| {
            let (name, _) = after.trim_start().strip_prefix("mod ")?.split_once(';')?;
            (!name.contains('{')).then(|| name.trim().to_owned())
        });
        declared.map(move |name| format!("{folder}/{name}.rs"))
    }

    /// Whether `line` (from 0) belongs to a `#[cfg(test)]` or `#[test]` item.
    pub(super) fn in_test(&self, line: usize) -> bool {
        self.is_test() || self.tests.iter().any(|region| region.contains(&line))
    }

    /// The place of `line` (from 0) as people write it.
    pub(super) fn place(&self, line: usize) -> String {
        format!("{}:{}", self.path, line + 1)
    }
}

/// Cuts `text` into code and comments; the contents of literals are in neither.
fn split(text: &str) -> (String, String) {
    let (mut code, mut comments) = (String::new(), String::new());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let (kind, length) = token(rest, next, code.chars().next_back());
        let (part, after) = rest.split_at(length);
        code.push_str(&if kind == Kind::Code { part.to_owned() } else { blank(part) });
        comments.push_str(&if kind == Kind::Comment { part.to_owned() } else { blank(part) });
        rest = after;
    }
    (code, comments)
}

#[derive(PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// The kind and the byte length of what `rest` begins with.
fn token(rest: &str, next: char, before: Option<char>) -> (Kind, usize) {
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, block_comment(rest));
    }
    let starts_word = !before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if starts_word && let Some(length) = raw_string(rest) {
        return (Kind::Literal, length);
    }
    match next {
        '"' => (Kind::Literal, quoted(rest, '"')),
        '\'' => character(rest),
        _ => (Kind::Code, next.len_utf8()),
    }
}

/// Length of a block comment, which may hold others.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let here = &rest[at..];
        if here.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            let Some(c) = here.chars().next() else { return rest.len() };
            at += c.len_utf8();
        }
        if depth == 0 {
            return at;
        }
    }
}

/// Length of `r"…"`, `r#"…"#`, `br"…"` or `cr"…"`.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix(['b', 'c']).unwrap_or(rest).strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let head = rest.len() - body.len();
    Some(body.find(&close).map_or(rest.len(), |end| head + end + close.len()))
}

/// Length of a literal in `quote`s with backslash escapes.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// A character literal or, when there is no closing quote in its place, a lifetime.
fn character(rest: &str) -> (Kind, usize) {
    let mut chars = rest.chars().skip(1);
    let escape = chars.next() == Some('\\');
    if escape || chars.next() == Some('\'') { (Kind::Literal, quoted(rest, '\'')) } else { (Kind::Code, 1) }
}

/// Spaces in place of everything but line ends.
fn blank(part: &str) -> String {
    part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
}

/// Line ranges of the items under `#[cfg(test)]` and `#[test]`.
fn test_regions(code: &str) -> Vec<Range<usize>> {
    let mut regions = Vec::new();
    for attribute in ["#[cfg(test)]", "#[test]"] {
        for (start, _) in code.match_indices(attribute) {
            let end = start + attribute.len() + item_length(&code[start + attribute.len()..]);
            regions.push(line_of(code, start)..line_of(code, end) + 1);
        }
    }
    regions
}

/// Length of the item at the start of `code`: up to its `;`, or to the brace that closes it.
fn item_length(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            ';' if depth == 0 => return at,
            '{' => depth += 1,
            '}' if depth <= 1 => return at,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, code: &str, comments: &str) {
        let (found_code, found_comments) = split(text);
        assert_eq!(found_code.split_whitespace().collect::<Vec<_>>().join(" "), code, "code of {text}");
        assert_eq!(found_comments.trim(), comments, "comments of {text}");
        assert_eq!(found_code.lines().count(), text.lines().count(), "lines of {text}");
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        check("a(); // b()", "a();", "// b()");
        check("a(\"b // c\"); d()", "a( ); d()", "");
        check("a(\"q\\\"b\") + c", "a( ) + c", "");
        check("a /* b /* c */ d */ e", "a e", "/* b /* c */ d */");
        check("f(r#\"a \" // b\"#, br\"c\") g", "f( , ) g", "");
        check("let c = '\"'; let l: &'a str; '\\'' x", "let c = ; let l: &'a str; x", "");
        check("let bar = \"multi\nline\";\nx", "let bar = ; x", "");
    }

    #[test]
    fn an_unclosed_literal_or_comment_ends_with_the_file() {
        check("a \"b", "a", "");
        check("a /* b", "a", "/* b");
        check("a r#\"b\"", "a", "");
    }

    #[test]
    fn test_items_are_regions() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() { { } }\n}\nfn c() {}\n#[cfg(test)]\nmod d;\nfn e() {}\n";
        let source = Source::parse("crates/x/src/a.rs", text);
        let in_test: Vec<bool> = (0..9).map(|line| source.in_test(line)).collect();
        assert_eq!(in_test, [false, true, true, true, true, false, true, true, false]);
    }

    #[test]
    fn files_of_test_modules_are_named() {
        let modules = |path: &str| {
            let text = "#[cfg(test)]\nmod a;\nmod b;\n#[cfg(test)]\nmod c { fn d() { x; } }\n";
            Source::parse(path, text).test_modules().collect::<Vec<_>>()
        };
        assert_eq!(modules("crates/x/src/lib.rs"), ["crates/x/src/a.rs"]);
        assert_eq!(modules("crates/x/src/y.rs"), ["crates/x/src/y/a.rs"]);
    }
}
