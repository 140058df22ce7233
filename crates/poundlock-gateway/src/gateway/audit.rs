//! Keeps what the shield finds: a file of JSON, one request a line, and the latest findings in memory.
//!
//! Main type: [`Audit`]. Lines are made on the request path and taken over by a thread of their own; a request never waits for
//! the disk. When that thread cannot keep up, lines are dropped and counted.

mod line;
mod recent;
mod target;

use crate::config::Shield;
use anyhow::{Context, Result};
use poundlock_observe::Registry;
use poundlock_observe::registry::Counter;
use poundlock_tower::inspect::{Findings, Record};
use recent::Recent;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::SystemTime;
use target::Target;

/// Lines that may wait to be written: with the longest that are made, about 16 MiB.
const QUEUE: usize = 1024;

/// Takes findings from all workers.
pub(crate) struct Audit {
    lines: SyncSender<Message>,
    dropped: Counter,
    recent: Arc<Recent>,
}

/// One line, without its end.
#[derive(Debug)]
struct Line {
    time: SystemTime,
    json: Box<str>,
}

enum Message {
    Line(Line),
    Target(Target),
    Flush(SyncSender<()>),
}

impl Audit {
    /// Starts the thread, which writes nowhere until [`Audit::follow`] says where.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn start(registry: &Registry) -> Result<Self> {
        let help = "Lines of the shield's audit log that were dropped because writing them took too long.";
        let dropped = registry.counter("poundlock_shield_audit_dropped_total", help, &[])?;
        let (lines, queue) = sync_channel(QUEUE);
        let recent = Arc::new(Recent::default());
        let kept = recent.clone();
        std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || write_all(&queue, &kept))
            .context("cannot start the thread of the audit log")?;
        Ok(Self { lines, dropped, recent })
    }

    /// Writes where a configuration says from now on. A file is opened anew even if it is the same: whoever has moved it away
    /// asks for a reload.
    ///
    /// # Errors
    /// The file cannot be opened for appending; lines go where they went before.
    pub(super) fn follow(&self, shield: &Shield, state_dir: &Path) -> Result<()> {
        let target = if shield.is_off() { Target::Nowhere } else { Target::open(shield, state_dir)? };
        // The thread lives as long as this.
        let _ = self.lines.send(Message::Target(target));
        Ok(())
    }

    /// What was found since then, the latest last, as the JSON of its lines.
    pub(super) fn since(&self, begin: SystemTime) -> Vec<Box<str>> {
        self.recent.since(begin)
    }

    /// How many lines were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.get()
    }

    /// Waits until everything so far is written.
    pub(super) fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.lines.send(Message::Flush(done)).is_ok() {
            let _ = wait.recv();
        }
    }
}

impl Findings for Audit {
    fn found(&self, record: &Record<'_>) {
        let Some(json) = line::line(record) else { return };
        let line = Line { time: record.time, json: json.into() };
        if self.lines.try_send(Message::Line(line)).is_err() {
            self.dropped.inc();
        }
    }
}

/// Writes what comes; flushes whenever nothing is waiting.
fn write_all(queue: &Receiver<Message>, recent: &Recent) {
    let mut target = Target::Nowhere;
    let mut healthy = true;
    loop {
        let message = match queue.try_recv() {
            Ok(message) => message,
            Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) => {
                note(target.flush(), &mut healthy);
                let Ok(message) = queue.recv() else { return };
                message
            }
        };
        match message {
            Message::Line(line) => {
                note(target.write(&line.json), &mut healthy);
                recent.add(line);
            }
            Message::Target(next) => {
                note(target.flush(), &mut healthy);
                target = next;
            }
            Message::Flush(done) => {
                note(target.flush(), &mut healthy);
                let _ = done.send(());
            }
        }
    }
}

/// Says once when writing begins to fail, and once when it works again.
fn note(result: std::io::Result<()>, healthy: &mut bool) {
    match result {
        Err(error) if *healthy => {
            *healthy = false;
            tracing::error!(%error, "cannot write the audit log of the shield");
        }
        Ok(()) if !*healthy => {
            *healthy = true;
            tracing::info!("the audit log of the shield is being written again");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
