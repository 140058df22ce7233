//! Scanning one value, and the policy that says how.
//!
//! Main items: [`Policy`] and [`scan_value`]. It joins decoders and detectors; it does not know where
//! values come from.

mod found;
mod head;
mod mask;
mod raw;
mod request;

pub use found::{FREE_UNFOLDED, MAX_FINDINGS, MAX_UNFOLDED};
pub(crate) use raw::scan_raw;
pub use request::{RequestScan, scan_request};

use crate::{
    class::{Class, Place},
    decode::{Readings, Step, Variant, may_unfold},
    detect::{CERTAIN, detect, detect_names},
    exclude::Exclusion,
    locate::{Leaf, Leaves, MAX_FIELD, Oddity, Role, json_leaves},
    verdict::{Level, Location, Verdict},
};
use found::{Found, Judge, is_file};

/// A longer value is looked at in windows of this many bytes …
pub const WINDOW: usize = 32 * 1024;

/// … which share this many, so that what is cut by one border is whole in a window.
pub const OVERLAP: usize = 4 * 1024;

/// How values are judged.
#[derive(Debug, Clone)]
pub struct Policy {
    /// How suspicious to be.
    pub level: Level,
    /// What is let pass, and where.
    pub exclusions: Vec<Exclusion>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { level: Level::DEFAULT, exclusions: Vec::new() }
    }
}

/// Looks at one value that was found at `location`.
///
/// Time is linear in the length: long values are looked at in overlapping windows. Exclusions that ask for a
/// path or a method do not match here, as there is none.
///
/// ```
/// use poundlock_shield::{Action, Location, Place, Policy, scan_value};
/// let at = Location { place: Place::Query, field: "q".into() };
/// let verdict = scan_value(b"' OR 1=1 --", &at, &Policy::default());
/// assert_eq!(verdict.action, Action::Block);
/// ```
pub fn scan_value(value: &[u8], location: &Location, policy: &Policy) -> Verdict {
    let mut found = Found::default();
    let at = At { place: location.place, field: &location.field, role: Role::Value };
    let judge = Judge { policy, method: "", path: "" };
    windows(value, |window| scan_window(window, at, &[], judge, &mut found));
    found.verdict(policy.level)
}

/// Calls `look` with overlapping windows that cover `value`.
fn windows(value: &[u8], mut look: impl FnMut(&[u8])) {
    let mut from = 0;
    loop {
        let end = (from + WINDOW).min(value.len());
        look(&value[from..end]);
        if end == value.len() {
            return;
        }
        from = end - OVERLAP;
    }
}

/// How deep JSON in values is read.
const MAX_NESTED: usize = 3;

/// Looks at every reading of one window, which `chain` has led to; adds what is found to `found`.
pub(crate) fn scan_window(window: &[u8], at: At<'_>, chain: &[Step], judge: Judge<'_>, found: &mut Found) {
    found.feeds(window.len(), at.role);
    let mut nested = Vec::new();
    readings(window, at, chain, judge, found, &mut nested);
    for _ in 0..MAX_NESTED {
        if nested.is_empty() {
            return;
        }
        for (field, bytes, chain) in std::mem::take(&mut nested) {
            readings(&bytes, At { field: &field, ..at }, &chain, judge, found, &mut nested);
        }
    }
}

/// Where a value is, and how it is to be read; not owned, as most values have no finding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) place: Place,
    pub(crate) field: &'a str,
    pub(crate) role: Role,
}

type Nested = Vec<(String, Vec<u8>, Vec<Step>)>;

fn readings(
    window: &[u8],
    at: At<'_>,
    chain: &[Step],
    judge: Judge<'_>,
    found: &mut Found,
    nested: &mut Nested,
) {
    // What is JSON is decoded leaf by leaf.
    if look(window, chain, at, judge, found) || unpack(window, chain, at, nested) || !may_unfold(window) {
        return;
    }
    let mut readings = Readings::new(window, chain);
    let mut index = 1;
    while let Some(Variant { bytes, chain }) = readings.get(index) {
        if !found.unfolds(bytes.len(), at.role) {
            return dear(at, judge, found);
        }
        if look(bytes, chain, at, judge, found) {
            return;
        }
        unpack(bytes, chain, at, nested);
        index += 1;
    }
}

/// Tells that a request is too expensive to be decoded any further.
fn dear(at: At<'_>, judge: Judge<'_>, found: &mut Found) {
    let at = At { field: "", ..at };
    if !is_file(at.role) && judge.counts(Class::Protocol, "encodings", at) {
        found.odd("encodings", CERTAIN, at);
    }
}

/// Looks at one reading; returns whether it is certainly an attack, of a kind that counts here.
fn look(bytes: &[u8], chain: &[Step], at: At<'_>, judge: Judge<'_>, found: &mut Found) -> bool {
    let mut certain = false;
    let detect = if is_file(at.role) { detect_names } else { detect };
    for one in detect(bytes, at.place) {
        if judge.counts(one.class, one.rule, at) {
            certain |= one.score >= CERTAIN;
            found.note(&one, bytes, chain, at);
        }
    }
    certain
}

/// The leaves of a value that is JSON itself.
fn unpack(bytes: &[u8], chain: &[Step], at: At<'_>, nested: &mut Nested) -> bool {
    if !matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return false;
    }
    let depth = chain.iter().filter(|step| **step == Step::Json).count();
    let chain: Vec<Step> = chain.iter().copied().chain([Step::Json]).collect();
    let mut unpacked = Unpacked { prefix: at.field, chain, nested, broken: false };
    // What only begins like JSON is read as a whole too.
    depth < MAX_NESTED && json_leaves(bytes, &mut unpacked) && !unpacked.broken
}

struct Unpacked<'a> {
    prefix: &'a str,
    chain: Vec<Step>,
    nested: &'a mut Nested,
    broken: bool,
}

impl Leaves for Unpacked<'_> {
    fn leaf(&mut self, leaf: Leaf<'_>) {
        // A short word says nothing; a long one may be Base64.
        if leaf.bytes.len() > 15 || !leaf.bytes.iter().all(u8::is_ascii_alphanumeric) {
            let field: String = [self.prefix, leaf.field].join(".").chars().take(MAX_FIELD).collect();
            self.nested.push((field, leaf.bytes.to_vec(), self.chain.clone()));
        }
    }

    fn oddity(&mut self, _: Oddity) {
        // A text that only looks like JSON is no oddity.
        self.broken = true;
    }
}

#[cfg(test)]
mod tests;
