//! Scanning a request while its body arrives.
//!
//! Main types: [`RequestScan`], and [`scan_request`] for a request that is all there.

use super::{At, MAX_FINDINGS, Policy, head::oddities, scan_window};
use crate::{
    class::{Class, Place},
    decode::{Step, percent},
    detect::LIKELY,
    locate::{Body, Head, LONG_NAME, Leaf, Leaves, Oddity, Role, head_values},
    verdict::{Finding, Location, Verdict},
};

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
pub struct RequestScan<'p> {
    policy: &'p Policy,
    method: String,
    path: String,
    body: Body,
    sink: Sink,
}

impl<'p> RequestScan<'p> {
    /// Looks at the head; the body comes with [`Self::feed`].
    pub fn new(head: &Head<'_>, policy: &'p Policy) -> Self {
        let mut sink = Sink { findings: Vec::new(), place: Place::Request };
        oddities(head).for_each(|oddity| sink.oddity(oddity));
        for value in head_values(head) {
            let at = At { place: value.location.place, field: &value.location.field };
            scan_window(&value.bytes, at, &value.chain, &mut sink.findings);
        }
        let file = ["x-filename", "x_filename", "x-file-name", "x.filename"]
            .iter()
            .find_map(|n| head.header(n.as_bytes()));
        if file.is_some_and(runs) {
            sink.oddity(Oddity { rule: "executable-upload", score: LIKELY });
        }
        Self {
            policy,
            method: String::from_utf8_lossy(head.method).into_owned(),
            path: String::from_utf8_lossy(head.path()).into_owned(),
            body: Body::new(head),
            sink,
        }
    }

    /// Looks at the next chunk of the body.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.sink.place = Place::Body;
        self.body.feed(chunk, &mut self.sink);
    }

    /// Whether what was seen so far is already an attack: the body need not be waited for.
    pub fn blocks(&self) -> bool {
        self.verdict(self.sink.findings.clone()).action == crate::Action::Block
    }

    /// The body is complete.
    pub fn finish(mut self) -> Verdict {
        let body =
            std::mem::replace(&mut self.body, Body::new(&Head { method: b"", target: b"", headers: &[] }));
        body.finish(&mut self.sink);
        let findings = std::mem::take(&mut self.sink.findings);
        self.verdict(findings)
    }

    fn verdict(&self, mut findings: Vec<Finding>) -> Verdict {
        let excluded =
            |f: &Finding| self.policy.exclusions.iter().any(|e| e.covers(f, &self.method, &self.path));
        findings.retain(|finding| !excluded(finding));
        Verdict::of(findings, self.policy.level)
    }
}

/// Looks at a request that is all there.
pub fn scan_request(head: &Head<'_>, body: &[u8], policy: &Policy) -> Verdict {
    let mut scan = RequestScan::new(head, policy);
    scan.feed(body);
    scan.finish()
}

struct Sink {
    findings: Vec<Finding>,
    /// Where an oddity is: in the head until the body begins.
    place: Place,
}

impl Leaves for Sink {
    fn leaf(&mut self, leaf: Leaf<'_>) {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.[] ".contains(byte);
        if leaf.role == Role::Name && leaf.bytes.len() < LONG_NAME && leaf.bytes.iter().all(plain) {
            return;
        }
        if leaf.role == Role::FileName && runs(leaf.bytes) {
            self.oddity(Oddity { rule: "executable-upload", score: LIKELY });
        }
        let at = At { place: Place::Body, field: leaf.field };
        let known = self.findings.len();
        if leaf.role == Role::Form {
            let decoded = percent(leaf.bytes, Step::Plus);
            let chain = decoded.as_ref().map_or(&[][..], |_| &[Step::Plus]);
            scan_window(decoded.as_deref().unwrap_or(leaf.bytes), at, chain, &mut self.findings);
        } else {
            scan_window(leaf.bytes, at, &[], &mut self.findings);
        }
        let mut index = 0;
        self.findings.retain(|finding| {
            index += 1;
            index <= known || counts(leaf.role, finding.class)
        });
    }

    fn oddity(&mut self, oddity: Oddity) {
        let location = Location { place: self.place, field: String::new() };
        let known = self.findings.iter().any(|f| f.class == Class::Protocol && f.rule == oddity.rule);
        if !known && self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding {
                class: Class::Protocol,
                rule: oddity.rule,
                location,
                chain: Vec::new(),
                decoded: String::new(),
                span: 0..0,
                evidence: String::new(),
                score: oddity.score,
            });
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

/// Whether evidence of this class means something in a leaf of this kind.
fn counts(role: Role, class: Class) -> bool {
    match role {
        // In a file only what a server would run, or what reaches through it, is an attack on the server.
        Role::File | Role::Raw => matches!(class, Class::Code | Class::Lookup | Class::Xxe),
        Role::Declaration => class != Class::Xss,
        Role::Value | Role::Name | Role::FileName | Role::Form => true,
    }
}
