//! [`Payload`]: what the body of a request consists of, and what of it is an attack.

/// A kind of body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload {
    /// The letter x.
    Octets,
    /// Fields of a form with the text of a support ticket.
    Form,
    /// A list of orders: fewer than the thousand values that `ModSecurity` takes.
    Json,
}

/// A text as people write it, with what makes lazy detectors suspicious: quotes, `select`, `and`, numbers.
const PROSE: &str = "Hello, I can't select a delivery day for order 48213 and the page says \"try again\". It worked on \
    Friday (14:30) & on my wife's phone; the total was 39,90 EUR. Where is the script for the returns label? ";

impl Payload {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Octets => "application/octet-stream",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
        }
    }

    /// A body of this many bytes.
    pub(super) fn bytes(self, length: usize) -> Vec<u8> {
        match self {
            Self::Octets => vec![b'x'; length],
            Self::Form => {
                let field = |number| format!("field{number}={}&", form_text(PROSE));
                let text: String = fill((0..).map(field), length.saturating_sub(6));
                padded(text, "last=", 'z', "", length)
            }
            Self::Json => {
                let order = |number: usize| {
                    format!(
                        "{{\"id\":{number},\"sku\":\"A-{:06}\",\"paid\":true,\"note\":{}}},",
                        number * 7919 % 1_000_000,
                        serde_json::Value::from(PROSE.repeat(3))
                    )
                };
                let text = format!("[{}", fill((0..).map(order), length.saturating_sub(8)));
                padded(text, "\"", 'z', "\"]", length)
            }
        }
    }
}

/// As many of the parts as fit into `length` bytes.
fn fill(parts: impl Iterator<Item = String>, length: usize) -> String {
    let mut text = String::new();
    for part in parts {
        if text.len() + part.len() > length {
            return text;
        }
        text.push_str(&part);
    }
    text
}

/// The text with a last value that makes it `length` bytes long.
fn padded(mut text: String, before: &str, with: char, after: &str, length: usize) -> Vec<u8> {
    text.push_str(before);
    while text.len() + after.len() < length {
        text.push(with);
    }
    text.push_str(after);
    text.into_bytes()
}

/// Text as a browser writes it into a form.
fn form_text(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        b if b.is_ascii_alphanumeric() || b"*-._".contains(&b) => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_valid_and_as_long_as_they_should_be() {
        for length in [10_000, 100_000] {
            for payload in [Payload::Octets, Payload::Form, Payload::Json] {
                assert_eq!(payload.bytes(length).len(), length, "{payload:?}");
            }
            let orders: Vec<serde_json::Value> =
                serde_json::from_slice(&Payload::Json.bytes(length)).unwrap();
            assert_eq!(orders[1]["note"], PROSE.repeat(3));
        }
        assert!(Payload::Form.bytes(10_000).is_ascii());
    }
}
