//! Scanning a request while its body arrives.
//!
//! Main types: [`RequestScan`], and [`scan_request`] for a request that is all there.

use super::{
    At, Policy,
    found::{Found, Judge},
    head::oddities,
    scan_window,
};
use crate::{
    class::{Class, Place},
    decode::{Step, percent},
    detect::LIKELY,
    locate::{Body, Head, LONG_NAME, Leaf, Leaves, Oddity, Role, head_values},
    verdict::{Finding, Verdict},
};
use std::ops::Deref;

/// A request that is being looked at.
///
/// Memory is bounded by a window a parser, whatever the length of the body.
///
/// ```
/// use poundlock_shield::{Action, Head, Policy, RequestScan};
/// let headers = [(&b"content-type"[..], &b"application/json"[..])];
/// let head = Head { method: b"POST", target: b"/login", headers: &headers };
/// let policy = Policy::default();
/// let mut scan = RequestScan::new(&head, &policy);
/// scan.feed(br#"{"name": "x' or "#);
/// scan.feed(br#"1=1 -- "}"#);
/// assert_eq!(scan.finish().action, Action::Block);
/// ```
pub struct RequestScan<P> {
    policy: P,
    method: String,
    path: String,
    body: Body,
    found: Found,
}

impl<P: Deref<Target = Policy>> RequestScan<P> {
    /// Looks at the head; the body comes with [`Self::feed`].
    pub fn new(head: &Head<'_>, policy: P) -> Self {
        let mut scan = Self {
            policy,
            method: String::from_utf8_lossy(head.method).into_owned(),
            path: String::from_utf8_lossy(head.path()).into_owned(),
            body: Body::new(head),
            found: Found::default(),
        };
        scan.sink(Place::Request).head(head);
        scan
    }

    /// Looks at the next chunk of the body, wherever it was cut.
    ///
    /// Once [`Self::blocks`] says so, more changes nothing but the list of findings.
    pub fn feed(&mut self, chunk: &[u8]) {
        let Self { policy, method, path, body, found } = self;
        let judge = Judge { policy, method, path };
        body.feed(chunk, &mut Sink { judge, found, place: Place::Body });
    }

    /// What was found so far, without what exclusions let pass; in no order.
    pub fn findings(&self) -> &[Finding] {
        self.found.list()
    }

    /// Whether what was seen so far is already an attack at the policy's level: the body need not be waited for.
    pub fn blocks(&self) -> bool {
        self.found.blocks(self.policy.level)
    }

    /// The body is complete, or its sender has gone.
    pub fn finish(mut self) -> Verdict {
        let Self { policy, method, path, body, found } = &mut self;
        let judge = Judge { policy, method, path };
        body.finish(&mut Sink { judge, found, place: Place::Body });
        self.found.verdict(self.policy.level)
    }

    fn sink(&mut self, place: Place) -> Sink<'_> {
        let judge = Judge { policy: &self.policy, method: &self.method, path: &self.path };
        Sink { judge, found: &mut self.found, place }
    }
}

/// Looks at a request that is all there.
pub fn scan_request(head: &Head<'_>, body: &[u8], policy: &Policy) -> Verdict {
    let mut scan = RequestScan::new(head, policy);
    scan.feed(body);
    scan.finish()
}

/// Takes what is found in a request.
struct Sink<'a> {
    judge: Judge<'a>,
    found: &'a mut Found,
    /// Where an oddity is: in the head until the body begins.
    place: Place,
}

impl Sink<'_> {
    fn head(&mut self, head: &Head<'_>) {
        oddities(head).for_each(|oddity| self.oddity(oddity));
        for value in head_values(head) {
            let at = At { place: value.location.place, field: &value.location.field, role: Role::Value };
            scan_window(&value.bytes, at, &value.chain, self.judge, self.found);
        }
        let file = ["x-filename", "x_filename", "x-file-name", "x.filename"]
            .iter()
            .find_map(|n| head.header(n.as_bytes()));
        if file.is_some_and(runs) {
            self.oddity(Oddity { rule: "executable-upload", score: LIKELY });
        }
    }
}

impl Leaves for Sink<'_> {
    fn leaf(&mut self, leaf: Leaf<'_>) {
        let plain = |byte: &u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']' | b' ')
        };
        if leaf.role == Role::Name && leaf.bytes.len() < LONG_NAME && leaf.bytes.iter().all(plain) {
            return;
        }
        if leaf.role == Role::FileName && runs(leaf.bytes) {
            self.oddity(Oddity { rule: "executable-upload", score: LIKELY });
        }
        let at = At { place: Place::Body, field: leaf.field, role: leaf.role };
        let decoded = if leaf.role == Role::Form { percent(leaf.bytes, Step::Plus) } else { None };
        let chain = decoded.as_ref().map_or(&[][..], |_| &[Step::Plus]);
        scan_window(decoded.as_deref().unwrap_or(leaf.bytes), at, chain, self.judge, self.found);
    }

    fn oddity(&mut self, oddity: Oddity) {
        let at = At { place: self.place, field: "", role: Role::Value };
        if self.judge.counts(Class::Protocol, oddity.rule, at) {
            self.found.odd(oddity.rule, oddity.score, at);
        }
    }
}

/// Whether a server would run a file of this name.
fn runs(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.trim_ascii_end();
    let end = name.iter().rposition(|byte| *byte != b'.').map_or(0, |last| last + 1);
    // The first one counts for some servers: `x.php.jpg`, `x. php`.
    let mut extensions = name[..end].split(|byte| *byte == b'.').skip(1).map(<[u8]>::trim_ascii);
    let known = [
        "phar", "phtml", "pht", "jsp", "jspx", "asp", "aspx", "ashx", "cgi", "pl", "sh", "exe", "bat", "cmd",
        "shtml",
    ];
    extensions
        .any(|extension| extension.starts_with(b"php") || known.iter().any(|k| extension == k.as_bytes()))
}

#[cfg(test)]
mod tests;
