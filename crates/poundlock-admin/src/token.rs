//! The bearer token that guards calls which change something.
//!
//! Main type: [`Token`]. Where it is kept is not known here.

use crate::refuse;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use poundlock_tower::Rejection;
use std::sync::Arc;

/// The secret of the admin API.
#[derive(Clone)]
pub struct Token(Arc<str>);

impl Token {
    /// A token; an empty one is refused, or nobody would need to know it.
    pub fn new(secret: &str) -> Option<Self> {
        (!secret.is_empty()).then(|| Self(secret.into()))
    }

    /// Compares in a time that tells nothing about how much was right.
    fn matches(&self, given: &[u8]) -> bool {
        let secret = self.0.as_bytes();
        let mut difference = u8::from(given.len() != secret.len());
        for (i, byte) in given.iter().enumerate() {
            difference |= byte ^ secret[i % secret.len()];
        }
        std::hint::black_box(difference) == 0
    }
}

/// Lets a request in that has the token.
pub(crate) async fn required(State(token): State<Token>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(bearer);
    match given {
        Some(secret) if token.matches(secret) => next.run(request).await,
        _ => refuse(&Rejection::Unauthorized, request.extensions()),
    }
}

/// The credentials of `Bearer …`; the scheme's name is case-insensitive (RFC 9110 section 11.1).
fn bearer(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, secret) = value.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(secret.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_matches() {
        let token = Token::new("s3cret").unwrap();
        for (given, expect) in
            [("s3cret", true), ("s3cre", false), ("s3crets", false), ("", false), ("S3cret", false)]
        {
            assert_eq!(token.matches(given.as_bytes()), expect, "{given}");
        }
        assert!(Token::new("").is_none());
    }
}
