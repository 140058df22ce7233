//! How the key of a request is made, and how that is written: `"ip"`, `"header:x-api-key"`,
//! `["header:x-tenant", "jwt:sub"]`.
//!
//! Main types: [`KeySpec`] and [`Facts`], what it asks of a request. It does not know HTTP types.

use super::writer::{Writer, fingerprint};
use crate::{Key, client_ip, jwt};
use smallvec::SmallVec;
use std::net::IpAddr;
use std::str::FromStr;

/// How many parts a key may have.
pub const PARTS_MAX: usize = 4;
/// The longest name of a header, cookie or claim, and the longest constant, in bytes.
pub const NAME_MAX: usize = 64;
/// The longest prefix of an IPv6 address that still is one subscriber: a customer gets a /64 or more (RFC 6177), and
/// can take any address of it.
pub const V6_PREFIX: u8 = 64;

/// What a key asks of a request. All answers are `None` when there is no such thing.
pub trait Facts {
    /// The address of the client: see [`client_ip`](fn@crate::client_ip).
    fn ip(&self) -> Option<IpAddr>;

    /// The value of a header, by its lower-case name. Of one that is repeated, `None`: nobody can say which value
    /// the service believes.
    fn header(&self, name: &str) -> Option<&[u8]>;

    /// The value of a cookie; see [`cookie`](crate::cookie).
    fn cookie(&self, name: &str) -> Option<&[u8]>;

    /// The JSON Web Token; by default that of the `Authorization` header. **Its claims are not verified here**: see
    /// [`jwt`](crate::jwt).
    fn token(&self) -> Option<&[u8]> {
        self.header("authorization").and_then(jwt::bearer)
    }

    /// The route that the request takes, as it is configured, not its path.
    fn route(&self) -> Option<&str>;

    /// The service that the request goes to.
    fn service(&self) -> Option<&str>;

    /// The method.
    fn method(&self) -> Option<&str>;
}

/// One part of a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyPart {
    /// The client's address; of IPv6, the network of this prefix, 1–128.
    Ip {
        /// Bits of an IPv6 address that count.
        v6_prefix: u8,
    },
    /// A header's value, by its lower-case name. Hashed.
    Header(String),
    /// A cookie's value. Hashed.
    Cookie(String),
    /// A claim of a JSON Web Token that **somebody else has verified**. Hashed.
    Claim(String),
    /// The route.
    Route,
    /// The service.
    Service,
    /// The method.
    Method,
    /// Always the same.
    Constant(String),
}

/// How a key is made: from at most [`PARTS_MAX`] parts. Of none, one budget for everybody.
///
/// Values of headers, cookies and claims are secrets or belong to people, so that keys hold 128 bits of their SHA-256 instead.
/// (Who can guess a value can check the guess.) Addresses, routes, services, methods and constants can be read; too long,
/// they are hashed as well. Two requests have the same key exactly if all parts are the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct KeySpec {
    parts: SmallVec<[KeyPart; 2]>,
}

/// Why a text says no key. Correct the text; a retry does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySyntax {
    /// Not a known part.
    #[error(
        "unknown key: expected ip, ip/PREFIX, header:NAME, cookie:NAME, jwt:CLAIM, route, service, method, all or constant:TEXT"
    )]
    Unknown,
    /// What stands after the colon.
    #[error("expected a name of 1 to 64 visible ASCII characters after the colon")]
    Name,
    /// What stands after `ip/`.
    #[error("expected an IPv6 prefix from 1 to 128 after `ip/`")]
    Prefix,
    /// More than [`PARTS_MAX`] parts.
    #[error("expected at most 4 parts")]
    Parts,
}

impl KeySpec {
    /// From parts.
    ///
    /// # Errors
    /// [`KeySyntax::Parts`].
    pub fn new(parts: impl IntoIterator<Item = KeyPart>) -> Result<Self, KeySyntax> {
        let parts: SmallVec<_> = parts.into_iter().take(PARTS_MAX + 1).collect();
        if parts.len() > PARTS_MAX { Err(KeySyntax::Parts) } else { Ok(Self { parts }) }
    }

    /// From texts, one a part. `"all"` adds nothing.
    ///
    /// # Errors
    /// See [`KeySyntax`].
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, KeySyntax> {
        let texts = texts.into_iter().filter(|text| *text != "all");
        let parts: Result<SmallVec<[_; PARTS_MAX]>, _> =
            texts.take(PARTS_MAX + 1).map(KeyPart::from_str).collect();
        Self::new(parts?)
    }

    /// Its parts.
    #[must_use]
    pub fn parts(&self) -> &[KeyPart] {
        &self.parts
    }

    /// The key of a request; `None` if it lacks a part. Whether the limit then does not apply or counts by something else
    /// is for the caller to say. Allocates nothing, but for a claim with escapes.
    #[must_use]
    pub fn make(&self, facts: &(impl Facts + ?Sized)) -> Option<Key> {
        let mut key = Writer::default();
        for part in &self.parts {
            part.write(facts, &mut key)?;
        }
        Some(key.finish())
    }
}

impl KeyPart {
    fn write(&self, facts: &(impl Facts + ?Sized), key: &mut Writer) -> Option<()> {
        match self {
            Self::Ip { v6_prefix } => key.address(client_ip::network(facts.ip()?, *v6_prefix)),
            Self::Header(name) => key.secret(facts.header(name)?),
            Self::Cookie(name) => key.secret(facts.cookie(name)?),
            Self::Claim(name) => {
                let hash = jwt::claim(facts.token()?, name, |value| fingerprint(value.as_bytes()))?;
                key.hash(hash);
            }
            Self::Route => key.readable(facts.route()?),
            Self::Service => key.readable(facts.service()?),
            Self::Method => key.readable(facts.method()?),
            Self::Constant(text) => key.readable(text),
        }
        Some(())
    }
}

impl FromStr for KeyPart {
    type Err = KeySyntax;

    fn from_str(text: &str) -> Result<Self, KeySyntax> {
        if let Some(prefix) = text.strip_prefix("ip/") {
            let prefix = crate::rate::number(prefix).and_then(|prefix| u8::try_from(prefix).ok());
            let v6_prefix = prefix.filter(|prefix| (1..=128).contains(prefix)).ok_or(KeySyntax::Prefix)?;
            return Ok(Self::Ip { v6_prefix });
        }
        match text.split_once(':') {
            None => match text {
                "ip" => Ok(Self::Ip { v6_prefix: V6_PREFIX }),
                "route" => Ok(Self::Route),
                "service" => Ok(Self::Service),
                "method" => Ok(Self::Method),
                _ => Err(KeySyntax::Unknown),
            },
            Some(("header", name)) => checked(name).map(|name| Self::Header(name.to_ascii_lowercase())),
            Some(("cookie", name)) => checked(name).map(|name| Self::Cookie(name.to_owned())),
            Some(("jwt", name)) => checked(name).map(|name| Self::Claim(name.to_owned())),
            Some(("constant", text)) => checked(text).map(|text| Self::Constant(text.to_owned())),
            Some(_) => Err(KeySyntax::Unknown),
        }
    }
}

fn checked(name: &str) -> Result<&str, KeySyntax> {
    let fits = (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(name) } else { Err(KeySyntax::Name) }
}

#[cfg(test)]
mod tests;
