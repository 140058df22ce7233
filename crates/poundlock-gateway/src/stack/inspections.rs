//! How a request is inspected, by the service it was matched to.
//!
//! Main type: [`InspectionsByMatch`]. It looks at nothing itself: the inspect layer does.

use crate::routing::Matched;
use http::request::Parts;
use poundlock_tower::{Inspection, Inspections};
use std::sync::Arc;

/// The inspections of the service that a request was matched to; the first that fits the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InspectionsByMatch;

impl Inspections for InspectionsByMatch {
    fn inspection<'a>(&'a self, head: &'a Parts) -> Option<&'a Arc<Inspection>> {
        let service = head.extensions.get::<Matched>()?.service.as_ref()?;
        service.guards.iter().find(|guard| guard.patterns.matches(head)).map(|guard| &guard.inspection)
    }
}
