//! What a client is told: `RateLimit-Policy`, `RateLimit`, `X-RateLimit-*` and `Retry-After`.
//!
//! Main functions: [`rate_limit_policy`], [`rate_limit`], [`x_rate_limit`] and [`retry_after`]. They do not know header types
//! and allocate nothing. (draft-ietf-httpapi-ratelimit-headers-10; structured fields are RFC 9651.)

use crate::{Decision, Micros};
use line::escaped;

pub use line::{LINE_MAX, Line};

mod line;

/// The largest integer of a structured field: 15 digits.
pub const INTEGER_MAX: u64 = 999_999_999_999_999;

/// What a limit promises: `quota` tokens in `window` seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy<'a> {
    /// Its name.
    pub name: &'a str,
    /// Tokens in a window.
    pub quota: u64,
    /// Seconds.
    pub window: u64,
}

/// The value of `RateLimit-Policy`: `"per-ip";q=100;w=60, "per-key";q=1000;w=60`. A policy that does not fit into
/// [`LINE_MAX`] bytes with those before it is left out.
#[must_use]
pub fn rate_limit_policy<'a>(policies: impl IntoIterator<Item = Policy<'a>>) -> Line {
    let mut line = Line::default();
    for Policy { name, quota, window } in policies {
        line.member(|line| {
            escaped(line, name)?;
            line.parameter(";q=", quota)?;
            line.parameter(";w=", window)
        });
    }
    line
}

/// The value of `RateLimit`: `"per-ip";r=50;t=30`, where `r` can be spent now and all can be in `t` seconds. As for
/// [`rate_limit_policy`], what does not fit is left out.
#[must_use]
pub fn rate_limit<'a>(decisions: impl IntoIterator<Item = (&'a str, Decision)>) -> Line {
    let mut line = Line::default();
    for (name, decision) in decisions {
        line.member(|line| {
            escaped(line, name)?;
            line.parameter(";r=", decision.remaining)?;
            line.parameter(";t=", seconds(decision.reset_after))
        });
    }
    line
}

/// The values of `X-RateLimit-Limit`, `-Remaining` and `-Reset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XRateLimit {
    /// All that can be spent at once.
    pub limit: u64,
    /// What can be spent now.
    pub remaining: u64,
    /// When all can be spent again, in seconds since the Unix epoch.
    pub reset: u64,
}

/// The values that belong to the [most restrictive](most_restrictive) decision. These headers have no standard; `reset` is an
/// instant, as for GitHub.
#[must_use]
pub fn x_rate_limit(decisions: &[Decision], now: Micros) -> Option<XRateLimit> {
    let Decision { limit, remaining, reset_after, .. } = decisions[most_restrictive(decisions)?];
    Some(XRateLimit { limit, remaining, reset: seconds(now.after(reset_after).0) })
}

/// Which decision matters to a client: of those that deny, the one that denies longest; or else the one that leaves the
/// least, and of these the one that needs longest to leave all.
#[must_use]
pub fn most_restrictive(decisions: &[Decision]) -> Option<usize> {
    let weight = |decision: &Decision| {
        let denied = (!decision.allowed).then(|| decision.retry_after.unwrap_or(u64::MAX));
        (denied, u64::MAX - decision.remaining, decision.reset_after)
    };
    // Of equals, the first: they are in the order of the configuration.
    (0..decisions.len()).rev().max_by_key(|at| weight(&decisions[*at]))
}

/// The value of `Retry-After` for a wait in microseconds: whole seconds, at least 1, and never early. `jitter`, in microseconds,
/// spreads those who were denied together; it only adds.
#[must_use]
pub fn retry_after(wait: u64, jitter: u64) -> u64 {
    seconds(wait.saturating_add(jitter)).max(1)
}

/// Whole seconds, rounded up.
fn seconds(micros: u64) -> u64 {
    micros.div_ceil(Micros::SECOND)
}

#[cfg(test)]
mod tests;
