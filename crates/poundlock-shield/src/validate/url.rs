//! URLs as the WHATWG standard reads them, and whether their host is one of the public internet.
//!
//! Main type: [`UrlRule`]. It resolves no names: whoever fetches the URL must ask [`is_public`] again about the address it
//! connects to, or a name that resolves to a private one gets through.

mod address;

pub use address::is_public;

use std::net::IpAddr;
use url::{Host, Url};

/// The longest URL in bytes that a rule accepts by default; browsers and proxies cut at about this length.
pub const DEFAULT_MAX_URL_BYTES: usize = 2_048;
/// Top-level names of private networks, and of machines themselves (RFC 6761, 6762, 8375, 9476; ICANN's `internal`).
const PRIVATE_NAMES: [&str; 14] = [
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "home.arpa",
    "test",
    "invalid",
    "onion",
    "alt",
];
/// Public names whose labels are answered with the address written in them, or always with a loopback address.
const REBINDING_NAMES: [&str; 9] = [
    "nip.io",
    "sslip.io",
    "xip.io",
    "localtest.me",
    "lvh.me",
    "vcap.me",
    "lacolhost.com",
    "localho.st",
    "rbndr.us",
];

/// Which hosts a URL may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Hosts {
    /// Any.
    Any,
    /// Names with a dot that are not private, and public addresses: not loopback, private, link-local, cloud metadata,
    /// however they are written.
    #[default]
    Public,
    /// Public names, but no addresses at all.
    PublicNames,
}

/// Which URLs are accepted. Credentials (`user:password@`) never are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlRule {
    /// Schemes in lower case.
    pub schemes: Vec<String>,
    /// The most bytes.
    pub max_bytes: usize,
    /// Which hosts.
    pub hosts: Hosts,
}

impl Default for UrlRule {
    /// `https` and `http` to public hosts.
    fn default() -> Self {
        let schemes = vec!["https".to_owned(), "http".to_owned()];
        Self { schemes, max_bytes: DEFAULT_MAX_URL_BYTES, hosts: Hosts::default() }
    }
}

/// Why a URL is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Too many bytes.
    #[error("must be at most {0} bytes long")]
    TooLong(usize),
    /// White space, control characters, or a backslash, which parsers read in different ways.
    #[error("must not hold spaces, control characters or backslashes")]
    Character,
    /// Not a URL with a scheme and a host.
    #[error("must be a complete URL with a scheme and a host")]
    Syntax,
    /// A scheme that is not accepted.
    #[error("must start with one of {0}")]
    Scheme(String),
    /// A user name or password.
    #[error("must not hold a user name or a password")]
    Credentials,
    /// A host that is not accepted.
    #[error("must name a host on the public internet")]
    PrivateHost,
    /// An address where only names are accepted.
    #[error("must name its host by a domain name, not by an address")]
    Address,
}

impl UrlRule {
    /// Checks a URL and returns it in normal form: what was checked is what is to be used.
    ///
    /// # Errors
    /// The first problem.
    pub fn check(&self, text: &str) -> Result<Url, UrlError> {
        if text.len() > self.max_bytes {
            return Err(UrlError::TooLong(self.max_bytes));
        }
        if text.chars().any(|c| c == '\\' || c.is_whitespace() || crate::sanitize::is_unprintable(c)) {
            return Err(UrlError::Character);
        }
        let url = Url::parse(text).map_err(|_| UrlError::Syntax)?;
        if !self.schemes.iter().any(|scheme| scheme == url.scheme()) {
            return Err(UrlError::Scheme(self.schemes.join(", ")));
        }
        // Without two slashes the standard still finds a host after `https:`, and other parsers do not.
        let rest = &text[text.find(':').map_or(0, |at| at + 1)..];
        if !rest.starts_with("//") || rest.starts_with("///") {
            return Err(UrlError::Syntax);
        }
        let authority = rest[2..].split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        let host = url.host().ok_or(UrlError::Syntax)?;
        self.check_host(&host)?;
        Ok(url)
    }

    fn check_host(&self, host: &Host<&str>) -> Result<(), UrlError> {
        let public = match host {
            _ if self.hosts == Hosts::Any => return Ok(()),
            Host::Domain(name) => is_public_name(name),
            _ if self.hosts == Hosts::PublicNames => return Err(UrlError::Address),
            Host::Ipv4(address) => is_public(IpAddr::V4(*address)),
            Host::Ipv6(address) => is_public(IpAddr::V6(*address)),
        };
        if public { Ok(()) } else { Err(UrlError::PrivateHost) }
    }
}

/// Whether a name can be looked up on the public internet, as far as the name itself says.
///
/// Schemes other than those of the web keep hosts as they were written, so numbers are refused here too.
fn is_public_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let below = |parent: &&str| name == **parent || name.ends_with(&format!(".{parent}"));
    let top = name.rsplit('.').next().unwrap_or_default();
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let numeric = top.starts_with(|c: char| c.is_ascii_digit());
    name.contains('.')
        && plain
        && !numeric
        && !name.split('.').any(str::is_empty)
        && !PRIVATE_NAMES.iter().chain(&REBINDING_NAMES).any(below)
}

#[cfg(test)]
mod tests;
