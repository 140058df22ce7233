//! GraphQL documents: how deep they nest, and what they ask about the schema.
//!
//! Main item: [`shape`]. The strings in a document are leaves like any other and are found by the body's
//! parser.

/// What a document looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shape {
    /// The deepest nesting of selections.
    pub depth: usize,
    /// How many fields have an alias.
    pub aliases: usize,
    /// Whether it asks for the schema.
    pub introspection: bool,
}

/// Measures `text`, if it is a GraphQL document: an operation or a selection, with balanced braces.
pub fn shape(text: &[u8]) -> Option<Shape> {
    let start = text.trim_ascii_start();
    let operations = ["query", "mutation", "subscription", "fragment", "{"];
    let found = operations.iter().find(|word| start.starts_with(word.as_bytes()))?;
    // JSON starts with a brace too: a selection has a name next.
    let inner = start[found.len()..].trim_ascii_start();
    if *found == "{" && !inner.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
        return None;
    }
    let shape = measure(start);
    (shape.depth > 0).then_some(shape)
}

fn measure(text: &[u8]) -> Shape {
    let mut shape = Shape::default();
    let (mut depth, mut round, mut quoted) = (0usize, 0usize, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'"' if at == 0 || text[at - 1] != b'\\' => quoted = !quoted,
            _ if quoted => {}
            b'(' => round += 1,
            b')' => round = round.saturating_sub(1),
            b'{' if round == 0 => {
                depth += 1;
                shape.depth = shape.depth.max(depth);
            }
            b'}' if round == 0 => depth = depth.saturating_sub(1),
            b':' if round == 0 && depth > 0 => shape.aliases += 1,
            _ => {}
        }
    }
    let asks = [&b"__schema"[..], b"__type(", b"__type ("];
    shape.introspection = asks.iter().any(|word| memchr::memmem::find(text, word).is_some());
    shape
}
