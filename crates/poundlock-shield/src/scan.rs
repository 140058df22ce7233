//! Scanning one value, and the policy that says how.
//!
//! Main items: [`Policy`] and [`scan_value`]. It joins decoders and detectors; it does not know where
//! values come from.

mod mask;

use crate::{
    decode::{Variant, variants},
    detect::{CERTAIN, Evidence, detect},
    exclude::Exclusion,
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
    windows(value, |window| scan_window(window, location, &mut findings));
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

/// Looks at every reading of one window; adds what is found to `findings`.
pub(crate) fn scan_window(window: &[u8], location: &Location, findings: &mut Vec<Finding>) {
    for variant in variants(window.to_vec()) {
        let evidence = detect(&variant.bytes, location.place);
        let certain = evidence.iter().any(|e| e.score >= CERTAIN);
        for one in evidence {
            note(findings, &one, &variant, location);
        }
        if certain {
            return;
        }
    }
}

/// Keeps the strongest finding of each rule at each location.
fn note(findings: &mut Vec<Finding>, one: &Evidence, variant: &Variant, location: &Location) {
    let same = |f: &Finding| f.rule == one.rule && f.class == one.class && f.location == *location;
    let known = findings.iter().position(same);
    match known {
        Some(at) if findings[at].score >= one.score => {}
        Some(at) => findings[at] = finding(one, variant, location),
        None if findings.len() < MAX_FINDINGS => findings.push(finding(one, variant, location)),
        None => {}
    }
}

fn finding(one: &Evidence, variant: &Variant, location: &Location) -> Finding {
    let bytes = &variant.bytes;
    let from = one.span.start.saturating_sub(MAX_SHOWN / 4);
    let to = (from + MAX_SHOWN).min(bytes.len());
    Finding {
        class: one.class,
        rule: one.rule,
        location: location.clone(),
        chain: variant.chain.clone(),
        decoded: shown(&bytes[from..to], &location.field),
        span: one.span.clone(),
        evidence: shown(
            &bytes[one.span.start..one.span.end.min(one.span.start + MAX_SHOWN)],
            &location.field,
        ),
        score: one.score,
    }
}
