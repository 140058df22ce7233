//! A claim of a JSON Web Token, **read and not verified**.
//!
//! Main function: [`claim`]. It does not check the signature, the expiry or anything else: anybody can write any claim into
//! a token. Use it only behind something that verifies tokens, and only to tell budgets apart. It must never decide who
//! may do what.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

mod pick;

use pick::Claim;

/// The longest payload that is decoded, in bytes of base64url. A token with a longer one has no claims.
pub const PAYLOAD_MAX: usize = 16 * 1024;

/// Calls `read` with the claim `name` of an **unverified** token (RFC 7519, compact form): a string as it is, an integer in
/// decimal. `None` if the token is no token, or has no such claim of one of these types at its top level. Of a claim that is
/// repeated, the last counts, as for most parsers. Allocates nothing unless a string has escapes.
pub fn claim<R>(token: &[u8], name: &str, read: impl FnOnce(&str) -> R) -> Option<R> {
    let mut parts = token.split(|b| *b == b'.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    if payload.len() > PAYLOAD_MAX {
        return None;
    }
    let mut json = [0; PAYLOAD_MAX / 4 * 3];
    let len = URL_SAFE_NO_PAD.decode_slice(payload, &mut json).ok()?;
    match pick::pick(&json[..len], name)? {
        Claim::Text(text) => Some(read(&text)),
        Claim::Integer(number) => Some(read(itoa::Buffer::new().format(number))),
    }
}

/// The token of an `Authorization` header with the scheme `Bearer` (RFC 6750).
#[must_use]
pub fn bearer(authorization: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = authorization.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(payload: &str) -> Vec<u8> {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload)).into_bytes()
    }

    fn check(payload: &str, name: &str, expect: Option<&str>) {
        assert_eq!(claim(&token(payload), name, str::to_owned).as_deref(), expect, "{name} of {payload}");
    }

    #[test]
    fn strings_and_integers_are_read() {
        check(r#"{"sub":"alice","n":42}"#, "sub", Some("alice"));
        check(r#"{"sub":"alice","n":42}"#, "n", Some("42"));
        check(r#"{"n":-9223372036854775808}"#, "n", Some("-9223372036854775808"));
        check(r#"{"n":18446744073709551615}"#, "n", Some("18446744073709551615"));
        check(r#"{"a":{"sub":"inner"},"sub":"\u00e4\n"}"#, "sub", Some("ä\n"));
        check(r#"{"s\u0075b":"escaped name"}"#, "sub", Some("escaped name"));
        check(r#"{"sub":"first","sub":"last"}"#, "sub", Some("last"));
        check(r#"{"":"empty name"}"#, "", Some("empty name"));
    }

    #[test]
    fn other_types_and_other_places_are_not() {
        for payload in [
            r#"{"sub":null}"#,
            r#"{"sub":true}"#,
            r#"{"sub":1.5}"#,
            r#"{"sub":["alice"]}"#,
            r#"{"sub":{"sub":"alice"}}"#,
            r#"{"sub":"first","sub":{}}"#,
            r#"{"a":{"sub":"alice"}}"#,
            r#"["sub","alice"]"#,
            r#"{"sub":"alice"} and more"#,
            r#"{"sub":"alice""#,
            "",
        ] {
            check(payload, "sub", None);
        }
    }

    #[test]
    fn what_is_no_token_has_no_claims() {
        let good = token(r#"{"sub":"alice"}"#);
        let with = |bytes: &[u8]| claim(bytes, "sub", str::len);
        assert_eq!(with(&good), Some(5));
        assert_eq!(with(&[&good[..], b".x.y"].concat()), None);
        assert_eq!(with(b"e30.eyJzdWIiOiJhIn0"), None);
        assert_eq!(with(b"e30.eyJzdWIiOiJhIn0=.c"), None);
        assert_eq!(with(b""), None);
    }

    #[test]
    fn the_payload_is_bounded_in_size_and_depth() {
        let filler = |n: usize| format!(r#"{{"a":"{}","sub":"b"}}"#, "x".repeat(n));
        let room = PAYLOAD_MAX / 4 * 3 - filler(0).len();
        check(&filler(room), "sub", Some("b"));
        check(&filler(room + 1), "sub", None);
        let deep = "[".repeat(10_000);
        check(&format!(r#"{{"a":{deep}"#), "sub", None);
        check(&format!(r#"{{"sub":{deep}"#), "sub", None);
    }

    #[test]
    fn a_bearer_token_is_found() {
        for (header, expect) in [
            ("Bearer abc", Some("abc")),
            ("bEARER  abc ", Some("abc")),
            ("Basic abc", None),
            ("Bearer", None),
            ("", None),
        ] {
            assert_eq!(bearer(header.as_bytes()), expect.map(str::as_bytes), "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_token_panics(token in prop::collection::vec(any::<u8>(), 0..200), payload in "\\PC{0,80}") {
            let _ = claim(&token, "sub", str::len);
            let _ = claim(&self::token(&payload), "sub", str::len);
        }
    }
}
