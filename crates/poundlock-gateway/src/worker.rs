//! One worker: a thread with its own runtime, listeners, connections and metric shards.
//!
//! Main types: [`Worker`], what the requests of this thread share, and [`run`]. Nothing here is
//! shared between threads but the routing table, the instances' counters and the phase.

use crate::downstream::{self, Roster, Ticks};
use crate::gateway::Shared;
use crate::routing::Routing;
use crate::upstream::Pool;
use poundlock_observe::http::{HttpClientShard, HttpShard};
use poundlock_tower::inspect::Findings;
use poundlock_tower::{AccessSink, Operations};
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, timeout};

/// How far the gateway is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Serving,
    /// Not ready any more, still accepting; answers ask clients to reconnect elsewhere.
    Draining,
    /// No new connections; open ones finish within the grace period.
    Closing {
        grace: Duration,
    },
}

/// What the requests of one worker share.
pub(crate) struct Worker {
    pub(crate) pool: Pool,
    pub(crate) http: Rc<HttpShard>,
    pub(crate) client: HttpClientShard,
    pub(crate) operations: Operations,
    pub(crate) access_log: Option<Arc<dyn AccessSink>>,
    pub(crate) findings: Arc<dyn Findings>,
    pub(crate) connections: Roster,
    pub(crate) tunnels: Tunnels,
    pub(crate) ticks: Ticks,
    pub(crate) phase: watch::Receiver<Phase>,
    /// Whether the phase is past serving, for the request path.
    pub(crate) leaving: Cell<bool>,
    /// Which of the workers it is, counted from 0.
    pub(crate) index: usize,
    shared: Arc<Shared>,
    routing: RefCell<arc_swap::Cache<Arc<arc_swap::ArcSwap<Routing>>, Arc<Routing>>>,
    /// Room for connections, by listener.
    rooms: Vec<Semaphore>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("connections", &self.connections.len()).finish_non_exhaustive()
    }
}

/// Counts upgraded connections, which have left the roster.
#[derive(Debug, Default)]
pub(crate) struct Tunnels {
    open: Cell<usize>,
    closed: Notify,
}

/// One upgraded connection.
#[derive(Debug)]
pub(crate) struct Tunnel<'a>(&'a Tunnels);

impl Tunnels {
    pub(crate) fn enter(&self) -> Tunnel<'_> {
        self.open.set(self.open.get() + 1);
        Tunnel(self)
    }
}

impl Drop for Tunnel<'_> {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
        self.0.closed.notify_one();
    }
}

impl Worker {
    fn new(shared: Arc<Shared>, index: usize, phase: watch::Receiver<Phase>) -> Self {
        let ticks = Ticks::default();
        Self {
            pool: Pool::new(ticks.clone()),
            http: Rc::new(shared.http.shard()),
            client: shared.client.shard(),
            operations: shared.operations.clone(),
            access_log: shared.access_log.clone(),
            findings: shared.audit.clone(),
            connections: Roster::default(),
            tunnels: Tunnels::default(),
            ticks,
            index,
            leaving: Cell::new(false),
            phase,
            routing: RefCell::new(arc_swap::Cache::new(shared.routing.clone())),
            rooms: shared.rooms.iter().map(|room| Semaphore::new(*room)).collect(),
            shared,
        }
    }

    /// The routing table as it is now.
    pub(crate) fn routing(&self) -> Arc<Routing> {
        self.routing.borrow_mut().load().clone()
    }

    /// The routing table, if it is another one than this.
    pub(crate) fn newer_than(&self, known: &Arc<Routing>) -> Option<Arc<Routing>> {
        let mut cache = self.routing.borrow_mut();
        let now = cache.load();
        (!Arc::ptr_eq(now, known)).then(|| now.clone())
    }

    /// Room for more connections on a listener.
    pub(crate) fn room(&self, listener: usize) -> &Semaphore {
        &self.rooms[listener]
    }

    /// Notes why a downstream connection ended badly.
    pub(crate) fn connection_failed(&self, error: &hyper::Error) {
        self.shared.protocol_errors.count(error);
        tracing::debug!(%error, "downstream connection failed");
    }

    /// Looks after the connections once a second.
    async fn tick(&self) {
        let mut every = tokio::time::interval(Duration::from_secs(1));
        loop {
            every.tick().await;
            self.ticks.advance();
            self.connections.sweep(self.ticks.now());
            self.pool.reap();
        }
    }

    /// Follows the gateway on its way out, until nothing is left to do.
    async fn follow_phase(&self) {
        let mut phase = self.phase.clone();
        // The sender lives as long as the gateway.
        let _ = phase.wait_for(|p| *p != Phase::Serving).await;
        self.leaving.set(true);
        let _ = phase.wait_for(|p| matches!(p, Phase::Closing { .. })).await;
    }

    /// Waits for the end of the grace period, which may be brought forward.
    async fn grace_over(&self) {
        let (mut phase, begin) = (self.phase.clone(), Instant::now());
        loop {
            let Phase::Closing { grace } = *phase.borrow_and_update() else { return };
            let rest = grace.saturating_sub(begin.elapsed());
            // Over, or nobody is left to change it.
            if !matches!(timeout(rest, phase.changed()).await, Ok(Ok(()))) {
                return;
            }
        }
    }

    /// Waits for every connection to finish.
    async fn finish(&self) {
        while self.connections.len() + self.tunnels.open.get() > 0 {
            self.connections.finish_all(self.ticks.now());
            let _ = timeout(Duration::from_millis(20), self.tunnels.closed.notified()).await;
        }
    }
}

/// Runs a worker on this thread until the gateway has closed.
///
/// # Errors
/// The runtime cannot be built or a socket cannot be registered.
pub(crate) fn run(
    shared: Arc<Shared>,
    index: usize,
    sockets: Vec<std::net::TcpListener>,
    phase: watch::Receiver<Phase>,
) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?;
    runtime.block_on(async move {
        let worker = Rc::new(Worker::new(shared, index, phase));
        let mut listeners = Vec::new();
        for (index, socket) in sockets.into_iter().enumerate() {
            let listener = TcpListener::from_std(socket)?;
            listeners.push(tokio::task::spawn_local(downstream::listen(worker.clone(), listener, index)));
        }
        let ticking = worker.clone();
        tokio::task::spawn_local(async move { ticking.tick().await });
        worker.follow_phase().await;
        for listener in listeners {
            let _ = listener.await;
        }
        tokio::select! {
            biased;
            () = worker.finish() => {}
            () = worker.grace_over() => tracing::warn!(
                connections = worker.connections.len(),
                tunnels = worker.tunnels.open.get(),
                "the grace period is over: cutting what is left"
            ),
        }
        Ok(())
    })
}
