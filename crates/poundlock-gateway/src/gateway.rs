//! The gateway as a whole: sockets, workers, background work, and the way out.
//!
//! Main items: [`start`] and [`Running`]. Everything that is opened or spawned is opened or spawned
//! from here. It does not know the command line, and never exits the process.

mod access_log;
mod admin;
mod audit;
mod limits;
mod log_thread;
mod names;
mod probes;
mod process;
mod reload;
mod shield;
mod signals;
mod sockets;
mod table;
mod telemetry;
mod throttle;

pub use reload::{Reload, ReloadError};
pub use signals::Signals;

use crate::config::Loaded;
use crate::routing::Routing;
use crate::worker::{self, Phase};
use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use audit::Audit;
use poundlock_observe::http::{HttpClientMetrics, HttpMetrics};
use poundlock_tower::{AccessSink, Lifecycle, Operations};
use signals::Inbox;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use telemetry::ProtocolErrors;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// Threads for probes, names, throttles, the admin API and signals.
const BACKGROUND_THREADS: usize = 2;

/// What all workers and the background share.
pub(crate) struct Shared {
    pub(crate) routing: Arc<ArcSwap<Routing>>,
    pub(crate) http: HttpMetrics,
    pub(crate) client: HttpClientMetrics,
    pub(crate) operations: Operations,
    pub(crate) access_log: Option<Arc<dyn AccessSink>>,
    pub(crate) audit: Arc<Audit>,
    pub(crate) protocol_errors: ProtocolErrors,
    /// Room for connections of one worker, by listener.
    pub(crate) rooms: Vec<usize>,
}

/// A gateway that serves.
pub struct Running {
    listeners: Vec<SocketAddr>,
    admin: SocketAddr,
    token_made: Option<String>,
    shared: Arc<Shared>,
    phase: watch::Sender<Phase>,
    workers: Vec<JoinHandle<std::io::Result<()>>>,
    background: Runtime,
    reloader: reload::Reloader,
    /// Reloads when the file changes.
    following: Option<tokio::task::JoinHandle<()>>,
    signals: Option<Inbox>,
}

/// Starts a gateway: when this returns, it serves.
///
/// `reload` says where a new configuration comes from, `signals` who asks for it and for the end.
///
/// # Errors
/// An address is taken or not ours, the state folder or the access log cannot be written, or the
/// system gives no threads or signals.
pub fn start(loaded: &Loaded, reload: Reload, signals: Signals) -> Result<Running> {
    let config = &loaded.config;
    let sockets = sockets::bind_all(config)?;
    let admin_socket = sockets::bind_admin(config.admin.address)?;
    let token = admin::token(&config.state_dir)?;
    let background = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(BACKGROUND_THREADS)
        .thread_name("background")
        .enable_all()
        .build()
        .context("cannot start the background threads")?;
    let shared = Arc::new(telemetry::shared(config)?);
    let reloader = reload::Reloader::new(shared.clone(), config.clone(), reload);
    background.block_on(reloader.apply(config))?;
    let (phase, _) = watch::channel(Phase::Serving);
    let workers = spawn_workers(&shared, sockets.by_worker, &phase)?;
    let admin_address = admin_socket.local_addr().context("cannot read the admin address")?;
    let api = admin::Api::new(shared.clone(), reloader.clone(), &sockets.addresses);
    background.spawn(admin::serve(admin_socket, api, token.token));
    let changes = background.block_on(async { reloader.watch() });
    let following = changes.map(|changes| background.spawn(reloader.clone().follow(changes)));
    background.spawn(reloader.clone().refresh_names());
    background.spawn(throttle::run(shared.clone(), config.workers));
    let signals = match signals {
        Signals::Take => Some(background.block_on(async { Inbox::open() })?),
        Signals::Leave => None,
    };
    shared.operations.enter(Lifecycle::Started);
    Ok(Running {
        listeners: sockets.addresses,
        admin: admin_address,
        token_made: token.made,
        shared,
        phase,
        workers,
        background,
        reloader,
        following,
        signals,
    })
}

