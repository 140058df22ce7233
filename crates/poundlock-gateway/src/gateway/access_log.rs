//! Writes the access log: JSON, one request a line.
//!
//! Main item: [`open`]. Lines are made on the request path and written by a thread of their own;
//! when that cannot keep up, lines are dropped and counted rather than requests held.

use super::log_thread::{LogThread, Output};
use crate::config::AccessLog;
use anyhow::{Context, Result};
use poundlock_observe::Registry;
use poundlock_tower::{AccessEntry, AccessSink};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

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
    let log = LogThread::start("access log", Lines(BufWriter::new(writer)), QUEUE, dropped)?;
    Ok(Some(Arc::new(Sink(log))))
}

struct Sink(LogThread<Lines>);

/// Takes lines with their ends.
struct Lines(BufWriter<Box<dyn Write + Send>>);

impl Output for Lines {
    type Line = Vec<u8>;

    fn write(&mut self, line: Vec<u8>) -> io::Result<()> {
        self.0.write_all(&line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
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
        self.0.write(line);
    }

    fn flush(&self) {
        self.0.flush();
    }
}
