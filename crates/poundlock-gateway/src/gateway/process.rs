//! Reads what the kernel knows about this process.
//!
//! Main type: [`Sampler`]. Parsing is `poundlock-observe`'s; where there is no `/proc`, there are
//! no process metrics.

use poundlock_observe::process::{ProcessFacts, ProcessMetrics, ProcessSample, parse_boot_time};
use std::fs;

/// Samples `/proc/self`.
pub(super) struct Sampler {
    boot_time_seconds: u64,
}

impl Sampler {
    pub(super) fn new() -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        Self { boot_time_seconds: parse_boot_time(&stat).unwrap_or(0) }
    }

    /// Shows the present state through these metrics.
    pub(super) fn sample(&self, metrics: &ProcessMetrics) {
        let facts = ProcessFacts {
            open_fds: fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64),
            ticks_per_second: u32::try_from(rustix::param::clock_ticks_per_second()).unwrap_or(100),
            page_bytes: u32::try_from(rustix::param::page_size()).unwrap_or(4096),
            boot_time_seconds: self.boot_time_seconds,
        };
        let (Ok(stat), Ok(limits)) =
            (fs::read_to_string("/proc/self/stat"), fs::read_to_string("/proc/self/limits"))
        else {
            return;
        };
        if let Ok(sample) = ProcessSample::parse(&stat, &limits, &facts) {
            metrics.update(sample);
        }
    }
}