fn spawn_workers(
    shared: &Arc<Shared>,
    sockets: Vec<Vec<std::net::TcpListener>>,
    phase: &watch::Sender<Phase>,
) -> Result<Vec<JoinHandle<std::io::Result<()>>>> {
    let spawn = |(index, sockets)| {
        let (shared, phase) = (shared.clone(), phase.subscribe());
        std::thread::Builder::new()
            .name(format!("worker-{index}"))
            .spawn(move || worker::run(shared, index, sockets, phase))
            .context("cannot start a worker thread")
    };
    sockets.into_iter().enumerate().map(spawn).collect()
}

impl Running {
    /// The public addresses, in the order of the configuration.
    pub fn listeners(&self) -> &[SocketAddr] {
        &self.listeners
    }

    /// The admin address.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// The admin token, when this start has made it: the one time to show it.
    pub fn token_made(&self) -> Option<&str> {
        self.token_made.as_deref()
    }

    /// Serves until SIGTERM or SIGINT, reloading on SIGHUP, then drains. A second SIGTERM or SIGINT
    /// skips what is left of the drain.
    ///
    /// # Errors
    /// Signals cannot be received, or a worker failed.
    pub fn serve(mut self) -> Result<()> {
        self.wait()?;
        self.stop()
    }

    /// Serves until SIGTERM or SIGINT, reloading on SIGHUP; what follows is [`Running::stop`].
    ///
    /// # Errors
    /// Signals cannot be received.
    pub fn wait(&mut self) -> Result<()> {
        let mut signals = match self.signals.take() {
            Some(signals) => signals,
            None => self.background.block_on(async { Inbox::open() })?,
        };
        self.background.block_on(self.reloader.until_told_to_stop(&mut signals));
        self.signals = Some(signals);
        Ok(())
    }

    /// Drains and stops: readiness goes first, then new connections, then the rest of the grace.
    ///
    /// # Errors
    /// A worker failed.
    pub fn stop(mut self) -> Result<()> {
        let told_again = hurry(self.signals.take());
        let drain = self.reloader.config().drain;
        tracing::info!(delay = ?drain.delay, grace = ?drain.grace, "draining");
        self.shared.operations.enter(Lifecycle::Draining);
        self.phase.send_replace(Phase::Draining);
        if let Some(following) = self.following.take() {
            // Nobody needs a new configuration now, and a busy kernel takes seconds to end a watch:
            // the process could not end before that.
            following.abort();
        }
        let mut workers = self.background.spawn_blocking(|| join_all(self.workers));
        let joined = self.background.block_on(async {
            tokio::pin!(told_again);
            tokio::select! {
                () = tokio::time::sleep(drain.delay) => {
                    self.phase.send_replace(Phase::Closing { grace: drain.grace });
                    tokio::select! {
                        joined = &mut workers => return joined,
                        () = &mut told_again => {}
                    }
                }
                () = &mut told_again => {}
            }
            tracing::warn!("told to stop again: skipping the rest of the drain");
            self.phase.send_replace(Phase::Closing { grace: Duration::ZERO });
            workers.await
        });
        self.background.shutdown_timeout(Duration::from_secs(1));
        if let Some(log) = &self.shared.access_log {
            log.flush();
        }
        self.shared.audit.flush();
        tracing::info!("stopped");
        joined.context("cannot wait for the workers")?
    }
}

/// Waits for a signal that says the drain takes too long.
async fn hurry(signals: Option<Inbox>) {
    match signals {
        Some(mut signals) => signals.stop().await,
        None => std::future::pending().await,
    }
}

/// Waits for all workers; the last failure counts.
fn join_all(workers: Vec<JoinHandle<std::io::Result<()>>>) -> Result<()> {
    let mut result = Ok(());
    for worker in workers {
        match worker.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => result = Err(error).context("a worker failed"),
            Err(_) => result = Err(anyhow::anyhow!("a worker panicked")),
        }
    }
    result
}
