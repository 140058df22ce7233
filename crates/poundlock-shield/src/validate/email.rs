//! E-mail addresses (RFC 5321 4.1.2, RFC 5322 3.4.1, RFC 6531), without comments, folding or display names.
//!
//! Main function: [`check_email`]. It does not know whether a mailbox or a domain exists.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The longest address in octets: the path limit of RFC 5321 4.5.3.1.3 without its two brackets.
pub const MAX_EMAIL_BYTES: usize = 254;
/// The longest local part in octets (RFC 5321 4.5.3.1.1).
pub const MAX_LOCAL_BYTES: usize = 64;
/// Top-level names that never deliver (RFC 6761, RFC 6762, RFC 7686, RFC 9476).
const SPECIAL: [&str; 7] = ["test", "invalid", "localhost", "example", "local", "onion", "alt"];

/// How much of what the standards permit is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum EmailLevel {
    /// What RFC 5321 and 6531 permit: quoted local parts, one-label domains and address literals too.
    Lenient,
    /// A dot-atom at a domain with at least two labels; letters of any script. `test@ok` fails.
    #[default]
    Standard,
    /// ASCII letters, digits and `._%+-` before the `@`, and a top-level domain that could be delegated.
    Strict,
}

/// An accepted address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email {
    /// What stands before the `@`, as it was written.
    pub local: String,
    /// The domain in lower-case A-label form (`xn--…`), or an address literal with its brackets.
    pub domain: String,
}

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// More than [`MAX_EMAIL_BYTES`].
    #[error("must be at most {MAX_EMAIL_BYTES} bytes long")]
    TooLong,
    /// There is no `@`.
    #[error("must hold an @ between a name and a domain")]
    NoAt,
    /// Nothing or more than [`MAX_LOCAL_BYTES`] before the `@`.
    #[error("must have 1 to {MAX_LOCAL_BYTES} bytes before the @")]
    LocalLength,
    /// A dot at an end of the local part, or two in a row.
    #[error("must not start or end the name with a dot, or hold two dots in a row")]
    LocalDots,
    /// A character that this level does not accept before the `@`, quotes included.
    #[error("must not hold this character before the @")]
    LocalCharacter,
    /// A quoted local part that is not well-formed.
    #[error("must close the quotes before the @ and escape what is in them")]
    Quotes,
    /// Not a domain name.
    #[error("must have a valid domain after the @")]
    Domain,
    /// Only one label where two are wanted.
    #[error("must have a domain with at least one dot after the @")]
    OneLabel,
    /// A top-level domain that cannot receive mail from the internet.
    #[error("must have a public top-level domain")]
    TopLevel,
    /// An address literal that is malformed or not accepted at this level.
    #[error("must have a domain name after the @, not an address")]
    Literal,
}

/// Checks an address.
///
/// # Errors
/// The first problem, from left to right.
pub fn check_email(text: &str, level: EmailLevel) -> Result<Email, EmailError> {
    if text.len() > MAX_EMAIL_BYTES {
        return Err(EmailError::TooLong);
    }
    let (local, domain) = text.rsplit_once('@').ok_or(EmailError::NoAt)?;
    check_local(local, level)?;
    let domain = match domain.strip_prefix('[') {
        Some(literal) => check_literal(literal, level).map(|()| domain.to_owned())?,
        None => check_domain(domain, level)?,
    };
    // The A-label form may be longer than what was written.
    match local.len() + 1 + domain.len() <= MAX_EMAIL_BYTES {
        true => Ok(Email { local: local.to_owned(), domain }),
        false => Err(EmailError::TooLong),
    }
}

fn check_local(local: &str, level: EmailLevel) -> Result<(), EmailError> {
    if local.is_empty() || local.len() > MAX_LOCAL_BYTES {
        return Err(EmailError::LocalLength);
    }
    if level == EmailLevel::Lenient && local.starts_with('"') {
        return check_quoted(local);
    }
    let accepts = if level == EmailLevel::Strict { is_strict } else { is_atom };
    if !local.chars().all(|c| c == '.' || accepts(c)) {
        return Err(EmailError::LocalCharacter);
    }
    match local.split('.').any(str::is_empty) {
        true => Err(EmailError::LocalDots),
        false => Ok(()),
    }
}

fn is_strict(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_%+-".contains(c)
}

/// `atext` of RFC 5322 with the UTF-8 of RFC 6531, less what is invisible.
fn is_atom(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c),
        false => c.is_alphanumeric() || !(c.is_whitespace() || crate::sanitize::is_unprintable(c)),
    }
}

/// A quoted string of RFC 5321: printable ASCII or UTF-8, with `"` and `\` escaped.
fn check_quoted(local: &str) -> Result<(), EmailError> {
    let inner = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or(EmailError::Quotes)?;
    let mut escaped = false;
    for c in inner.chars() {
        if crate::sanitize::is_unprintable(c) || (c == '"' && !escaped) {
            return Err(EmailError::Quotes);
        }
        escaped = c == '\\' && !escaped;
    }
    // A lone quote is both ends at once, and a last backslash escapes the closing quote.
    if escaped || local.len() < 2 { Err(EmailError::Quotes) } else { Ok(()) }
}

fn check_domain(domain: &str, level: EmailLevel) -> Result<String, EmailError> {
    let ascii = Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .map_err(|_| EmailError::Domain)?
        .into_owned();
    let top = ascii.rsplit('.').next().unwrap_or_default();
    if top.bytes().all(|b| b.is_ascii_digit()) {
        // A number at the end is an IPv4 address, well-formed or not (WHATWG URL, "ends in a number").
        return Err(EmailError::Literal);
    }
    if level == EmailLevel::Lenient {
        return Ok(ascii);
    }
    if !ascii.contains('.') {
        return Err(EmailError::OneLabel);
    }
    let delegable =
        top.len() >= 2 && (top.bytes().all(|b| b.is_ascii_alphabetic()) || top.starts_with("xn--"));
    let public = delegable && (level < EmailLevel::Strict || !SPECIAL.contains(&top));
    if public { Ok(ascii) } else { Err(EmailError::TopLevel) }
}

fn check_literal(literal: &str, level: EmailLevel) -> Result<(), EmailError> {
    let inner = literal.strip_suffix(']').filter(|_| level == EmailLevel::Lenient);
    let valid = inner.is_some_and(|inner| match inner.strip_prefix("IPv6:") {
        Some(six) => six.parse::<Ipv6Addr>().is_ok(),
        None => inner.parse::<Ipv4Addr>().is_ok(),
    });
    if valid { Ok(()) } else { Err(EmailError::Literal) }
}

#[cfg(test)]
mod tests;
