//! What of a value may be shown.
//!
//! Main item: [`shown`].

/// Parts of field names whose values are secrets.
const SECRET_FIELDS: [&str; 14] = [
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "authorization",
    "cookie",
    "session",
    "apikey",
    "api_key",
    "api-key",
    "credit",
    "card",
    "cvv",
];

/// Digits or letters in a row that may be a key: more of them are masked.
const LONGEST_RUN: usize = 24;

/// `bytes` as text for a log: no controls, and secrets masked by `•`.
///
/// In a field that is named like a secret, every letter and digit is masked, so that the grammar of an attack is
/// still seen. Elsewhere long runs of letters with digits are.
pub(super) fn shown(bytes: &[u8], field: &str) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lower = field.to_ascii_lowercase();
    let secret = SECRET_FIELDS.iter().any(|name| lower.contains(name));
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for char in text.chars() {
        if char.is_ascii_alphanumeric() {
            run.push(char);
            continue;
        }
        flush(&mut run, &mut out, secret);
        out.push(if char.is_control() { ' ' } else { char });
    }
    flush(&mut run, &mut out, secret);
    out
}

fn flush(run: &mut String, out: &mut String, secret: bool) {
    if run.is_empty() {
        return;
    }
    let mixed = run.bytes().any(|b| b.is_ascii_digit()) && run.bytes().any(|b| b.is_ascii_alphabetic());
    if secret || (run.len() >= LONGEST_RUN && mixed) {
        out.push('•');
    } else {
        out.push_str(run);
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_grammar_stays() {
        assert_eq!(shown(b"hunter2' OR 1=1", "user.password"), "•' • •=•");
        assert_eq!(shown(b"a 4eC39HqLyjWDarjtT1zdp7dc0 b", "q"), "a • b");
        assert_eq!(shown(b"plain\ntext", "q"), "plain text");
    }
}
