//! Which elements, attributes and instructions of markup run something.
//!
//! Main functions: [`judge_element`], [`judge_attribute`], [`judge_instruction`]; names come in lower case. They do not know how
//! markup is read.

use crate::sanitize::unescape;

/// Elements that run or load something, with any prefix.
const ELEMENTS: [(&str, &str); 14] = [
    ("script", "a script"),
    ("handler", "a script"),
    ("listener", "a script"),
    ("foreignobject", "a foreign object"),
    ("iframe", "a frame"),
    ("frame", "a frame"),
    ("frameset", "a frame"),
    ("embed", "an embedded object"),
    ("object", "an embedded object"),
    ("applet", "an embedded object"),
    ("portal", "a frame"),
    ("base", "a base address"),
    ("link", "a linked style"),
    ("import", "a linked style"),
];
/// Beginnings of URLs that run or hold markup, as they stand anywhere in a value without its spaces.
const URLS: [&str; 7] = [
    "javascript:",
    "vbscript:",
    "data:text/",
    "data:image/svg",
    "data:application/x",
    "data:application/j",
    "data:;",
];

/// Judges an element.
pub(super) fn judge_element(element: &str) -> Option<&'static str> {
    ELEMENTS.iter().find(|(name, _)| *name == element).map(|(_, what)| *what)
}

/// Judges an attribute. `cut` says that the value was longer than what is kept of it.
pub(super) fn judge_attribute(name: &str, value: &str, cut: bool) -> Option<&'static str> {
    let decoded = unescape(value).to_lowercase();
    let seen: String = decoded.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let handler = |name: &str| name.len() > 2 && name.starts_with("on");
    match name {
        name if handler(name) => Some("an event handler"),
        "srcdoc" => Some("a frame"),
        "charset" if !is_utf8(&seen) => Some("another encoding than UTF-8"),
        "http-equiv" if seen == "refresh" => Some("a redirection"),
        "attributename" if handler(&seen) || seen.ends_with("href") => Some("an animated link"),
        // Behind enough references to white space, a script would lie beyond what is kept.
        _ if cut && seen.len() < value.len() / 2 => Some("an overlong encoded value"),
        _ => URLS.iter().any(|url| seen.contains(url)).then_some("a script in a link"),
    }
}

/// Judges what stands between `<?` and `>`.
pub(super) fn judge_instruction(text: &str) -> Option<&'static str> {
    let target = text.split(|c: char| c.is_whitespace() || c == '?').next().unwrap_or_default();
    let encoding = text.split_once("encoding").map(|(_, rest)| rest);
    match target {
        "xml" if encoding.is_some_and(|value| !is_utf8(value)) => Some("another encoding than UTF-8"),
        "xml-stylesheet" => Some("a linked style"),
        target if target.starts_with("php") || target.starts_with('=') => Some("PHP code"),
        _ => None,
    }
}

fn is_utf8(value: &str) -> bool {
    let letters: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    ["utf8", "usascii", "ascii"].iter().any(|known| letters.starts_with(known))
}

/// A name without its prefix.
pub(super) fn local(name: &[u8]) -> &str {
    std::str::from_utf8(name).unwrap_or_default().rsplit(':').next().unwrap_or_default()
}

/// The first element of a text that begins with markup, in lower case without its prefix; comments, instructions and a document
/// type may stand before it.
pub(super) fn first_element(text: &str) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let after = match rest.strip_prefix('<')?.chars().next()? {
            '!' if rest.starts_with("<!--") => rest[4..].find("-->").map(|at| 4 + at + 3)?,
            '!' => {
                let declarations = rest.find(['[', '>']).filter(|at| rest[*at..].starts_with('['));
                let from = declarations.map_or(Some(0), |at| rest[at..].find(']').map(|end| at + end))?;
                rest[from..].find('>').map(|at| from + at + 1)?
            }
            '?' => rest.find("?>")? + 2,
            c if c.is_alphabetic() || c == '_' => {
                let name = rest[1..].split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next()?;
                return Some(local(name.to_lowercase().as_bytes()).to_owned());
            }
            _ => return None,
        };
        rest = &rest[after..];
    }
}
