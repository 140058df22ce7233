//! Lists the keys of a limit with a bounded number of bounded `SCAN`s.
//!
//! Main item: [`scan`]. It knows how values are written, and not what they allow.

use super::names::Names;
use super::server::{Server, within};
use crate::limits::{Listed, Page, Spent, StoreError};
use poundlock_limit::{LimitId, Micros, Used};
use std::time::Duration;

/// Names that one call looks at, and calls a page may take: a page can be empty and not the last.
const LOOK_AT: usize = 1000;
const CALLS: usize = 10;
/// How long one call may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// The page of about `count` keys at `cursor`.
///
/// # Errors
/// When the limit is not in the list, or the server does not answer.
pub(super) async fn scan(
    server: &Server,
    names: &Names,
    limit: LimitId,
    cursor: u64,
    count: usize,
) -> Result<Page, StoreError> {
    let unknown = || StoreError::Failed("unknown limit".to_owned());
    let [rate, quota] = names.prefixes(limit).ok_or_else(unknown)?;
    // Both begin alike, up to the letter before the last colon.
    let pattern = escape(&rate[..rate.len() - 2]) + "[rq]:*";
    let (mut page, mut next) = (Page::default(), cursor);
    for _ in 0..CALLS {
        let mut command = redis::cmd("SCAN");
        command.arg(next).arg("MATCH").arg(&pattern).arg("COUNT").arg(count.clamp(1, LOOK_AT));
        let (after, found): (u64, Vec<String>) = within(PATIENCE, server.ask(&command)).await?;
        next = after;
        if !found.is_empty() {
            let values: Vec<Option<String>> =
                within(PATIENCE, server.ask(redis::cmd("MGET").arg(&found))).await?;
            let listed = found.iter().zip(values);
            page.keys.extend(listed.filter_map(|(name, value)| read(name, &value?, rate, quota)));
        }
        if next == 0 || page.keys.len() >= count {
            break;
        }
    }
    page.next = (next != 0).then_some(next);
    Ok(page)
}

/// A name and its value; `None` if somebody else wrote it.
fn read(name: &str, value: &str, rate: &str, quota: &str) -> Option<Listed> {
    let (first, second) = value.split_once(':')?;
    let (first, second) = (first.parse().ok()?, second.parse().ok()?);
    let rate = name.strip_prefix(rate);
    let spent = match rate {
        Some(_) => Spent::Rate { full_at: Micros(first), interval: second },
        None => Spent::Quota(Used { start: Micros(first), amount: second }),
    };
    let key = rate.or_else(|| name.strip_prefix(quota))?.to_owned();
    Some(Listed { key, spent })
}

/// The text as a pattern that matches nothing else.
fn escape(text: &str) -> String {
    let special = |c| matches!(c, '*' | '?' | '[' | ']' | '\\' | '^' | '-');
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}
