//! Keeps what the shield finds: a file of JSON, one request a line, and the latest findings in memory.
//!
//! Main type: [`Audit`]. Lines are made on the request path and taken over by a thread of their own; a request never waits for
//! the disk. When that thread cannot keep up, lines are dropped and counted.

mod line;
mod recent;
mod target;

use super::log_thread::{LogThread, Output};
use crate::config::Shield;
use anyhow::Result;
use poundlock_observe::Registry;
use poundlock_tower::inspect::{Findings, Record};
use recent::Recent;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use target::Target;

/// Lines that may wait to be written: with the longest that are made, about 16 MiB.
const QUEUE: usize = 1024;

/// Takes findings from all workers.
pub(crate) struct Audit {
    log: LogThread<Kept>,
    recent: Arc<Recent>,
}

/// One line, without its end.
#[derive(Debug)]
struct Line {
    time: SystemTime,
    json: Box<str>,
}

/// Where lines go: to the target, and to memory.
struct Kept {
    target: Target,
    recent: Arc<Recent>,
}

impl Output for Kept {
    type Line = Line;

    fn write(&mut self, line: Line) -> io::Result<()> {
        let written = self.target.write(&line.json);
        self.recent.add(line);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }
}

impl Audit {
    /// Starts the thread, which writes nowhere until [`Audit::follow`] says where.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn start(registry: &Registry) -> Result<Self> {
        let help = "Lines of the shield's audit log that were dropped because writing them took too long.";
        let dropped = registry.counter("poundlock_shield_audit_dropped_total", help, &[])?;
        let recent = Arc::new(Recent::default());
        let kept = Kept { target: Target::Nowhere, recent: recent.clone() };
        let log = LogThread::start("audit log of the shield", kept, QUEUE, dropped)?;
        Ok(Self { log, recent })
    }

    /// Writes where a configuration says from now on. A file is opened anew even if it is the same: whoever has moved it away
    /// asks for a reload.
    ///
    /// # Errors
    /// The file cannot be opened for appending; lines go where they went before.
    pub(super) fn follow(&self, shield: &Shield, state_dir: &Path) -> Result<()> {
        let target = if shield.is_off() { Target::Nowhere } else { Target::open(shield, state_dir)? };
        self.log.change(|kept| kept.target = target);
        Ok(())
    }

    /// What was found since then, the latest last, as the JSON of its lines.
    pub(super) fn since(&self, begin: SystemTime) -> Vec<Box<str>> {
        self.recent.since(begin)
    }

    /// How many lines were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.log.dropped()
    }

    /// Waits until everything so far is written.
    pub(super) fn flush(&self) {
        self.log.flush();
    }
}

impl Findings for Audit {
    fn found(&self, record: &Record<'_>) {
        let Some(json) = line::line(record) else { return };
        self.log.write(Line { time: record.time, json: json.into() });
    }
}

#[cfg(test)]
mod tests;
