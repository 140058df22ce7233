//! A request being looked at: what was found so far, and what follows.
//!
//! Main type: [`Look`]. It knows bytes and rules; it does not know how a body comes, or where it goes.

use super::head::{with_ruled, with_scanned};
use super::{Action, Findings, Inspection, Mode, Record};
use crate::Rejection;
use http::HeaderMap;
use http::request::Parts;
use jiff::Timestamp;
use poundlock_shield::validate::body::BodyCheck;
use poundlock_shield::validate::{Issues, RouteRules};
use poundlock_shield::{
    Action as Found, Class, Finding, Location, MAX_FINDINGS, Place as At, Policy, RequestScan, Verdict,
    scan_value,
};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// One request being looked at.
pub(super) struct Look {
    inspection: Arc<Inspection>,
    scan: RequestScan<Arc<Policy>>,
    rules: Option<BodyCheck<Arc<RouteRules>>>,
    issues: Issues,
    in_trailers: Vec<Finding>,
    place: Option<Place>,
    spent: Duration,
}

/// Where the request is going, for exclusions that ask for it. Most inspections have none.
struct Place {
    method: String,
    path: String,
}

/// How the way of a request past its inspection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// All of it has been looked at.
    Complete,
    /// It is refused for what was seen so far.
    Refused,
    /// Its sender, or the service, gave it up.
    Cut,
}

/// What a record says beside what was found.
pub(super) struct About<'a> {
    pub(super) request_id: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) client: Option<IpAddr>,
}

impl Look {
    /// Looks at the head.
    pub(super) fn at(inspection: &Arc<Inspection>, head: &Parts) -> Self {
        let start = Instant::now();
        let scan = with_scanned(head, |head| RequestScan::new(head, inspection.policy.clone()));
        let (mut rules, mut issues) = (None, Issues::default());
        if let Some(asked) = &inspection.rules {
            with_ruled(head, |head| {
                issues = asked.check_head(head, Timestamp::now()).err().unwrap_or_default();
                rules = Some(BodyCheck::new(asked.clone(), head));
            });
        }
        let place = (!inspection.told_only.is_empty())
            .then(|| Place { method: head.method.to_string(), path: head.uri.path().to_owned() });
        let in_trailers = Vec::new();
        Self {
            inspection: inspection.clone(),
            scan,
            rules,
            issues,
            in_trailers,
            place,
            spent: start.elapsed(),
        }
    }

    pub(super) fn inspection(&self) -> &Arc<Inspection> {
        &self.inspection
    }

    /// Looks at the next bytes of the body. The first problem that rules have with it is the last that is looked for.
    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let start = Instant::now();
        self.scan.feed(chunk);
        let fed = self.rules.as_mut().map_or(Ok(()), |rules| rules.feed(chunk));
        if let Err(found) = fed {
            self.issues.extend(found);
            self.rules = None;
        }
        self.spent += start.elapsed();
    }

    /// Looks at the trailers, which are headers too when they arrive. Exclusions that ask for a path do not match there.
    pub(super) fn trailers(&mut self, trailers: &HeaderMap) {
        let start = Instant::now();
        for (name, value) in trailers {
            let location = Location { place: At::Header, field: name.as_str().to_owned() };
            let found = scan_value(value.as_bytes(), &location, &self.inspection.policy).findings;
            self.in_trailers.extend(found);
        }
        self.spent += start.elapsed();
    }

    /// Whether the request is to be refused for what was seen so far.
    pub(super) fn is_refused(&self) -> bool {
        self.inspection.mode == Mode::Block && (!self.issues.is_empty() || self.is_attack())
    }

    fn is_attack(&self) -> bool {
        self.scan.blocks()
            && counting(&self.inspection, self.place.as_ref(), self.scan.findings())
                .is_none_or(|verdict| verdict.action == Found::Block)
    }

    /// Ends it: counts and tells what was found.
    ///
    /// # Errors
    /// What the request is refused for.
    pub(super) fn conclude(
        mut self,
        end: End,
        about: &About<'_>,
        to: Option<&Arc<dyn Findings>>,
    ) -> Result<(), Rejection> {
        let start = Instant::now();
        if let (End::Complete, Some(rules)) = (end, self.rules.take()) {
            self.issues.extend(rules.finish(Timestamp::now()).err().unwrap_or_default());
        }
        let Self { inspection, scan, issues, in_trailers, place, spent, .. } = self;
        let verdict = with_trailers(ended(scan.finish(), end), in_trailers);
        let counting = counting(&inspection, place.as_ref(), &verdict.findings);
        let counting = counting.as_ref().unwrap_or(&verdict);
        let is_attack = counting.action == Found::Block;
        let action = follows(inspection.mode, end, is_attack, !issues.is_empty());
        let class = counting.findings.first().map(|strongest| strongest.class);
        inspection.metrics.inspected(action, class, &verdict.findings, spent + start.elapsed());
        if let Some(to) = to.filter(|_| !(verdict.findings.is_empty() && issues.is_empty())) {
            to.found(&about.record(&inspection, action, &verdict, &issues));
        }
        match action {
            Action::Block => Err(Rejection::AttackDetected),
            Action::Refuse => Err(Rejection::InvalidRequest(Arc::new(issues))),
            Action::Pass | Action::WouldBlock | Action::WouldRefuse => Ok(()),
        }
    }
}

