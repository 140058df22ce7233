//! A request with a body that is being looked at.
//!
//! Main type: [`Watch`]. Whatever becomes of the request, it is concluded once.

use super::look::{About, End, Look};
use super::{Findings, InspectLayer};
use crate::limit::client_address;
use crate::{Correlation, Rejection};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use std::net::IpAddr;
use std::sync::Arc;

/// A look, and what is to be told with it.
pub(super) struct Watch {
    /// `None` once it is concluded.
    look: Option<Look>,
    correlation: Option<Correlation>,
    method: Method,
    uri: Uri,
    client: Option<IpAddr>,
    findings: Option<Arc<dyn Findings>>,
}

impl Watch {
    pub(super) fn new<I>(look: Look, head: &Parts, layer: &InspectLayer<I>) -> Self {
        Self {
            look: Some(look),
            correlation: head.extensions.get().cloned(),
            method: head.method.clone(),
            uri: head.uri.clone(),
            client: client_address(head, &layer.proxies, layer.forwarding),
            findings: layer.findings.clone(),
        }
    }

    /// Looks at the next bytes.
    ///
    /// # Errors
    /// The request is refused.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<(), Rejection> {
        let Some(look) = &mut self.look else { return Ok(()) };
        look.feed(chunk);
        if look.is_refused() { self.conclude(End::Refused) } else { Ok(()) }
    }

    /// The body is complete; these are its trailers.
    ///
    /// # Errors
    /// The request is refused.
    pub(super) fn finish(&mut self, trailers: Option<&HeaderMap>) -> Result<(), Rejection> {
        if let (Some(look), Some(trailers)) = (&mut self.look, trailers) {
            look.trailers(trailers);
        }
        self.conclude(End::Complete)
    }

    fn conclude(&mut self, end: End) -> Result<(), Rejection> {
        let Some(look) = self.look.take() else { return Ok(()) };
        let about = About {
            request_id: self.correlation.as_ref().map_or("", Correlation::request_id),
            method: self.method.as_str(),
            path: self.uri.path(),
            client: self.client,
        };
        look.conclude(end, &about, self.findings.as_ref())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // Nobody is left who could be refused.
        let _ = self.conclude(End::Cut);
    }
}
