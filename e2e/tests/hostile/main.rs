//! Hostile clients: whatever is malformed or ambiguous is refused, the connection closed, and nothing of it forwarded.

mod framing;
mod fuzz;
mod heads;
mod limits;
mod slow;
mod truncated;
mod upstream;

use std::cell::RefCell;

use e2e::{Answer, Config, Gateway, Upstream};

/// A gateway in front of an upstream that records what reaches it.
///
/// What was not refused as it should be is collected and fails the test when the siege ends, so that one run shows all.
struct Siege {
    upstream: Upstream,
    gateway: Gateway,
    breaches: RefCell<Vec<String>>,
}

impl Siege {
    /// With the default limits.
    fn new() -> Self {
        Self::with(|config| config)
    }

    /// With what `change` adds to the configuration.
    fn with(change: impl FnOnce(Config) -> Config) -> Self {
        let upstream = Upstream::text("alive");
        let gateway = Gateway::start(&change(Config::to(&[&upstream])));
        Self { upstream, gateway, breaches: RefCell::default() }
    }

    /// Sends `request`; it must be answered with one of `statuses` and the connection closed, and no head may have got
    /// through. Another request is then served, to show that the gateway lives.
    fn refuses(&self, request: impl AsRef<[u8]>, statuses: &[u16]) {
        let before = self.upstream.heads().len();
        let outcome = self.outcome(request.as_ref(), statuses);
        let forwarded = self.upstream.heads().len() != before;
        self.judge(request.as_ref(), outcome, forwarded);
    }

    /// As [`Siege::refuses`], where the head alone is fine: it may have been forwarded, but never a complete request.
    fn breaks_off(&self, request: impl AsRef<[u8]>, statuses: &[u16]) {
        let before = self.upstream.seen().len();
        let outcome = self.outcome(request.as_ref(), statuses);
        let forwarded = self.upstream.seen().len() != before;
        self.judge(request.as_ref(), outcome, forwarded);
    }

    fn outcome(&self, request: &[u8], statuses: &[u16]) -> Result<(), String> {
        let mut client = self.gateway.client();
        client.send(request);
        let Answer { status, body, .. } = client.try_receive().map_err(|e| format!("no answer: {e}"))?;
        if !statuses.contains(&status) {
            return Err(format!("{status} {}", String::from_utf8_lossy(&body.bytes)));
        }
        if client.is_closed() { Ok(()) } else { Err(format!("{status}, but the connection stays open")) }
    }

    fn judge(&self, request: &[u8], outcome: Result<(), String>, forwarded: bool) {
        let outcome = if forwarded { Err(format!("forwarded; {outcome:?}")) } else { outcome };
        if let Err(why) = outcome {
            let shown: String = String::from_utf8_lossy(request).chars().take(160).collect();
            self.breaches.borrow_mut().push(format!("{shown:?}: {why}"));
        }
        self.is_alive();
    }

    fn is_alive(&self) {
        assert_eq!(self.gateway.get("/alive").text(), "alive");
    }
}

impl Drop for Siege {
    fn drop(&mut self) {
        let breaches = self.breaches.borrow();
        assert!(breaches.is_empty() || std::thread::panicking(), "{}", breaches.join("\n"));
    }
}