/// The verdict at this end. That a body broke off says nothing about one that was given up.
fn ended(verdict: Verdict, end: End) -> Verdict {
    let broke_off = |finding: &Finding| finding.class == Class::Protocol && finding.rule.ends_with("-cut");
    if end != End::Cut || !verdict.findings.iter().any(broke_off) {
        return verdict;
    }
    let Verdict { mut findings, level, .. } = verdict;
    findings.retain(|finding| !broke_off(finding));
    Verdict::of(findings, level)
}

/// The verdict with what was found in trailers. The strongest findings are kept.
fn with_trailers(verdict: Verdict, in_trailers: Vec<Finding>) -> Verdict {
    if in_trailers.is_empty() {
        return verdict;
    }
    let mut findings = in_trailers;
    findings.extend(verdict.findings);
    let mut verdict = Verdict::of(findings, verdict.level);
    verdict.findings.truncate(MAX_FINDINGS);
    verdict
}

/// The verdict without what is only told, where something is. Among as many findings as are kept there may have been no
/// room for one that counts, so then all of them count.
fn counting(inspection: &Inspection, place: Option<&Place>, findings: &[Finding]) -> Option<Verdict> {
    let Place { method, path } = place.filter(|_| findings.len() < MAX_FINDINGS)?;
    let counts =
        |finding: &&Finding| !inspection.told_only.iter().any(|told| told.covers(finding, method, path));
    Some(Verdict::of(findings.iter().filter(counts).cloned().collect(), inspection.policy.level))
}

/// What follows. Who gives up is not refused any more.
fn follows(mode: Mode, end: End, is_attack: bool, is_invalid: bool) -> Action {
    match (mode == Mode::Block && end != End::Cut, is_attack, is_invalid) {
        (true, true, _) => Action::Block,
        (true, false, true) => Action::Refuse,
        (false, true, _) => Action::WouldBlock,
        (false, false, true) => Action::WouldRefuse,
        (_, false, false) => Action::Pass,
    }
}

impl About<'_> {
    fn record<'a>(
        &'a self,
        inspection: &'a Inspection,
        action: Action,
        verdict: &'a Verdict,
        issues: &'a Issues,
    ) -> Record<'a> {
        Record {
            time: SystemTime::now(),
            request_id: self.request_id,
            service: &inspection.service,
            route: &inspection.route,
            method: self.method,
            path: self.path,
            client: self.client,
            mode: inspection.mode,
            action,
            score: verdict.score,
            level: verdict.level.number(),
            findings: &verdict.findings,
            issues: issues.as_slice(),
        }
    }
}
