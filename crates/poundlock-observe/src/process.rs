//! `process_*` metrics from a sample that somebody else took. Main types: [`ProcessSample`],
//! [`ProcessMetrics`]. It reads no file and has no clock: it parses the text of `/proc`, given to it.
//!
//! Names follow the Prometheus client guidelines, "Process metrics".

use crate::exposition::{Collect, Family, Kind, Number, Visitor};
use crate::registry::{Registry, RegistryError};
use std::sync::{Mutex, PoisonError};
use thiserror::Error;

#[cfg(test)]
mod tests;

/// What one look at the own process showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProcessSample {
    /// User and system CPU time so far.
    pub cpu_seconds: f64,
    /// Resident set size.
    pub resident_bytes: u64,
    /// Virtual memory size.
    pub virtual_bytes: u64,
    /// Open file descriptors.
    pub open_fds: u64,
    /// The soft limit on open file descriptors; infinite when there is none.
    pub max_fds: f64,
    /// Start of the process, in seconds since the Unix epoch.
    pub start_time_seconds: f64,
    /// Threads of the process.
    pub threads: u64,
}

/// What [`ProcessSample::parse`] cannot read from the two texts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProcessFacts {
    /// Entries of `/proc/self/fd`.
    pub open_fds: u64,
    /// `sysconf(_SC_CLK_TCK)`; 100 on every Linux platform in use.
    pub ticks_per_second: u32,
    /// `sysconf(_SC_PAGESIZE)`.
    pub page_bytes: u32,
    /// Boot of the machine since the Unix epoch; see [`parse_boot_time`].
    pub boot_time_seconds: u64,
}

/// The text is not what Linux writes (proc(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProcessError {
    /// `/proc/self/stat` lacks a field or it is not a number; holds the field's number in proc(5).
    #[error("field {0} of the process status is missing or not a number")]
    Stat(usize),
    /// `/proc/self/limits` has no line `Max open files`.
    #[error("no limit on open files in the process limits")]
    Limits,
}

/// Fields of `/proc/[pid]/stat` as numbered in proc(5).
const UTIME: usize = 14;
const STIME: usize = 15;
const NUM_THREADS: usize = 20;
const STARTTIME: usize = 22;
const VSIZE: usize = 23;
const RSS: usize = 24;
/// The first field after the command, which may itself hold blanks and parentheses.
const AFTER_COMMAND: usize = 3;

impl ProcessSample {
    /// Reads `/proc/self/stat` and `/proc/self/limits`.
    ///
    /// # Errors
    /// When a field is missing or not a number.
    pub fn parse(stat: &str, limits: &str, facts: &ProcessFacts) -> Result<Self, ProcessError> {
        let after_command = stat.rfind(')').map_or("", |at| &stat[at + 1..]);
        let fields: Vec<&str> = after_command.split_ascii_whitespace().take(RSS).collect();
        let field = |number: usize| {
            let text = fields.get(number - AFTER_COMMAND).ok_or(ProcessError::Stat(number))?;
            text.parse::<u64>().map_err(|_| ProcessError::Stat(number))
        };
        let ticks = f64::from(facts.ticks_per_second.max(1));
        let cpu_ticks = field(UTIME)?.saturating_add(field(STIME)?);
        Ok(Self {
            cpu_seconds: cpu_ticks as f64 / ticks,
            resident_bytes: field(RSS)?.saturating_mul(u64::from(facts.page_bytes)),
            virtual_bytes: field(VSIZE)?,
            open_fds: facts.open_fds,
            max_fds: parse_max_fds(limits).ok_or(ProcessError::Limits)?,
            start_time_seconds: facts.boot_time_seconds as f64 + field(STARTTIME)? as f64 / ticks,
            threads: field(NUM_THREADS)?,
        })
    }
}

/// The line `btime` of `/proc/stat`: seconds since the Unix epoch.
#[must_use]
pub fn parse_boot_time(proc_stat: &str) -> Option<u64> {
    proc_stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

fn parse_max_fds(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_ascii_whitespace().next()? {
        "unlimited" => Some(f64::INFINITY),
        soft => soft.parse::<u64>().ok().map(|soft| soft as f64),
    }
}

/// Shows the latest sample; nothing before the first.
#[derive(Debug, Default)]
pub struct ProcessMetrics {
    latest: Mutex<Option<ProcessSample>>,
}

impl ProcessMetrics {
    /// Without a sample yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the sample.
    pub fn update(&self, sample: ProcessSample) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(sample);
    }
}

impl Collect for ProcessMetrics {
    fn names(&self) -> &[&'static str] {
        &[
            "process_cpu_seconds_total",
            "process_resident_memory_bytes",
            "process_virtual_memory_bytes",
            "process_open_fds",
            "process_max_fds",
            "process_start_time_seconds",
            "process_threads",
        ]
    }

    fn collect(&self, to: &mut dyn Visitor) {
        let latest = *self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sample) = latest else { return };
        let mut show = |name, kind, help, value: Number| {
            to.family(&Family { name, help, kind });
            to.number(&[], value);
        };
        let cpu = sample.cpu_seconds.into();
        show("process_cpu_seconds_total", Kind::Counter, "User and system CPU time.", cpu);
        let resident = sample.resident_bytes.into();
        show("process_resident_memory_bytes", Kind::Gauge, "Resident memory.", resident);
        let virtual_bytes = sample.virtual_bytes.into();
        show("process_virtual_memory_bytes", Kind::Gauge, "Virtual memory.", virtual_bytes);
        show("process_open_fds", Kind::Gauge, "Open file descriptors.", sample.open_fds.into());
        show("process_max_fds", Kind::Gauge, "Most file descriptors allowed.", sample.max_fds.into());
        let start = sample.start_time_seconds.into();
        show("process_start_time_seconds", Kind::Gauge, "Start since the Unix epoch.", start);
        show("process_threads", Kind::Gauge, "Threads of the process.", sample.threads.into());
    }
}

/// Registers `poundlock_build_info`, a gauge of 1 whose labels tell the build.
///
/// # Errors
/// When a label is not valid.
pub fn register_build_info(
    registry: &Registry,
    version: &str,
    more: &[(&str, &str)],
) -> Result<(), RegistryError> {
    let labels: Vec<_> = [("version", version)].into_iter().chain(more.iter().copied()).collect();
    registry.gauge("poundlock_build_info", "The build that runs; always 1.", &labels)?.set(1.0);
    Ok(())
}
