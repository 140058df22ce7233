//! The task between callers and the server.
//!
//! Main item: [`Driver`]. It keeps one connection, collects what callers want while the server is busy, and hands out
//! the answers. It knows no limits: what a decision means is the script's and the caller's.

use super::config::{Clock, RedisConfig};
use super::link::Link;
use super::names::Names;
use super::script::{Answer, Answers, Batch, Op};
use super::server::{Server, within};
use crate::limits::StoreError;
use arc_swap::ArcSwapOption;
use poundlock_limit::Micros;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::Instant;

/// Keys of one call of the script; an operation that begins below it is taken whole.
const BATCH_KEYS: usize = 64;
/// Between two signs of life.
const BEAT: Duration = Duration::from_secs(1);

/// An operation and who waits for it.
pub(super) struct Job {
    pub(super) op: Op,
    /// Of the configuration that it comes from.
    pub(super) names: Arc<Names>,
    pub(super) now: Micros,
    pub(super) reply: oneshot::Sender<Result<Answer, StoreError>>,
}

/// What callers and the driver share.
pub(super) struct Shared {
    pub(super) config: RedisConfig,
    pub(super) link: Link,
    /// The connection that answers, for commands that need not be collected.
    pub(super) server: ArcSwapOption<Server>,
}

/// The task itself; it ends when nobody can send it anything any more.
pub(super) struct Driver {
    pub(super) shared: Arc<Shared>,
    pub(super) client: redis::Client,
    pub(super) jobs: mpsc::Receiver<Job>,
    /// Tells this node from others.
    pub(super) node: u64,
}

impl Driver {
    pub(super) async fn run(mut self) {
        let shared = self.shared.clone();
        while !self.jobs.is_closed() {
            let began = Instant::now();
            let config = &shared.config;
            let why = match Server::connect(&self.client, &config.prefix, config.deadline).await {
                Ok(server) => self.serve(server).await,
                Err(why) => why,
            };
            shared.server.store(None);
            if self.jobs.is_closed() {
                return;
            }
            shared.link.down(&why.to_string());
            // Dropping the jobs tells those who wait for them.
            while self.jobs.try_recv().is_ok() {}
            // A connection that lived is tried again at once.
            tokio::select! {
                () = tokio::time::sleep_until(began + config.probe_every) => {}
                () = self.dropped() => {}
            }
        }
    }

    /// Serves callers until the connection fails; says why.
    async fn serve(&mut self, server: Server) -> StoreError {
        let shared = self.shared.clone();
        shared.server.store(Some(Arc::new(server.clone())));
        shared.link.up();
        let jobs = Mutex::new(&mut self.jobs);
        // Two lanes: while one call is on its way, the next is collected and sent.
        tokio::select! {
            why = lane(&shared, server.clone(), &jobs) => why,
            why = lane(&shared, server.clone(), &jobs) => why,
            why = beats(&shared, &server, self.node) => why,
            () = shared.link.given_up() => StoreError::Timeout,
        }
    }

    /// Returns when all callers are gone. Whoever still sends something is told that nobody is there.
    async fn dropped(&mut self) {
        while self.jobs.recv().await.is_some() {}
    }
}

/// Collects, asks, answers, again and again.
async fn lane(shared: &Shared, mut server: Server, jobs: &Mutex<&mut mpsc::Receiver<Job>>) -> StoreError {
    loop {
        let Some((batch, waiting)) = collect(shared, jobs).await else {
            return StoreError::Failed("nobody asks any more".to_owned());
        };
        let now = match (shared.config.clock, waiting.first()) {
            (Clock::Caller, Some(job)) => job.now.0.to_string(),
            _ => String::new(),
        };
        match within(shared.config.deadline, server.run(&batch, &now)).await {
            Ok(bytes) => hand_out(waiting, &bytes),
            Err(why) => {
                waiting.into_iter().for_each(|job| drop(job.reply.send(Err(why.clone()))));
                return why;
            }
        }
    }
}

/// The next operations, as many as are there and fit. `None` when all callers are gone.
async fn collect(shared: &Shared, jobs: &Mutex<&mut mpsc::Receiver<Job>>) -> Option<(Batch, Vec<Job>)> {
    let mut jobs = jobs.lock().await;
    let (mut batch, mut waiting) = (Batch::default(), Vec::new());
    while waiting.is_empty() {
        let mut next = Some(jobs.recv().await?);
        while let Some(job) = next {
            // Whoever has stopped waiting is not charged.
            if !job.reply.is_closed() {
                match batch.push(&job.op, &job.names, shared.link.nodes()) {
                    Ok(()) => waiting.push(job),
                    Err(why) => drop(job.reply.send(Err(why))),
                }
            }
            // The time of a caller is that of its operation alone.
            let full = batch.keys.len() >= BATCH_KEYS || shared.config.clock == Clock::Caller;
            next = if full { None } else { jobs.try_recv().ok() };
        }
    }
    Some((batch, waiting))
}

fn hand_out(waiting: Vec<Job>, bytes: &[u8]) {
    let mut answers = Answers::new(bytes);
    for job in waiting {
        let answer = answers.as_mut().and_then(|answers| answers.next(&job.op));
        let answer = answer.ok_or_else(|| StoreError::Failed("the answer makes no sense".to_owned()));
        drop(job.reply.send(answer));
    }
}

/// Says each second that this node lives; returns when the server does not answer to that.
async fn beats(shared: &Shared, server: &Server, node: u64) -> StoreError {
    loop {
        match within(BEAT, server.beat(&shared.config.prefix, node)).await {
            Ok(nodes) => shared.link.count_nodes(nodes),
            Err(why) => return why,
        }
        tokio::time::sleep(BEAT).await;
    }
}
