//! What was found so far, and what of it counts.
//!
//! Main types: [`Judge`], which knows what is let pass, and [`Found`], the findings that are kept. Both know
//! nothing of bodies.

use super::{At, Policy, mask::shown};
use crate::{
    class::Class,
    decode::Step,
    detect::Evidence,
    locate::Role,
    verdict::{Finding, Level, Location, MAX_SHOWN, Verdict, score_at},
};

/// The most findings that are kept of a request; beyond them a stronger one takes the place of the weakest.
pub const MAX_FINDINGS: usize = 64;

/// The most bytes of decoded readings that are looked at, per byte of the values of a request or of its files.
///
/// A value has at most 13 decoded readings and windows overlap by an eighth, so only readings within readings come to
/// more: JSON that is written anew by each decoder. Beyond this values are looked at as they stand, and the request
/// counts as an attack: what needs so much decoding was written to be expensive, and nothing passes because it could
/// not be read. A file goes on as it stands, as compressed bytes look like any encoding. However long a body is, its
/// length alone is no reason.
pub const MAX_UNFOLDED: usize = 16;

/// How many bytes of decoded readings are looked at whatever the length: some 10 ms.
pub const FREE_UNFOLDED: usize = 1 << 20;

/// What evidence is judged by in one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judge<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
}

impl Judge<'_> {
    /// Whether evidence of this rule means something at this location.
    pub(super) fn counts(&self, class: Class, rule: &str, at: At<'_>) -> bool {
        let covers =
            |e: &crate::Exclusion| e.covers_at(class, rule, at.place, at.field, self.method, self.path);
        means(at.role, class) && !self.policy.exclusions.iter().any(covers)
    }
}

/// Whether it is the content of a file, or of a body that nobody reads as text.
pub(super) fn is_file(role: Role) -> bool {
    matches!(role, Role::File | Role::Raw)
}

/// Whether evidence of this class means something in a leaf of this kind.
fn means(role: Role, class: Class) -> bool {
    match role {
        // In a file only what a server would run, or what reaches through it, is an attack on the server.
        Role::File | Role::Raw => matches!(class, Class::Code | Class::Lookup | Class::Xxe),
        Role::Declaration => class != Class::Xss,
        Role::Value | Role::Name | Role::FileName | Role::Form => true,
    }
}

/// How much was decoded, in bytes.
#[derive(Debug, Default)]
struct Decoding {
    /// Of windows as they stand.
    fed: usize,
    /// Of decoded readings.
    unfolded: usize,
}

/// The findings that are kept: of each rule at each location the strongest.
#[derive(Debug, Default)]
pub(crate) struct Found {
    list: Vec<Finding>,
    /// The highest score of a class at a location so far; it never falls.
    score: u16,
    /// How much decoding there was: of values, of files.
    decoding: [Decoding; 2],
}

impl Found {
    pub(super) fn list(&self) -> &[Finding] {
        &self.list
    }

    pub(super) fn blocks(&self, level: Level) -> bool {
        self.score >= level.threshold()
    }

    /// Counts the bytes of a window as they stand.
    pub(super) fn feeds(&mut self, bytes: usize, role: Role) {
        let decoding = &mut self.decoding[usize::from(is_file(role))];
        decoding.fed = decoding.fed.saturating_add(bytes);
    }

    /// Whether another decoded reading of so many bytes may be looked at; counts it.
    pub(super) fn unfolds(&mut self, bytes: usize, role: Role) -> bool {
        let decoding = &mut self.decoding[usize::from(is_file(role))];
        decoding.unfolded = decoding.unfolded.saturating_add(bytes);
        let most = decoding.fed.saturating_mul(MAX_UNFOLDED).max(FREE_UNFOLDED);
        if decoding.unfolded > most {
            // More of the body earns no more decoding.
            decoding.unfolded = usize::MAX;
        }
        decoding.unfolded <= most
    }

    /// Keeps evidence in a reading that `chain` led to.
    pub(super) fn note(&mut self, one: &Evidence, bytes: &[u8], chain: &[Step], at: At<'_>) {
        self.keep(one.class, one.rule, one.score, at, |location| finding(one, bytes, chain, location));
    }

    /// Keeps something about the shape of the request.
    pub(super) fn odd(&mut self, rule: &'static str, score: u8, at: At<'_>) {
        self.keep(Class::Protocol, rule, score, at, |location| Finding {
            class: Class::Protocol,
            rule,
            location,
            chain: Vec::new(),
            decoded: String::new(),
            span: 0..0,
            evidence: String::new(),
            score,
        });
    }

    fn keep(
        &mut self,
        class: Class,
        rule: &str,
        score: u8,
        at: At<'_>,
        make: impl FnOnce(Location) -> Finding,
    ) {
        let same = |f: &Finding| {
            f.rule == rule && f.class == class && f.location.place == at.place && f.location.field == at.field
        };
        let known = self.list.iter().position(same);
        if known.is_some_and(|known| self.list[known].score >= score) {
            return;
        }
        let full = || (self.list.len() >= MAX_FINDINGS).then(|| weakest(&self.list)).flatten();
        let place = known.or_else(full);
        if place.is_some_and(|place| self.list[place].score >= score) {
            return;
        }
        let finding = make(Location { place: at.place, field: at.field.to_owned() });
        let index = place.unwrap_or(self.list.len());
        match place {
            Some(place) => self.list[place] = finding,
            None => self.list.push(finding),
        }
        self.score = self.score.max(score_at(&self.list, &self.list[index]));
    }

    pub(super) fn verdict(self, level: Level) -> Verdict {
        Verdict::at_least(self.list, self.score, level)
    }
}

/// The index of the weakest finding, of equals the last.
fn weakest(list: &[Finding]) -> Option<usize> {
    (0..list.len()).rev().min_by_key(|at| list[*at].score)
}

fn finding(one: &Evidence, bytes: &[u8], chain: &[Step], location: Location) -> Finding {
    let from = one.span.start.saturating_sub(MAX_SHOWN / 4);
    let to = (from + MAX_SHOWN).min(bytes.len());
    let end = one.span.end.min(one.span.start + MAX_SHOWN);
    Finding {
        class: one.class,
        rule: one.rule,
        chain: chain.to_vec(),
        decoded: shown(&bytes[from..to], &location.field),
        span: one.span.clone(),
        evidence: shown(&bytes[one.span.start..end], &location.field),
        location,
        score: one.score,
    }
}
