//! Escapes by the place where text will stand.
//!
//! Main functions: [`html`], [`attribute`], [`js_string`], [`url_component`], [`css_string`]. Each belongs to one place: an
//! attribute value needs quotes around it, and a URL that comes from a client needs its scheme checked as well, which no
//! escape does. (OWASP, Cross Site Scripting Prevention: rules for output encoding.)

use std::{borrow::Cow, fmt::Write as _};

/// For text between tags, and for attribute values in quotes: `& < > " '` become entities.
#[must_use]
pub fn html(text: &str) -> Cow<'_, str> {
    escape(text, |c| matches!(c, '&' | '<' | '>' | '"' | '\''), |out, c| out.push_str(entity(c)))
}

fn entity(c: char) -> &'static str {
    match c {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        _ => "&#39;",
    }
}

/// For attribute values, also where the quotes were forgotten: every ASCII character but letters, digits and `,.-_` becomes a
/// numeric entity. NUL, which no entity can name, becomes U+FFFD.
#[must_use]
pub fn attribute(text: &str) -> Cow<'_, str> {
    let special =
        |c: char| (c.is_ascii() && !c.is_ascii_alphanumeric() && !",.-_".contains(c)) || c.is_whitespace();
    escape(text, special, |out, c| match c {
        '\0' => out.push('\u{fffd}'),
        c => push(out, format_args!("&#x{:x};", u32::from(c))),
    })
}

/// For the inside of a JavaScript string literal with any quotes, in a script element too: what could end the literal, the
/// line, the template or the element becomes `\xHH` or `\uHHHH`.
#[must_use]
pub fn js_string(text: &str) -> Cow<'_, str> {
    let special = |c: char| {
        matches!(
            c,
            '"' | '\'' | '`' | '\\' | '<' | '>' | '&' | '=' | '/' | '$' | '{' | '}' | '\u{2028}' | '\u{2029}'
        ) || c.is_control()
    };
    escape(text, special, |out, c| match u32::from(c) {
        c if c < 0x100 => push(out, format_args!("\\x{c:02x}")),
        c => push(out, format_args!("\\u{c:04x}")),
    })
}

/// For one component of a URL: every byte but the unreserved ones (RFC 3986 2.3) becomes `%HH`.
#[must_use]
pub fn url_component(text: &str) -> Cow<'_, str> {
    let special = |c: char| !(c.is_ascii_alphanumeric() || "-._~".contains(c));
    escape(text, special, |out, c| {
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            push(out, format_args!("%{byte:02X}"));
        }
    })
}

/// For the inside of a CSS string literal: every ASCII character but letters and digits becomes `\HHHHHH`, with all six digits,
/// so that nothing after it can be taken for one of them. NUL, which CSS cannot hold, becomes U+FFFD.
#[must_use]
pub fn css_string(text: &str) -> Cow<'_, str> {
    let special =
        |c: char| (c.is_ascii() && !c.is_ascii_alphanumeric()) || c.is_control() || c.is_whitespace();
    escape(text, special, |out, c| match c {
        '\0' => out.push('\u{fffd}'),
        c => push(out, format_args!("\\{:06x}", u32::from(c))),
    })
}

fn escape(
    text: &str,
    special: impl Fn(char) -> bool + Copy,
    write: impl Fn(&mut String, char),
) -> Cow<'_, str> {
    let Some(first) = text.find(special) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + text.len() / 4 + 8);
    out.push_str(&text[..first]);
    for c in text[first..].chars() {
        if special(c) { write(&mut out, c) } else { out.push(c) }
    }
    Cow::Owned(out)
}

fn push(out: &mut String, what: std::fmt::Arguments<'_>) {
    let _infallible = out.write_fmt(what);
}

#[cfg(test)]
mod tests;
