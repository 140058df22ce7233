//! Detectors: small tokenizers that look for the grammar of one class of attack each.
//!
//! Main items: [`detect`], which runs those that a value gives reason for, and [`Evidence`], what they
//! find. They take decoded bytes and know nothing of requests, levels or exclusions.

mod hints;
mod html;
mod path;
mod script;
mod shape;
mod shell;
mod sql;
mod template;
mod terms;

use crate::class::{Class, Place};
use hints::Hints;
use std::ops::Range;

/// How much one value may say against itself; more adds nothing.
pub const MAX_EVIDENCE: usize = 32;

/// Evidence of this score or more is an attack at level 1.
pub const CERTAIN: u8 = 10;
/// Evidence of this score is an attack from level 2 on.
pub const LIKELY: u8 = 7;
/// Evidence of this score is an attack from level 3 on.
pub const DOUBTFUL: u8 = 4;
/// Evidence of this score is an attack at level 4 only.
pub const ODD: u8 = 2;

/// One observation in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What it is evidence of.
    pub class: Class,
    /// The rule's name, unique within its class.
    pub rule: &'static str,
    /// The bytes it rests on.
    pub span: Range<usize>,
    /// How much it says, from 1 to 10.
    pub score: u8,
}

/// Looks at one reading of one value.
pub fn detect(text: &[u8], place: Place) -> Vec<Evidence> {
    let subject = Subject { text, place, hints: Hints::of(text) };
    let mut hits = Hits::default();
    if subject.hints.quiet() {
        return hits.found;
    }
    sql::detect(&subject, &mut hits);
    html::detect(&subject, &mut hits);
    script::detect(&subject, &mut hits);
    path::detect(&subject, &mut hits);
    shell::detect(&subject, &mut hits);
    template::detect(&subject, &mut hits);
    named(&subject, &mut hits);
    hits.found
}

/// Looks at one reading of a file only for what is told by a name or a small shape: code, lookups, XML entities.
pub(crate) fn detect_names(text: &[u8], place: Place) -> Vec<Evidence> {
    let mut hits = Hits::default();
    named(&Subject { text, place, hints: Hints::of(text) }, &mut hits);
    hits.found
}

fn named(subject: &Subject<'_>, hits: &mut Hits) {
    shape::detect(subject, hits);
    for (term, end) in subject.hints.terms() {
        terms::judge(subject, term, end, hits);
    }
}

/// Builds the tables that detection needs (some 20 ms), so that the first value does not wait for them.
pub fn prepare() {
    detect(b"x' or 1=1", Place::Query);
    shell::prepare();
}

/// What a detector looks at.
struct Subject<'a> {
    text: &'a [u8],
    place: Place,
    hints: Hints,
}

/// Where detectors put what they find.
#[derive(Default)]
struct Hits {
    found: Vec<Evidence>,
}

impl Hits {
    /// Notes an observation; of one rule the strongest is kept.
    fn add(&mut self, class: Class, rule: &'static str, span: Range<usize>, score: u8) {
        if let Some(known) = self.found.iter_mut().find(|e| e.class == class && e.rule == rule) {
            if known.score < score {
                *known = Evidence { class, rule, span, score };
            }
        } else if self.found.len() < MAX_EVIDENCE {
            self.found.push(Evidence { class, rule, span, score });
        }
    }
}
