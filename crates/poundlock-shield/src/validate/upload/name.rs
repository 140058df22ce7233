//! Names of uploaded files.
//!
//! Main function: [`check_name`]. It refuses; [`crate::sanitize::safe_file_name`] repairs.

use crate::sanitize::is_unprintable;

/// Extensions that a server might run or a browser might show as a page, wherever in a name they stand: Apache's `AddHandler`
/// looks at each of them, not only at the last.
const ACTIVE_EXTENSIONS: [&str; 34] = [
    "php", "php3", "php4", "php5", "php7", "php8", "phps", "pht", "phtm", "phtml", "phar", "inc", "jsp",
    "jspx", "jspf", "asp", "aspx", "ashx", "asmx", "asa", "cer", "cgi", "pl", "py", "rb", "sh", "exe", "com",
    "bat", "cmd", "shtml", "htaccess", "html", "htm",
];

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing.
    #[error("must have a file name")]
    Empty,
    /// Too many bytes.
    #[error("must have a file name of at most {0} bytes")]
    TooLong(usize),
    /// A path: `/`, `\`, `..`, a drive, or one of them percent-encoded.
    #[error("must have a file name without a path")]
    Path,
    /// NUL, control and bidi characters, or `<>:"|?*;`, which mean something to file systems, shells or servers.
    #[error("must have a file name of letters, digits and plain punctuation")]
    Character,
    /// A device name of Windows.
    #[error("must not have a file name that is reserved on Windows")]
    Reserved,
    /// A dot or a space at an end.
    #[error("must not have a file name that starts or ends with a dot or a space")]
    Edge,
    /// No extension.
    #[error("must have a file name with an extension")]
    NoExtension,
    /// An extension before the last one that a server might act on: `a.php.jpg`.
    #[error("must not have a second extension in its file name")]
    DoubleExtension,
}

/// Checks a name and returns its extension in lower case.
///
/// # Errors
/// See [`NameError`].
pub fn check_name(name: &str, max_bytes: usize) -> Result<String, NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > max_bytes {
        return Err(NameError::TooLong(max_bytes));
    }
    let lower = name.to_lowercase();
    if name.contains(['/', '\\']) || name == ".." || hides_path(&lower) || is_drive(&lower) {
        return Err(NameError::Path);
    }
    if name.contains(|c: char| is_unprintable(c) || "<>:\"|?*;".contains(c)) {
        return Err(NameError::Character);
    }
    if name.starts_with(edge) || name.ends_with(edge) {
        return Err(NameError::Edge);
    }
    if crate::sanitize::is_reserved(name) {
        return Err(NameError::Reserved);
    }
    let mut parts = lower.split('.').skip(1).collect::<Vec<_>>();
    let extension = parts.pop().filter(|extension| !extension.is_empty()).ok_or(NameError::NoExtension)?;
    match parts.iter().any(|part| ACTIVE_EXTENSIONS.contains(&part.trim())) {
        true => Err(NameError::DoubleExtension),
        false => Ok(extension.to_owned()),
    }
}

fn edge(c: char) -> bool {
    c == '.' || c.is_whitespace()
}

fn is_drive(lower: &str) -> bool {
    lower.as_bytes().get(1) == Some(&b':') && lower.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Whether percent-encoding hides a separator, a dot, a NUL or a percent sign.
fn hides_path(lower: &str) -> bool {
    ["%2f", "%5c", "%2e", "%00", "%25", "%c0", "%u"].iter().any(|code| lower.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use NameError::*;

    fn check(name: &str, expected: Result<&str, NameError>) {
        assert_eq!(check_name(name, 64), expected.map(str::to_owned), "{name}");
    }

    #[test]
    fn names() {
        check("a.png", Ok("png"));
        check("Bericht 2026 (100%) – ü.PDF", Ok("pdf"));
        check("backup.tar.gz", Ok("gz"));
        check("v1.2.3.zip", Ok("zip"));
        check("", Err(Empty));
        check(&"a".repeat(65), Err(TooLong(64)));
        for name in [
            "../a.png",
            "..\\a.png",
            "/etc/passwd",
            "a/b.png",
            "..",
            "%2e%2e%2fa.png",
            "..%5Ca.png",
            "a%00.png",
            "%252e.png",
            "..%c0%af.png",
            "c:a.png",
        ] {
            check(name, Err(Path));
        }
        for name in [
            "a\0.png",
            "a.php\0.png",
            "a\n.png",
            "gpj.\u{202e}exe.png",
            "a.asp;.jpg",
            "a.txt::$DATA",
            "a<b.png",
            "a\u{200b}.png",
        ] {
            check(name, Err(Character));
        }
        for name in ["con.png", "NUL.txt", "Com1.jpg", "aux.tar.gz"] {
            check(name, Err(Reserved));
        }
        for name in [".htaccess", "a.php.", "a.png ", " a.png", "a.exe . . ."] {
            check(name, Err(Edge));
        }
        check("README", Err(NoExtension));
        for name in ["a.php.jpg", "a.PHTML.png", "a.jsp.gif", "a.php5.jpg", "a.html.txt", "a.php .jpg"] {
            check(name, Err(DoubleExtension));
        }
    }
}
