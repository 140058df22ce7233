//! The head of a request, as `poundlock-shield` sees it.
//!
//! Main function: [`look`].

use super::{Action, InspectLayer, Inspection, Mode, Record};
use crate::limit::client_address;
use crate::{Correlation, Rejection};
use http::request::Parts;
use poundlock_shield::{Head, RequestScan, Verdict};
use smallvec::SmallVec;
use std::time::{Instant, SystemTime};

/// Looks at a head, tells what is found, and refuses it if it is an attack.
pub(super) fn look<I>(
    inspection: &Inspection,
    head: &Parts,
    layer: &InspectLayer<I>,
) -> Result<(), Rejection> {
    let request_id = head.extensions.get().map_or("", Correlation::request_id);
    if !inspection.looks_at(request_id) {
        if inspection.mode != Mode::Off {
            inspection.metrics.skip();
        }
        return Ok(());
    }
    let start = Instant::now();
    let verdict = scan(inspection, head);
    let action = match (verdict.action, inspection.mode) {
        (poundlock_shield::Action::Pass, _) => Action::Pass,
        (_, Mode::Block) => Action::Block,
        _ => Action::WouldBlock,
    };
    inspection.metrics.inspected(action, &verdict.findings, start.elapsed());
    if let Some(findings) = layer.findings.as_ref().filter(|_| !verdict.findings.is_empty()) {
        findings.found(&Record {
            time: SystemTime::now(),
            request_id,
            service: &inspection.service,
            route: &inspection.route,
            method: head.method.as_str(),
            path: head.uri.path(),
            client: client_address(head, &layer.proxies, layer.forwarding),
            mode: inspection.mode,
            action,
            score: verdict.score,
            level: verdict.level.number(),
            findings: &verdict.findings,
            issues: &[],
        });
    }
    if action == Action::Block { Err(Rejection::AttackDetected) } else { Ok(()) }
}

fn scan(inspection: &Inspection, head: &Parts) -> Verdict {
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let headers: SmallVec<[(&[u8], &[u8]); 32]> =
        head.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())).collect();
    let head = Head { method: head.method.as_str().as_bytes(), target: target.as_bytes(), headers: &headers };
    RequestScan::new(&head, &inspection.policy).finish()
}
