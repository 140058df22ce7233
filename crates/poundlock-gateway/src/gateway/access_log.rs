//! Writes the access log: JSON, one request a line.
//!
//! Main item: [`open`]. Lines are made on the request path and written by a thread of their own;
//! when that cannot keep up, lines are dropped and counted rather than requests held.

use crate::config::AccessLog;
use anyhow::{Context, Result};
use poundlock_observe::Registry;
use poundlock_observe::registry::Counter;
use poundlock_tower::{AccessEntry, AccessSink};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

/// Lines that may wait to be written.
const QUEUE: usize = 16_384;

/// Opens the log, when there is to be one.
///
/// # Errors
/// The file cannot be opened for appending.
pub(super) fn open(target: Option<&AccessLog>, registry: &Registry) -> Result<Option<Arc<dyn AccessSink>>> {
    let writer: Box<dyn Write + Send> = match target {
        None => return Ok(None),
        Some(AccessLog::Stdout) => Box::new(std::io::stdout()),
        Some(AccessLog::File(path)) => Box::new(
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .with_context(|| format!("cannot open the access log {}", path.display()))?,
        ),
    };
    let help = "Access log lines that were dropped because writing them took too long.";
    let dropped = registry.counter("poundlock_access_log_dropped_total", help, &[])?;
    let (lines, queue) = sync_channel(QUEUE);
    std::thread::Builder::new()
        .name("access-log".to_owned())
        .spawn(move || write_all(&queue, BufWriter::new(writer)))
        .context("cannot start the access log thread")?;
    Ok(Some(Arc::new(Sink { lines, dropped })))
}

enum Message {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

struct Sink {
    lines: SyncSender<Message>,
    dropped: Counter,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    entry: &'a AccessEntry<'a>,
}

impl AccessSink for Sink {
    fn write(&self, entry: &AccessEntry<'_>) {
        let time =
            jiff::Timestamp::try_from(entry.time).map_or_else(|_| String::new(), |t| format!("{t:.6}"));
        let Ok(mut line) = serde_json::to_vec(&Line { time, entry }) else { return };
        line.push(b'\n');
        if self.lines.try_send(Message::Line(line)).is_err() {
            self.dropped.inc();
        }
    }

    fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.lines.send(Message::Flush(done)).is_ok() {
            let _ = wait.recv();
        }
    }
}

/// Writes what comes; flushes whenever nothing is waiting.
fn write_all(queue: &Receiver<Message>, mut writer: BufWriter<Box<dyn Write + Send>>) {
    let mut healthy = true;
    loop {
        let message = match queue.try_recv() {
            Ok(message) => message,
            Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) => {
                note(writer.flush(), &mut healthy);
                let Ok(message) = queue.recv() else { return };
                message
            }
        };
        match message {
            Message::Line(line) => note(writer.write_all(&line), &mut healthy),
            Message::Flush(done) => {
                note(writer.flush(), &mut healthy);
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
            tracing::error!(%error, "cannot write the access log");
        }
        Ok(()) if !*healthy => {
            *healthy = true;
            tracing::info!("the access log is being written again");
        }
        _ => {}
    }
}
