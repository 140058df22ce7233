//! Quotas of one machine that outlive the process, in SQLite.
//!
//! Main type: [`SqliteQuotas`]. Rates are not kept here: they heal by themselves in the time that a restart takes.
//! [`DurableLimits`](crate::limits::durable::DurableLimits) puts the two together.

mod database;
mod jobs;
mod ledger;
mod names;
mod open;
mod writer;

use crate::limits::{LimitDef, Page, StoreError};
use database::Database;
use jobs::{Answer, Job, Op, Shared};
use names::Known;
use poundlock_limit::{Budget, Charge, Decision, Key, LimitId, Micros, Verdict};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use writer::Writer;

/// Where quotas are kept, and within which bounds.
#[derive(Debug, Clone)]
pub struct SqliteConfig {
    /// The file, such as `limits.db` in the folder of state. SQLite keeps its log beside it.
    pub path: PathBuf,
    /// How long a request waits for the disk.
    pub deadline: Duration,
    /// Requests that may wait for the disk at once; one more is refused.
    pub queue: usize,
    /// Quotas that are kept in memory at once.
    pub keys: usize,
    /// Between deletions of what is over, a thousand rows each.
    pub prune_every: Duration,
}

impl SqliteConfig {
    /// The defaults for a file.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            deadline: Duration::from_secs(1),
            queue: 16 * 1024,
            keys: 64 * 1024,
            prune_every: Duration::from_secs(10),
        }
    }
}

/// What had to be repaired when a file was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// The new name of a file that could not be read. The store began with an empty one.
    pub set_aside: Option<PathBuf>,
    /// Rows that made no sense; they are in the table `quarantine`.
    pub quarantined: u64,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open. A retry helps when that has ended.
    #[error("another process uses the file")]
    Locked,
    /// A later version wrote it. It was not touched.
    #[error("the file was written by a later version (layout {0})")]
    Newer(i64),
    /// It cannot be read, and not be renamed either.
    #[error("the file is damaged and cannot be renamed")]
    SetAside(#[source] std::io::Error),
    /// It cannot be made, read or written.
    #[error("{0}")]
    Failed(String),
}

/// Quotas in a file. A charge that was admitted is on the disk before its request is answered, if the quota is small;
/// of a large one, up to a thousandth (at most 1000) is written ahead, so that most charges cost no write.
///
/// A process that is killed loses no charge; it may lose the unused rest of that thousandth. Clones share one file.
#[derive(Clone)]
pub struct SqliteQuotas {
    shared: Arc<Shared>,
    /// The limits of this handle's list.
    known: Known,
    jobs: mpsc::Sender<Job>,
    deadline: Duration,
}

impl SqliteQuotas {
    /// Opens the file and starts the task that writes it, on the present runtime. The task ends with the last clone.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(config: SqliteConfig, limits: &[LimitDef]) -> Result<(Self, Opened), OpenError> {
        let (database, opened) = Database::open(&config.path).await?;
        let (sender, jobs) = mpsc::channel(config.queue.max(1));
        let shared = Arc::new(Shared::default());
        let known = shared.names.know(limits);
        let prune_every = config.prune_every.max(Duration::from_millis(1));
        let writer = Writer { shared: shared.clone(), database, jobs, room: config.keys, prune_every };
        tokio::spawn(writer.run());
        Ok((Self { shared, known, jobs: sender, deadline: config.deadline }, opened))
    }

    /// Decides charges of quotas together, as [`LimitStore::decide`](crate::limits::LimitStore::decide) does.
    ///
    /// # Errors
    /// See [`StoreError`]; also for a charge that is none of a quota. Nothing is known to be charged then.
    pub async fn decide(&self, charges: &[Charge], now: Micros) -> Result<Verdict, StoreError> {
        let charges = self.known.charges(charges);
        let at_once = ledger::decide_at_once(&mut self.shared.ledger(), &charges, now);
        match at_once {
            Some(verdict) => Ok(verdict),
            None => self.verdict(Op::Decide(charges), now).await,
        }
    }

    /// What [`decide`](Self::decide) would say; charges nothing.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn weigh(&self, charges: &[Charge], now: Micros) -> Result<Verdict, StoreError> {
        let charges = self.known.charges(charges);
        let at_once = ledger::weigh(&self.shared.ledger(), &charges, now);
        match at_once {
            Some(verdict) => Ok(verdict),
            None => self.verdict(Op::Weigh(charges), now).await,
        }
    }

    /// Changes what a key has used; see [`LimitStore::adjust`](crate::limits::LimitStore::adjust). It is on the disk
    /// when this returns.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn adjust(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        amount: i64,
        now: Micros,
    ) -> Result<(), StoreError> {
        let charge = Charge { limit: self.known.name(limit), key: *key, budget, cost: 0 };
        self.ask(Op::Adjust(charge, amount), now).await.map(drop)
    }

    /// What a key could do now; charges nothing.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn peek(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        now: Micros,
    ) -> Result<Decision, StoreError> {
        let verdict = self.weigh(&[Charge { limit, key: *key, budget, cost: 0 }], now).await?;
        verdict.decisions.first().copied().ok_or_else(senseless)
    }

    /// Forgets what a key has used.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn reset(&self, limit: LimitId, key: &Key) -> Result<(), StoreError> {
        self.ask(Op::Reset(self.known.name(limit), *key), Micros(0)).await.map(drop)
    }

    /// The keys of a limit, `count` at a time, from a cursor of 0 or of the page before.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn scan(&self, limit: LimitId, cursor: u64, count: usize) -> Result<Page, StoreError> {
        let list = Op::List { limit: self.known.name(limit), after: cursor, count: count.clamp(1, 1000) };
        match self.ask(list, Micros(0)).await? {
            Answer::Page(page) => Ok(page),
            _ => Err(senseless()),
        }
    }

    /// The same file for another list of limits. What keys have used is found again under the limits' names. This handle
    /// goes on with its own list: requests that have begun under it are charged to what they meant.
    #[must_use]
    pub fn reconfigured(&self, limits: &[LimitDef]) -> Self {
        Self { known: self.shared.names.know(limits), ..self.clone() }
    }

    /// Writes that what is left of chunks was not used, and closes the file. Later calls fail.
    ///
    /// # Errors
    /// See [`StoreError`]; charges are on the disk in any case.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.ask(Op::Close, Micros(0)).await.map(drop)
    }

    async fn verdict(&self, op: Op, now: Micros) -> Result<Verdict, StoreError> {
        match self.ask(op, now).await? {
            Answer::Verdict(verdict) => Ok(verdict),
            _ => Err(senseless()),
        }
    }

    async fn ask(&self, op: Op, now: Micros) -> Result<Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(Job { op, now, reply }).map_err(|error| {
            StoreError::Failed(match error {
                mpsc::error::TrySendError::Full(_) => "too many requests wait for the disk".to_owned(),
                mpsc::error::TrySendError::Closed(_) => "it was closed".to_owned(),
            })
        })?;
        let answered = tokio::time::timeout(self.deadline, answer).await.map_err(|_| StoreError::Timeout)?;
        answered.map_err(|_| StoreError::Failed("it was closed".to_owned()))?
    }
}

fn senseless() -> StoreError {
    StoreError::Failed("the answer makes no sense".to_owned())
}

impl std::fmt::Debug for SqliteQuotas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteQuotas").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}
