//! Checks where what limits count is kept.

use super::Report;
use crate::config::checked::{OnError, Store};
use crate::config::raw::{RawOnError, RawStore};
use crate::config::values::{self, Mistake};
use std::num::NonZeroU32;

pub(super) fn check(raw: &RawStore, report: &mut Report<'_>) -> Option<Store> {
    let redis = match &raw.redis {
        Some(url) => report.read("store.redis".to_owned(), url, redis_url).map(Some),
        None => Some(None),
    };
    let deadline = report.read("store.deadline".to_owned(), &raw.deadline, values::timeout);
    let prefix = report.read("store.prefix".to_owned(), &raw.prefix, key_prefix);
    Some(Store {
        redis: redis?,
        deadline: deadline?,
        on_error: match raw.on_error {
            RawOnError::Local => OnError::Local,
            RawOnError::Allow => OnError::Allow,
            RawOnError::Deny => OnError::Deny,
        },
        nodes: NonZeroU32::new(raw.nodes).unwrap_or(NonZeroU32::MIN),
        prefix: prefix?,
    })
}

/// A URL of a Redis, as far as it can be judged without asking it.
fn redis_url(text: &str) -> Result<String, Mistake> {
    let expected = "expected redis://[USER:PASSWORD@]HOST[:PORT][/DB]";
    match text.split_once("://") {
        Some(("redis", rest)) if !rest.is_empty() && !rest.contains(char::is_whitespace) => {
            Ok(text.to_owned())
        }
        Some(("rediss", _)) => Err(Mistake::new("TLS to the store is not supported", expected)),
        Some(("valkey", rest)) => {
            Err(Mistake::new("unknown scheme", expected).did_you_mean(format!("redis://{rest}")))
        }
        None if !text.contains('/') => {
            Err(Mistake::new("no scheme", expected).did_you_mean(format!("redis://{text}")))
        }
        _ => Err(Mistake::new("malformed URL", expected)),
    }
}

/// What stands inside the braces that keep all keys in one slot of a cluster.
fn key_prefix(text: &str) -> Result<String, Mistake> {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    match plain && (1..=64).contains(&text.len()) {
        true => Ok(text.to_owned()),
        false => {
            Err(Mistake::new("malformed prefix", "expected 1 to 64 letters, digits, `-`, `_`, `.` or `:`"))
        }
    }
}
