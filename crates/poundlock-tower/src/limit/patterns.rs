//! Which paths and methods a limit applies to.
//!
//! Main type: [`Patterns`]. A path is compared as the service will read it: decoded, without `.` segments and doubled
//! slashes, so that no spelling of it escapes a limit.

use http::Method;
use http::request::Parts;
use std::borrow::Cow;

/// Paths and methods; nothing said is everything.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    /// Exact paths, and beginnings of paths.
    exact: Box<[Box<str>]>,
    prefixes: Box<[Box<str>]>,
    methods: Box<[Method]>,
}

impl Patterns {
    /// Paths, of which one that ends in `*` stands for all that begin so, and methods. Either may be empty: all of them.
    pub fn new<'a>(
        paths: impl IntoIterator<Item = &'a str>,
        methods: impl IntoIterator<Item = Method>,
    ) -> Self {
        let (mut exact, mut prefixes) = (Vec::new(), Vec::new());
        for path in paths {
            match path.strip_suffix('*') {
                Some(prefix) => prefixes.push(prefix.into()),
                None => exact.push(path.into()),
            }
        }
        Self { exact: exact.into(), prefixes: prefixes.into(), methods: methods.into_iter().collect() }
    }

    /// Whether a request is meant.
    pub fn matches(&self, head: &Parts) -> bool {
        let any_path = self.exact.is_empty() && self.prefixes.is_empty();
        (self.methods.is_empty() || self.methods.contains(&head.method))
            && (any_path || self.has(&plain(head.uri.path())))
    }

    fn has(&self, path: &str) -> bool {
        self.exact.iter().any(|exact| **exact == *path)
            || self.prefixes.iter().any(|prefix| path.starts_with(&**prefix))
    }
}

/// The path as a service reads it. Decoded once; bytes that are no UTF-8 stay as they are written.
fn plain(path: &str) -> Cow<'_, str> {
    let odd = path.contains('%') || path.contains("//") || path.contains("/.");
    if !odd {
        return Cow::Borrowed(path);
    }
    let decoded = decode(path);
    let mut segments: Vec<&str> = Vec::new();
    let last = decoded.rsplit('/').next().unwrap_or("");
    for segment in decoded.split('/') {
        match segment {
            "" | "." => {}
            ".." => _ = segments.pop(),
            segment => segments.push(segment),
        }
    }
    let slash = if matches!(last, "" | "." | "..") && !segments.is_empty() { "/" } else { "" };
    Cow::Owned(format!("/{}{slash}", segments.join("/")))
}

fn decode(path: &str) -> Cow<'_, str> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    match String::from_utf8(bytes) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(path),
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn check(paths: &[&str], method: &str, uri: &str, expect: bool) {
        let patterns = Patterns::new(paths.iter().copied(), [Method::POST, Method::PUT]);
        let (head, ()) = Request::builder().method(method).uri(uri).body(()).unwrap().into_parts();
        assert_eq!(patterns.matches(&head), expect, "{method} {uri}");
    }

    #[test]
    fn no_spelling_of_a_path_escapes() {
        for uri in [
            "/v1/a",
            "/v1/",
            "//v1/a",
            "/%76%31/a",
            "/x/../v1/a",
            "/./v1//a",
            "/v1%2fa",
            "/v1/..%2f/v1/a",
            "/v1/ä?x",
        ] {
            if let Ok(uri) = uri.parse::<http::Uri>() {
                check(&["/v1/*"], "POST", &uri.to_string(), true);
            }
        }
        for uri in ["/v1", "/v10/a", "/V1/a", "/v1/../x", "/", "/%zz/v1/"] {
            check(&["/v1/*"], "POST", uri, false);
        }
    }

    #[test]
    fn exact_paths_methods_and_nothing() {
        check(&["/login"], "POST", "/login?x=/v1", true);
        check(&["/login"], "POST", "/login/", false);
        check(&["/login"], "GET", "/login", false);
        check(&[], "PUT", "/any", true);
        let (head, ()) = Request::builder().uri("/x").body(()).unwrap().into_parts();
        assert!(Patterns::default().matches(&head));
    }

    proptest::proptest! {
        #[test]
        fn any_path_has_a_plain_form_without_dots(path in "/[a-z%./2fE]{0,40}") {
            let plain = plain(&path);
            proptest::prop_assert!(plain.starts_with('/'));
            if path.contains('%') || path.contains("//") || path.contains("/.") {
                proptest::prop_assert!(!plain.split('/').any(|s| s == "." || s == ".."), "{plain}");
            }
        }
    }
}
