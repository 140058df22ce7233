//! Values with a syntax of their own: [`HostPattern`], [`Upstream`], [`Percent`], durations and sizes.
//!
//! Parsing is pure and knows neither keys nor places; an error says what is wrong with the text and, where
//! it can guess, what was meant.

mod address;
mod quantity;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;

pub(super) use address::{admin_address, listen_address, network};
pub(super) use quantity::{body_size, duration, size, timeout};

/// What is wrong with a text, in words that go before "in `key`".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// `unknown unit`.
    pub(super) message: String,
    /// `expected ms, s, m, h or d`.
    pub(super) label: String,
    /// `did you mean "5s"?`
    pub(super) help: Option<String>,
}

impl Mistake {
    pub(super) fn new(message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { message: message.into(), label: label.into(), help: None }
    }

    pub(super) fn did_you_mean(mut self, text: impl fmt::Display) -> Self {
        self.help = Some(format!("did you mean \"{text}\"?"));
        self
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Whether a text can name a listener or a service: a DNS label, since names become labels of metrics,
/// parts of variables and later of Kubernetes objects.
pub(super) fn is_name(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Which `Host` a service answers for. Lower case, without port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HostPattern {
    /// This name and no other.
    Exact(String),
    /// Every name that ends in this suffix, which starts with a dot: `*.example.com` is `.example.com`.
    /// Any depth matches, the bare domain does not (as in the Gateway API).
    Subdomains(String),
}

impl HostPattern {
    /// Whether a lower-case host without port falls under this pattern.
    pub fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exact(name) => name == host,
            Self::Subdomains(suffix) => host.len() > suffix.len() && host.ends_with(suffix.as_str()),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Subdomains(suffix) => write!(f, "*{suffix}"),
        }
    }
}

/// The address of an instance: `host:port`, never port 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Upstream {
    /// An IP address or a name to resolve.
    pub host: Host,
    /// 1 to 65535.
    pub port: u16,
}

/// What stands before the port of an [`Upstream`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// An address that needs no look-up.
    Ip(IpAddr),
    /// A DNS name in lower case.
    Name(String),
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}", self.port),
            Host::Ip(IpAddr::V4(ip)) => write!(f, "{ip}:{}", self.port),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

/// A share between 0 % and 100 % in steps of 0.01 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    /// Hundredths of a percent, 0 to 10000.
    basis_points: u16,
}

impl Percent {
    /// Reads `20%` or `7.5%`.
    pub(super) fn parse(text: &str) -> Result<Self, Mistake> {
        let expected = "expected a percentage from 0% to 100%, with at most two digits after the point";
        let Some(number) = text.strip_suffix('%') else {
            let mistake = Mistake::new("missing percent sign", expected);
            return Err(if basis_points(text).is_some() {
                mistake.did_you_mean(format!("{text}%"))
            } else {
                mistake
            });
        };
        let basis_points =
            basis_points(number).ok_or_else(|| Mistake::new("malformed percentage", expected))?;
        if basis_points > 10_000 {
            return Err(Mistake::new("more than 100%", expected));
        }
        Ok(Self { basis_points })
    }

    /// The share between 0.0 and 1.0.
    pub fn as_ratio(self) -> f64 {
        f64::from(self.basis_points) / 10_000.0
    }
}

/// Hundredths of a number with at most two decimals.
fn basis_points(number: &str) -> Option<u16> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 2 {
        return None;
    }
    let hundredths: u16 = format!("{decimals:0<2}").parse().ok()?;
    whole.parse::<u16>().ok()?.checked_mul(100)?.checked_add(hundredths)
}
