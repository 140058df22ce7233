//! File names that mean one plain file on any system.
//!
//! Main function: [`safe_file_name`]. It does not know which files exist, nor what is in them.

use super::{is_unprintable, normalize};

/// The longest name that is made, in bytes: the limit of most file systems.
pub const MAX_FILE_NAME_BYTES: usize = 255;
/// The longest extension that is kept when a name is cut, in bytes.
const MAX_KEPT_EXTENSION: usize = 16;

/// A name that is one component on any system: no path, no control, bidi or reserved character, no device of Windows, no dot
/// or space at an end, and never empty (`file` then).
///
/// A name that is safe already stays as it is, in NFC.
#[must_use]
pub fn safe_file_name(name: &str) -> String {
    let name = normalize(name);
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.chars().filter(|c| !is_unprintable(*c)).collect();
    let replaced = visible.replace(|c| "<>:\"|?*%".contains(c), "_");
    let trimmed = replaced.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let mut safe = match trimmed {
        "" => "file".to_owned(),
        name if is_reserved(name) => format!("_{name}"),
        name => name.to_owned(),
    };
    cut(&mut safe);
    safe
}

/// Whether a name means a device on Windows, with any extension (Microsoft, "Naming Files, Paths, and Namespaces").
pub(crate) fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = |prefix| {
        let number = stem.strip_prefix(prefix).map(|rest| rest.chars().collect::<Vec<_>>());
        matches!(number.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
    };
    matches!(&*stem, "con" | "prn" | "aux" | "nul" | "conin$" | "conout$")
        || numbered("com")
        || numbered("lpt")
}

/// Shortens what stands before the extension. No dot or space is left before it, as if it had been trimmed.
fn cut(name: &mut String) {
    if name.len() <= MAX_FILE_NAME_BYTES {
        return;
    }
    let dot = name.rfind('.').filter(|at| name.len() - at <= MAX_KEPT_EXTENSION).unwrap_or(name.len());
    let extension = name.split_off(dot);
    let room = MAX_FILE_NAME_BYTES - extension.len();
    name.truncate(name.floor_char_boundary(room));
    name.truncate(name.trim_end_matches(|c: char| c == '.' || c.is_whitespace()).len());
    name.push_str(&extension);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(name: &str, expected: &str) {
        assert_eq!(safe_file_name(name), expected, "{name}");
    }

    #[test]
    fn names() {
        check("report 2026 (final).pdf", "report 2026 (final).pdf");
        check("../../etc/passwd", "passwd");
        check("..\\..\\boot.ini", "boot.ini");
        check("C:\\a\\b.txt", "b.txt");
        check("a.php\0.jpg", "a.php.jpg");
        check("a%00.jpg", "a_00.jpg");
        check("..", "file");
        check("", "file");
        check(" . a. . ", "a");
        check("CON", "_CON");
        check("com1.txt", "_com1.txt");
        check("lpt².log", "_lpt².log");
        check("console.txt", "console.txt");
        check("invoice\u{202e}fdp.exe", "invoicefdp.exe");
        check("a<b>:\"c|d?*.txt", "a_b___c_d__.txt");
        check("x.txt::$DATA", "x.txt__$DATA");
        check("e\u{301}.txt", "é.txt");
        check(&("é".repeat(200) + ".tar"), &("é".repeat(125) + ".tar"));
        check(&"a".repeat(300), &"a".repeat(255));
    }

    proptest! {
        #[test]
        fn a_safe_name_is_one_component_and_stays(name in "(\\PC|[./\\\\ :\u{0}\u{202e}]|con|nul|com1|\\PC{100}){0,12}") {
            let safe = safe_file_name(&name);
            prop_assert!(!safe.is_empty() && safe.len() <= MAX_FILE_NAME_BYTES);
            prop_assert!(!safe.contains(|c| is_unprintable(c) || "/\\:\0".contains(c)));
            prop_assert!(!safe.starts_with('.') && !safe.ends_with(['.', ' ']) && !is_reserved(&safe));
            prop_assert_eq!(safe_file_name(&safe), safe.clone());
        }
    }
}
