//! The operator's log on stderr.
//!
//! Main item: [`start`]. It is set up once, before anything can log.

use crate::cli::General;
use crate::output::Out;
use poundlock_gateway::config::{Log, LogFormat};
use tracing_subscriber::EnvFilter;

/// Begins to log. Flags win over the configuration.
pub(crate) fn start(log: &Log, general: &General, out: &Out) {
    let level = match (general.quiet, general.verbose) {
        (true, _) => "warn",
        (_, true) => "debug",
        _ => &log.level,
    };
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process, as in tests, keeps the first.
    let _ = match log.format {
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
        LogFormat::Text => subscriber.with_ansi(out.color()).with_target(false).try_init(),
    };
}
