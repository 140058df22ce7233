//! Steady load: [`Load`] sends GETs over several keep-alive connections and counts what went wrong.
//!
//! It behaves as a plain client: it reconnects when told so (`Connection: close`) or when an idle connection was closed, and
//! never sends a request twice. It does not know what happens to the gateway meanwhile.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::client::Client;
use crate::wait::eventually_within;

/// A load that nobody ends ends here.
const MAX_REQUESTS: usize = 5_000_000;
/// Failures kept for the report.
const MAX_FAILURES_KEPT: usize = 20;
/// The longest a load may take to reach a milestone.
const LOAD_PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// A load under way.
pub struct Load {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

/// What became of the requests.
#[derive(Debug)]
pub struct Report {
    /// Requests answered with 200.
    pub succeeded: usize,
    /// Requests that got anything else.
    pub failed: usize,
    /// Reasons of the first failures.
    pub failures: Vec<String>,
}

struct Shared {
    address: SocketAddr,
    least: usize,
    finishing: AtomicBool,
    started: AtomicUsize,
    succeeded: AtomicUsize,
    failed: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

impl Load {
    /// Starts to send requests over `connections` connections: at least `least`, and on until [`Load::finish`].
    pub fn start(address: SocketAddr, connections: usize, least: usize) -> Self {
        let shared = Arc::new(Shared {
            address,
            least,
            finishing: AtomicBool::new(false),
            started: AtomicUsize::new(0),
            succeeded: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            failures: Mutex::default(),
        });
        let worker = |_| {
            let shared = shared.clone();
            std::thread::spawn(move || shared.work())
        };
        Self { workers: (0..connections).map(worker).collect(), shared }
    }

    /// Waits until `n` requests have been answered.
    pub fn wait_for(&self, n: usize) {
        eventually_within(LOAD_PATIENCE, &format!("{n} answers"), || (self.shared.done() >= n).then_some(()));
    }

    /// Ends the load when its least number of requests has been sent, and waits for the last answer.
    pub fn finish(self) -> Report {
        self.shared.finishing.store(true, Ordering::SeqCst);
        for worker in self.workers {
            worker.join().expect("a worker does not panic");
        }
        Report {
            succeeded: self.shared.succeeded.load(Ordering::SeqCst),
            failed: self.shared.failed.load(Ordering::SeqCst),
            failures: self.shared.failures.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

impl Shared {
    fn done(&self) -> usize {
        self.succeeded.load(Ordering::SeqCst) + self.failed.load(Ordering::SeqCst)
    }

    fn work(&self) {
        let mut connection = None;
        loop {
            let number = self.started.fetch_add(1, Ordering::SeqCst);
            let enough = number >= self.least && self.finishing.load(Ordering::SeqCst);
            if enough || number >= MAX_REQUESTS {
                return;
            }
            match self.one(&mut connection, number) {
                Ok(()) => _ = self.succeeded.fetch_add(1, Ordering::SeqCst),
                Err(why) => self.fail(format!("request {number}: {why}")),
            }
        }
    }

    /// One request, over the open connection unless the gateway has closed it.
    fn one(&self, connection: &mut Option<Client>, number: usize) -> Result<(), String> {
        let mut client = match connection.take() {
            Some(client) if !client.was_closed() => client,
            _ => Client::try_connect(self.address).map_err(|e| format!("connect: {e}"))?,
        };
        let answer = client.try_request("GET", &format!("/{number}"), &[], "").map_err(|e| e.to_string())?;
        let closes = answer.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close"));
        *connection = (!closes).then_some(client);
        if answer.status == 200 { Ok(()) } else { Err(format!("{} {}", answer.status, answer.text())) }
    }

    fn fail(&self, why: String) {
        self.failed.fetch_add(1, Ordering::SeqCst);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() < MAX_FAILURES_KEPT {
            failures.push(why);
        }
    }
}
