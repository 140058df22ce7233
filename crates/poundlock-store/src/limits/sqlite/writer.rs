//! The only task that reads and writes the file.
//!
//! Main type: [`Writer`]. It takes what callers want in groups, and writes what a group changes with one commit before
//! anybody is answered. It knows no requests.

use super::database::{Database, Row};
use super::jobs::{Answer, Job, Op, Shared};
use super::ledger::{self, Entry, Ledger, Place};
use crate::limits::{Listed, Page, Spent, StoreError};
use poundlock_limit::{Key, LimitId, Micros, Used};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Operations in one commit.
const GROUP: usize = 256;
/// How long a row outlives its period, for nodes whose clock is behind.
const SLACK: u64 = 3600 * Micros::SECOND;

/// The task itself; it ends when it is told to, or when nobody can send it anything any more.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) database: Database,
    pub(super) jobs: mpsc::Receiver<Job>,
    /// Quotas that are kept in memory.
    pub(super) room: usize,
    pub(super) prune_every: Duration,
}

impl Writer {
    pub(super) async fn run(mut self) {
        let mut prune = tokio::time::interval(self.prune_every);
        let (mut group, mut now, mut closing) = (Vec::new(), Micros(0), None);
        while closing.is_none() {
            tokio::select! {
                biased;
                count = self.jobs.recv_many(&mut group, GROUP) => {
                    if count == 0 {
                        break;
                    }
                    now = group.last().map_or(now, |job: &Job| job.now);
                    closing = self.work(&mut group).await;
                }
                _ = prune.tick() => self.prune(now).await,
            }
        }
        let written = self.give_back().await;
        let closed = self.database.close().await;
        if let Some(reply) = closing {
            let result = written.and(closed.map_err(|error| failed(&error)));
            drop(reply.send(result.map(|()| Answer::Done)));
        }
    }

    /// Does what a group wants, in its order. Who asked to close, if anybody.
    async fn work(&mut self, group: &mut Vec<Job>) -> Option<oneshot::Sender<Result<Answer, StoreError>>> {
        let mut together = Vec::new();
        // Whoever has stopped waiting is not charged.
        for job in group.drain(..).filter(|job| !job.reply.is_closed()) {
            if let Op::Decide(_) | Op::Weigh(_) | Op::Adjust(..) = job.op {
                together.push(job);
                continue;
            }
            self.charge(std::mem::take(&mut together)).await;
            let result = match job.op {
                Op::Close => return Some(job.reply),
                Op::Reset(limit, key) => self.reset(limit, key).await,
                Op::List { limit, after, count } => self.list(limit, after, count).await,
                Op::Decide(_) | Op::Weigh(_) | Op::Adjust(..) => Ok(Answer::Done),
            };
            drop(job.reply.send(result));
        }
        self.charge(together).await;
        None
    }

    /// Decides all in their order, writes what changed, and only then answers.
    async fn charge(&mut self, jobs: Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        let result = self.charge_and_write(&jobs).await;
        match result {
            Ok(answers) => {
                jobs.into_iter().zip(answers).for_each(|(job, answer)| drop(job.reply.send(answer)))
            }
            Err(why) => jobs.into_iter().for_each(|job| drop(job.reply.send(Err(why.clone())))),
        }
    }

    async fn charge_and_write(
        &mut self,
        jobs: &[Job],
    ) -> Result<Vec<Result<Answer, StoreError>>, StoreError> {
        self.make_room().await?;
        let mut working = self.take(jobs).await?;
        let before = working.clone();
        let answers = jobs.iter().map(|job| apply(&mut working, job)).collect();
        match self.write(&mut working).await {
            Ok(()) => {
                self.shared.ledger().extend(working);
                Ok(answers)
            }
            Err(why) => {
                self.shared.ledger().extend(before);
                Err(why)
            }
        }
    }

