//! What a body is: by what it says and by how it begins.
//!
//! Main items: [`Declared`], read from `Content-Type`, and [`sniff`].

/// A format of bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `application/x-www-form-urlencoded`
    Form,
    /// JSON or lines of it
    Json,
    /// XML
    Xml,
    /// `multipart/form-data`
    Multipart,
    /// `application/graphql`
    Graphql,
    /// Text of no structure
    Text,
    /// Nothing that is read as text: images, archives, protobuf
    Binary,
}

/// What `Content-Type` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The format; `None` when there is no header, or when it is none that is known.
    pub kind: Option<Kind>,
    /// The boundary of a multipart body.
    pub boundary: Vec<u8>,
    /// Whether the header is one that two readers may read in two ways.
    pub ambiguous: bool,
}

impl Declared {
    /// Reads the value of a `Content-Type` header.
    pub fn read(header: Option<&[u8]>) -> Self {
        let header = header.unwrap_or_default();
        let essence = header.split(|byte| matches!(byte, b';' | b',')).next().unwrap_or_default();
        let essence = essence.trim_ascii().to_ascii_lowercase();
        let count = |word: &[u8]| memchr::memmem::find_iter(&header.to_ascii_lowercase(), word).count();
        Self {
            kind: kind(&essence),
            boundary: boundary(header),
            ambiguous: count(b"boundary=") > 1 || count(b"charset=") > 1,
        }
    }
}

fn kind(essence: &[u8]) -> Option<Kind> {
    let text = std::str::from_utf8(essence).ok()?;
    let (major, minor) = text.split_once('/')?;
    Some(match (major, minor) {
        ("application", "x-www-form-urlencoded") => Kind::Form,
        ("multipart", _) => Kind::Multipart,
        ("application", "graphql") => Kind::Graphql,
        (
            "application" | "text",
            "json" | "x-ndjson" | "ndjson" | "jsonl" | "x-json" | "csp-report" | "json5",
        ) => Kind::Json,
        (_, minor) if minor.ends_with("+json") => Kind::Json,
        ("application" | "text", "xml" | "xhtml+xml" | "soap+xml") => Kind::Xml,
        (_, minor) if minor.ends_with("+xml") && major != "image" => Kind::Xml,
        ("text", _) => Kind::Text,
        ("image" | "audio" | "video" | "font" | "model", _) => Kind::Binary,
        (
            "application",
            "octet-stream" | "pdf" | "zip" | "gzip" | "wasm" | "protobuf" | "x-protobuf" | "grpc",
        ) => Kind::Binary,
        ("application", minor) if minor.starts_with("grpc") || minor.starts_with("vnd.") => Kind::Binary,
        _ => return None,
    })
}

fn boundary(header: &[u8]) -> Vec<u8> {
    let lower = header.to_ascii_lowercase();
    let Some(at) = memchr::memmem::find(&lower, b"boundary=") else { return Vec::new() };
    let rest = &header[at + 9..];
    let value = match rest.strip_prefix(b"\"") {
        Some(quoted) => quoted.split(|byte| *byte == b'"').next(),
        None => rest.split(|byte| matches!(byte, b';' | b',' | b' ')).next(),
    };
    value.unwrap_or_default().to_vec()
}

/// What a body is by its first bytes, or `None` when that cannot be told.
pub fn sniff(start: &[u8]) -> Option<Kind> {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let text = start.trim_ascii_start();
    match text {
        [] => None,
        [b'-', b'-', ..] if text.len() > 4 && memchr::memmem::find(text, b"ontent-").is_some() => {
            Some(Kind::Multipart)
        }
        [b'{' | b'[', ..] => {
            let next = text[1..].trim_ascii_start().first().copied();
            matches!(
                next,
                Some(b'"' | b'\'' | b'{' | b'[' | b'}' | b']' | b'0'..=b'9' | b'-' | b't' | b'f' | b'n')
                    | None
            )
            .then_some(Kind::Json)
        }
        [b'<', b'?' | b'!', ..] => Some(Kind::Xml),
        [b'<', next, ..] if next.is_ascii_alphabetic() => Some(Kind::Xml),
        _ if start.iter().any(|byte| matches!(byte, 0..=8 | 14..=26)) => Some(Kind::Binary),
        _ => is_form(start).then_some(Kind::Form),
    }
}

/// `name=`, with nothing in the name that a form would have escaped.
fn is_form(start: &[u8]) -> bool {
    let name =
        start.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.[]%+*$".contains(byte)).count();
    name > 0 && start.get(name) == Some(&b'=')
}
