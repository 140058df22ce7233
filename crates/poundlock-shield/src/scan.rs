//! Scanning one value, and the policy that says how.
//!
//! Main items: [`Policy`] and [`scan_value`]. It joins decoders and detectors; it does not know where
//! values come from.

mod head;
mod mask;
mod raw;
mod request;

pub(crate) use raw::scan_raw;
pub use request::{RequestScan, scan_request};

use crate::{
    class::Place,
    decode::{Step, Variant, variants},
    detect::{CERTAIN, Evidence, detect},
    exclude::Exclusion,
    locate::{Leaf, Leaves, MAX_FIELD, Oddity, json_leaves},
    verdict::{Finding, Level, Location, MAX_SHOWN, Verdict},
};
use mask::shown;

/// A longer value is looked at in windows of this many bytes …
pub const WINDOW: usize = 32 * 1024;

/// … which share this many, so that what is cut by one border is whole in a window.
pub const OVERLAP: usize = 4 * 1024;

/// The most findings that are kept of a request.
pub const MAX_FINDINGS: usize = 64;

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
    let mut findings = Vec::new();
    let at = At { place: location.place, field: &location.field };
    windows(value, |window| scan_window(window, at, &[], &mut findings));
    findings.retain(|finding| !policy.exclusions.iter().any(|e| e.covers(finding, "", "")));
    Verdict::of(findings, policy.level)
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

/// Looks at every reading of one window, which `chain` has led to; adds what is found to `findings`.
pub(crate) fn scan_window(window: &[u8], at: At<'_>, chain: &[Step], findings: &mut Vec<Finding>) {
    let mut nested = Vec::new();
    readings(window, at, chain, findings, &mut nested);
    for _ in 0..MAX_NESTED {
        for (field, bytes, chain) in std::mem::take(&mut nested) {
            readings(&bytes, At { place: at.place, field: &field }, &chain, findings, &mut nested);
        }
    }
}

/// A location that is not owned: most values have no finding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) place: Place,
    pub(crate) field: &'a str,
}

type Nested = Vec<(String, Vec<u8>, Vec<Step>)>;

fn readings(window: &[u8], at: At<'_>, chain: &[Step], findings: &mut Vec<Finding>, nested: &mut Nested) {
    let plain = Variant { chain: chain.to_vec(), bytes: window.to_vec() };
    if look(&plain, at, findings) || unpack(&plain, at, nested) {
        // What is JSON is decoded leaf by leaf.
        return;
    }
    for mut variant in variants(plain.bytes).into_iter().skip(1) {
        variant.chain.splice(0..0, chain.iter().copied());
        if look(&variant, at, findings) {
            return;
        }
        unpack(&variant, at, nested);
    }
}

/// Looks at one reading; returns whether it is certainly an attack.
fn look(variant: &Variant, at: At<'_>, findings: &mut Vec<Finding>) -> bool {
    let evidence = detect(&variant.bytes, at.place);
    for one in &evidence {
        note(findings, one, variant, at);
    }
    evidence.iter().any(|e| e.score >= CERTAIN)
}

/// The leaves of a value that is JSON itself.
fn unpack(variant: &Variant, at: At<'_>, nested: &mut Nested) -> bool {
    if !matches!(variant.bytes.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return false;
    }
    let chain: Vec<Step> = variant.chain.iter().copied().chain([Step::Json]).collect();
    let depth = variant.chain.iter().filter(|step| **step == Step::Json).count();
    let mut unpacked = Unpacked { prefix: at.field, chain, nested, broken: false };
    // What only begins like JSON is read as a whole too.
    depth < MAX_NESTED && json_leaves(&variant.bytes, &mut unpacked) && !unpacked.broken
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

/// Keeps the strongest finding of each rule at each location.
fn note(findings: &mut Vec<Finding>, one: &Evidence, variant: &Variant, at: At<'_>) {
    let location = Location { place: at.place, field: at.field.to_owned() };
    let same = |f: &Finding| f.rule == one.rule && f.class == one.class && f.location == location;
    let known = findings.iter().position(same);
    match known {
        Some(known) if findings[known].score >= one.score => {}
        Some(known) => findings[known] = finding(one, variant, location),
        None if findings.len() < MAX_FINDINGS => findings.push(finding(one, variant, location)),
        None => {}
    }
}

fn finding(one: &Evidence, variant: &Variant, location: Location) -> Finding {
    let bytes = &variant.bytes;
    let from = one.span.start.saturating_sub(MAX_SHOWN / 4);
    let to = (from + MAX_SHOWN).min(bytes.len());
    Finding {
        class: one.class,
        rule: one.rule,
        chain: variant.chain.clone(),
        decoded: shown(&bytes[from..to], &location.field),
        span: one.span.clone(),
        evidence: shown(
            &bytes[one.span.start..one.span.end.min(one.span.start + MAX_SHOWN)],
            &location.field,
        ),
        location,
        score: one.score,
    }
}

#[cfg(test)]
mod tests;
