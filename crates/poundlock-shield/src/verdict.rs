//! What becomes of evidence: findings, scores and a verdict by level.
//!
//! Main types: [`Level`], [`Finding`] and [`Verdict`]. It does not know how evidence was found.

use crate::{
    class::{Class, Place},
    decode::Step,
    detect::CERTAIN,
};
use serde::{Serialize, Serializer};
use std::ops::Range;

/// How suspicious to be, from 1 (certain attacks only) to 4 (anything odd).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(u8);

impl Level {
    /// Attacks that leave no doubt: the default.
    pub const DEFAULT: Level = Level(1);

    /// The level of this number, if it is 1, 2, 3 or 4.
    pub fn new(number: u8) -> Option<Self> {
        (1..=4).contains(&number).then_some(Self(number))
    }

    /// 1 to 4.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The least score that blocks at this level.
    pub fn threshold(self) -> u16 {
        [10, 7, 4, 2][usize::from(self.0) - 1]
    }
}

/// Where in a request a value was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The part of the request.
    pub place: Place,
    /// The field: a parameter, a header, a cookie, or the path of a leaf (`user.name`).
    pub field: String,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.field.is_empty() {
            f.write_str(self.place.name())
        } else {
            write!(f, "{}.{}", self.place.name(), self.field)
        }
    }
}

/// One observation, with everything that explains it. It is written as in the answers of [`crate::scan_line`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is evidence of.
    #[serde(serialize_with = "class")]
    pub class: Class,
    /// The rule, unique within its class.
    pub rule: &'static str,
    /// Where the value was.
    #[serde(serialize_with = "text")]
    pub location: Location,
    /// The decodings that led to what was matched.
    pub chain: Vec<Step>,
    /// The decoded value around the match, masked and cut to [`MAX_SHOWN`] bytes.
    pub decoded: String,
    /// The match within the decoded value as a whole, in bytes.
    #[serde(serialize_with = "span")]
    pub span: Range<usize>,
    /// What matched, masked and cut.
    pub evidence: String,
    /// How much it says, from 1 to 10.
    pub score: u8,
}

fn class<S: Serializer>(class: &Class, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(class.name())
}

fn text<S: Serializer>(location: &Location, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(location)
}

fn span<S: Serializer>(span: &Range<usize>, to: S) -> Result<S::Ok, S::Error> {
    (span.start, span.end).serialize(to)
}

/// How much of a value a finding shows, in bytes.
pub const MAX_SHOWN: usize = 200;

/// What is decided about a value or a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is an attack at this level.
    pub action: Action,
    /// The highest score of a class.
    pub score: u16,
    /// The level it was judged by.
    pub level: Level,
    /// The observations, the strongest first.
    pub findings: Vec<Finding>,
}

/// Pass or block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Nothing reaches the level's threshold.
    Pass,
    /// At least one class does.
    Block,
}

impl Verdict {
    /// Adds up the scores of different rules of one class at one location; the highest sum decides.
    pub fn of(findings: Vec<Finding>, level: Level) -> Self {
        Self::at_least(findings, 0, level)
    }

    /// As [`Self::of`], for findings of which some were not kept but led to this score.
    pub(crate) fn at_least(mut findings: Vec<Finding>, score: u16, level: Level) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.score));
        let score = findings.iter().map(|one| score_at(&findings, one)).max().unwrap_or(0).max(score);
        let action = if score >= level.threshold() { Action::Block } else { Action::Pass };
        Self { action, score, level, findings }
    }
}

/// What the findings of the class of `one` say about its location together.
pub(crate) fn score_at(findings: &[Finding], one: &Finding) -> u16 {
    let same = |other: &&Finding| other.class == one.class && other.location == one.location;
    let most = findings.iter().filter(same).map(|f| u16::from(f.score)).max().unwrap_or(0);
    let all: u16 = findings.iter().filter(same).map(|f| u16::from(f.score)).sum();
    // Doubts add up, but not to certainty.
    (most + (all - most) / 2).min(most.max(u16::from(CERTAIN) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(class: Class, rule: &'static str, score: u8) -> Finding {
        Finding {
            class,
            rule,
            location: Location { place: Place::Query, field: "q".into() },
            chain: Vec::new(),
            decoded: String::new(),
            span: 0..0,
            evidence: String::new(),
            score,
        }
    }

    fn check(scores: &[(Class, u8)], score: u16, blocked_from: u8) {
        const RULES: [&str; 4] = ["a", "b", "c", "d"];
        let findings: Vec<Finding> =
            scores.iter().zip(RULES).map(|((class, score), rule)| finding(*class, rule, *score)).collect();
        for number in 1..=4 {
            let verdict = Verdict::of(findings.clone(), Level::new(number).unwrap());
            assert_eq!(verdict.score, score);
            assert_eq!(verdict.action == Action::Block, number >= blocked_from, "{scores:?} at {number}");
        }
    }

    #[test]
    fn doubts_add_up_but_not_to_certainty() {
        check(&[], 0, 5);
        check(&[(Class::Sqli, 10)], 10, 1);
        check(&[(Class::Sqli, 7)], 7, 2);
        check(&[(Class::Sqli, 7), (Class::Sqli, 7), (Class::Sqli, 7)], 9, 2);
        check(&[(Class::Sqli, 4), (Class::Sqli, 4)], 6, 3);
        check(&[(Class::Sqli, 4), (Class::Xss, 4)], 4, 3);
        check(&[(Class::Xss, 2)], 2, 4);
    }

    #[test]
    fn there_are_four_levels() {
        assert_eq!((Level::new(0), Level::new(5)), (None, None));
        assert_eq!(Level::DEFAULT.number(), 1);
    }
}
