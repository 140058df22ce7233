//! Gentle traffic, counted.
//!
//! Main item: [`start`].

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two requests.
const PAUSE: Duration = Duration::from_millis(20);
/// After which a request counts as failed.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the traffic came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) sent: u64,
    pub(crate) failed: u64,
}

/// Traffic that flows until it is stopped.
pub(crate) struct Traffic {
    counts: Arc<Counts>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Counts {
    stop: AtomicBool,
    sent: AtomicU64,
    failed: AtomicU64,
}

/// Starts to send.
pub(crate) fn start(to: SocketAddr) -> Traffic {
    let counts = Arc::new(Counts::default());
    let sending = counts.clone();
    Traffic { counts, thread: Some(std::thread::spawn(move || send(to, &sending))) }
}

fn send(to: SocketAddr, counts: &Counts) {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).build().into();
    let mut n = 0u64;
    while !counts.stop.load(Ordering::Relaxed) {
        n += 1;
        let answered = agent.get(format!("http://{to}/orders/{n}")).call();
        counts.sent.fetch_add(1, Ordering::Relaxed);
        // The gateway going away is the end of the demo, not a failure of it.
        if answered.is_err() && !counts.stop.load(Ordering::Relaxed) {
            counts.failed.fetch_add(1, Ordering::Relaxed);
        }
        std::thread::sleep(PAUSE);
    }
}

impl Traffic {
    /// The counts so far.
    pub(crate) fn counted(&self) -> Counted {
        let load = |n: &AtomicU64| n.load(Ordering::Relaxed);
        Counted { sent: load(&self.counts.sent), failed: load(&self.counts.failed) }
    }

    /// Stops and counts.
    pub(crate) fn stop(mut self) -> Counted {
        self.end();
        self.counted()
    }

    fn end(&mut self) {
        self.counts.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.end();
    }
}