    /// Takes what the jobs need out of the ledger, so that nobody else charges it, or reads it from the file. Quotas of
    /// limits that are not in the list are missing.
    async fn take(&mut self, jobs: &[Job]) -> Result<Ledger, StoreError> {
        let names = self.shared.names.all();
        let name = |limit: LimitId| names.get(usize::from(limit.0)).map(String::as_str);
        let places = jobs.iter().flat_map(|job| job.op.charges()).map(|charge| (charge.limit, charge.key));
        let mut wanted: Vec<Place> = places.filter(|(limit, _)| name(*limit).is_some()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut working = Ledger::new();
        {
            let mut ledger = self.shared.ledger();
            working.extend(wanted.iter().filter_map(|place| Some((*place, ledger.remove(place)?))));
        }
        wanted.retain(|place| !working.contains_key(place));
        let named: Vec<(&str, Key)> =
            wanted.iter().filter_map(|(limit, key)| Some((name(*limit)?, *key))).collect();
        match self.database.load(&named).await {
            Ok(rows) => {
                working
                    .extend(wanted.iter().map(|place| (*place, Entry::stored(Used::default(), Micros(0)))));
                for row in rows {
                    let found = wanted
                        .iter()
                        .filter(|(limit, key)| name(*limit) == Some(&*row.limit) && *key == row.key);
                    working.extend(found.map(|place| (*place, Entry::stored(row.used, row.end))));
                }
                Ok(working)
            }
            Err(error) => {
                self.shared.ledger().extend(working);
                Err(failed(&error))
            }
        }
    }

    /// Writes what is dirty.
    async fn write(&mut self, entries: &mut Ledger) -> Result<(), StoreError> {
        let names = self.shared.names.all();
        let rows: Vec<Row> = entries
            .iter_mut()
            .filter_map(|((limit, key), entry)| {
                if !std::mem::take(&mut entry.dirty) {
                    return None;
                }
                let limit = names.get(usize::from(limit.0))?.clone();
                Some(Row { limit, key: *key, used: entry.written, end: entry.end })
            })
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        self.database.write(&rows).await.map_err(|error| failed(&error))
    }

    /// Empties a ledger that is full.
    async fn make_room(&mut self) -> Result<(), StoreError> {
        if self.shared.ledger().len() < self.room { Ok(()) } else { self.give_back().await }
    }

    /// Empties the ledger; what was not used of chunks is not used on the disk either.
    async fn give_back(&mut self) -> Result<(), StoreError> {
        let mut all = std::mem::take(&mut *self.shared.ledger());
        let before = all.clone();
        all.values_mut().for_each(Entry::give_back);
        let result = self.write(&mut all).await;
        if result.is_err() {
            self.shared.ledger().extend(before);
        }
        result
    }

    async fn reset(&mut self, limit: LimitId, key: Key) -> Result<Answer, StoreError> {
        let name = self.name(limit)?;
        self.database.delete(&name, &key).await.map_err(|error| failed(&error))?;
        self.shared.ledger().remove(&(limit, key));
        Ok(Answer::Done)
    }

    async fn list(&mut self, limit: LimitId, after: u64, count: usize) -> Result<Answer, StoreError> {
        let name = self.name(limit)?;
        let (rows, last) = self.database.list(&name, after, count).await.map_err(|error| failed(&error))?;
        let next = last.filter(|_| rows.len() >= count);
        let ledger = self.shared.ledger();
        let used = |row: &Row| ledger.get(&(limit, row.key)).map_or(row.used, Entry::used);
        let listed =
            rows.iter().map(|row| Listed { key: row.key.to_string(), spent: Spent::Quota(used(row)) });
        Ok(Answer::Page(Page { keys: listed.collect(), next }))
    }

    fn name(&self, limit: LimitId) -> Result<String, StoreError> {
        self.shared.names.all().get(usize::from(limit.0)).cloned().ok_or_else(unknown)
    }

    /// Deletes some of what is over. `now` is that of the last caller: without callers, nothing is over.
    async fn prune(&mut self, now: Micros) {
        let before = Micros(now.0.saturating_sub(SLACK));
        self.shared.ledger().retain(|_, entry| entry.end >= before);
        if let Err(error) = self.database.prune(before).await {
            tracing::warn!(%error, "quotas of past periods could not be deleted");
        }
    }
}

/// Does one operation on what was taken for it.
fn apply(working: &mut Ledger, job: &Job) -> Result<Answer, StoreError> {
    let charges = job.op.charges();
    let verdict = ledger::weigh(working, charges, job.now).ok_or_else(unknown)?;
    match &job.op {
        Op::Adjust(charge, amount) => {
            let entry = working.get_mut(&(charge.limit, charge.key)).zip(ledger::window(charge));
            let (entry, window) = entry.ok_or_else(unknown)?;
            entry.adjust(window, *amount, job.now);
            return Ok(Answer::Done);
        }
        Op::Decide(_) if verdict.admitted() => ledger::spend(working, charges, job.now),
        _ => {}
    }
    Ok(Answer::Verdict(verdict))
}

fn failed(error: &sqlx::Error) -> StoreError {
    StoreError::Failed(error.to_string())
}

fn unknown() -> StoreError {
    StoreError::Failed("unknown limit, or no quota".to_owned())
}
