//! What clients are told: the headers of an answer and of a refusal.
//!
//! Main types: [`Pen`], which writes them, and [`Refused`], a refusal with its own. What they say is
//! `poundlock-limit`'s.

use super::Limiter;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use poundlock_limit::headers::{
    LINE_MAX, Policy, XRateLimit, rate_limit, rate_limit_policy, retry_after, x_rate_limit,
};
use poundlock_limit::{Ask, Decision, LimitSet, Micros, Verdict};
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::sync::Arc;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");
const X_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const X_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const X_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const NAMES: [HeaderName; 5] = [POLICY, LEFT, X_LIMIT, X_REMAINING, X_RESET];

/// Refusals that come at once are told to come back spread over this much more than they must, in parts of their
/// wait, and at most this long.
const JITTER_PART: u64 = 10;
const JITTER_MAX: u64 = 5 * Micros::SECOND;

/// Bytes that the values of one answer take at most: a list and three numbers.
const ROOM: usize = LINE_MAX + 3 * 20;

/// What is left of the limits of one request, as the values of [`NAMES`].
#[derive(Debug, Clone, Default)]
pub(super) struct Told(Option<[HeaderValue; 5]>);

impl Told {
    /// Adds the headers to an answer. What the service says of limits of its own is replaced.
    pub(super) fn add_to(self, headers: &mut HeaderMap) {
        for (name, value) in NAMES.into_iter().zip(self.0.into_iter().flatten()) {
            headers.insert(name, value);
        }
    }
}

/// Writes header values one after the other into a buffer that is used again when the last answer is gone: on a
/// connection that serves one request at a time, nothing is allocated.
#[derive(Debug, Default)]
pub(super) struct Pen {
    buffer: BytesMut,
    /// What was promised last, of one list of limits each: it is the same for most requests.
    promises: VecDeque<Promise>,
}

/// Lists of limits whose promises a pen remembers.
const PROMISES: usize = 4;

/// Policies, and the header value that states them.
#[derive(Debug)]
struct Promise {
    /// Name, quota, window.
    policies: Vec<(Box<str>, u64, u64)>,
    value: HeaderValue,
}

impl Clone for Pen {
    /// A clone writes for somebody else.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Pen {
    /// What the limits that tell anything leave.
    pub(super) fn write(
        &mut self,
        limiter: &Limiter,
        set: &LimitSet,
        ask: &Ask,
        verdict: &Verdict,
        now: Micros,
    ) -> Told {
        let left = ask.left(set, verdict).filter(|(id, _)| limiter.tells(*id));
        let left: SmallVec<[(&str, Decision); 4]> = left.map(|(_, left)| left).collect();
        let decisions: SmallVec<[Decision; 4]> = left.iter().map(|(_, decision)| *decision).collect();
        let Some(XRateLimit { limit, remaining, reset }) = x_rate_limit(&decisions, now) else {
            return Told::default();
        };
        let policy =
            self.policy(|| ask.policies(set).filter(|(id, _)| limiter.tells(*id)).map(|(_, policy)| policy));
        let [left, limit, remaining, reset] =
            self.values(rate_limit(left).as_bytes(), [limit, remaining, reset]);
        Told(Some([policy, left, limit, remaining, reset]))
    }

    /// A line and numbers, as parts of one buffer.
    fn values(&mut self, line: &[u8], numbers: [u64; 3]) -> [HeaderValue; 4] {
        // All at once, while nobody holds a part of the buffer: then it is used again from its beginning.
        self.buffer.reserve(ROOM);
        self.buffer.extend_from_slice(line);
        let mut start = line.len();
        let numbers = numbers.map(|number| {
            self.buffer.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
            std::mem::replace(&mut start, self.buffer.len())..self.buffer.len()
        });
        let all: Bytes = self.buffer.split().freeze();
        let value = |range| HeaderValue::from_maybe_shared(all.slice(range)).expect(VISIBLE);
        let [limit, remaining, reset] = numbers.map(value);
        [value(0..line.len()), limit, remaining, reset]
    }

    /// What is promised, written anew only if that has not been promised lately.
    fn policy<'a, P: Iterator<Item = Policy<'a>>>(&mut self, policies: impl Fn() -> P) -> HeaderValue {
        if let Some(promise) = self.promises.iter().find(|promise| promise.states(policies())) {
            return promise.value.clone();
        }
        self.promises.truncate(PROMISES - 1);
        let value = HeaderValue::from_bytes(rate_limit_policy(policies()).as_bytes()).expect(VISIBLE);
        let policies =
            policies().map(|Policy { name, quota, window }| (name.into(), quota, window)).collect();
        self.promises.push_front(Promise { policies, value: value.clone() });
        value
    }
}

const VISIBLE: &str = "a line is visible ASCII";

impl Promise {
    fn states<'a>(&self, policies: impl Iterator<Item = Policy<'a>>) -> bool {
        let own = self.policies.iter().map(|(name, quota, window)| (&**name, *quota, *window));
        own.eq(policies.map(|Policy { name, quota, window }| (name, quota, window)))
    }
}

/// Why and until when somebody is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The limit that refuses.
    pub limit: Arc<str>,
    /// Whether it has shut the key out, rather than counted it.
    pub banned: bool,
    /// Seconds to wait; `None` if the request costs more than there ever is.
    pub retry_after: Option<u64>,
    /// What else the answer says, by header.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refused {
    /// By a budget.
    pub(super) fn limited(limit: Arc<str>, decision: Decision, told: Told) -> Self {
        let headers = NAMES.into_iter().zip(told.0.into_iter().flatten()).collect();
        Self { limit, banned: false, retry_after: decision.retry_after.map(wait), headers }
    }

    /// By a ban.
    pub(super) fn banned(limit: Arc<str>, until: Micros, now: Micros) -> Self {
        Self { limit, banned: true, retry_after: Some(wait(until.since(now))), headers: Vec::new() }
    }

    /// For people.
    pub(crate) fn detail(&self) -> String {
        let Self { limit, banned, retry_after, .. } = self;
        match (banned, retry_after) {
            (true, Some(seconds)) => {
                format!("limit `{limit}` was passed too often: come back in {seconds} s")
            }
            (false, Some(seconds)) => format!("limit `{limit}` is used up: come back in {seconds} s"),
            (_, None) => format!("this request costs more than limit `{limit}` ever holds"),
        }
    }

    /// Adds what the refusal says to its answer.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            headers.insert(name.clone(), value.clone());
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}

/// The seconds to wait for these microseconds: never fewer, and not the same for all who were refused together.
fn wait(micros: u64) -> u64 {
    retry_after(micros, fastrand::u64(..=(micros / JITTER_PART).min(JITTER_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_remembered_and_never_taken_for_another() {
        let mut pen = Pen::default();
        let lists = [
            vec![("a", 1, 60)],
            vec![("a", 2, 60)],
            vec![("a", 1, 61)],
            vec![("b", 1, 60)],
            vec![("a", 1, 60), ("b", 1, 60)],
            vec![],
        ];
        for n in (0..lists.len()).chain((0..lists.len()).rev()) {
            let policies = || {
                lists[n].iter().map(|(name, quota, window)| Policy { name, quota: *quota, window: *window })
            };
            let first = pen.policy(policies);
            let again = pen.policy(policies);
            assert_eq!(first, rate_limit_policy(policies()).as_str());
            assert_eq!(first.as_bytes().as_ptr(), again.as_bytes().as_ptr(), "written once");
            assert!(pen.promises.len() <= PROMISES);
        }
    }
}
