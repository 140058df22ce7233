//! `poundlock demo`: everything at once, with real processes on this machine.
//!
//! Two child processes of a small built-in service are release v1; the gateway stands in front of
//! them; gentle traffic flows. With `--once` the same is played as a script that checks every step.

mod children;
pub(crate) mod service;
mod stage;
mod story;
mod traffic;

use crate::cli::{Demo, General};
use crate::log;
use crate::output::{Failure, Out};
use poundlock_gateway::config::{Log, LogFormat};
use stage::Stage;

/// Shows, or plays and checks.
pub(crate) fn demo(args: &Demo, general: &General, out: &Out) -> Result<(), Failure> {
    let level = if args.once { "warn" } else { "info" };
    log::start(&Log { level: level.to_owned(), format: LogFormat::Text }, general, out);
    let mut stage = Stage::set(out)?;
    if args.once {
        return story::play(stage, out);
    }
    let traffic = traffic::start(stage.public());
    out.text(&invitation(&stage))?;
    stage.wait()?;
    let counted = traffic.stop();
    stage.stop()?;
    out.text(&format!(
        "\n{} requests of our own, {} failed. Everything is stopped.\n",
        counted.sent, counted.failed
    ))
}

fn invitation(stage: &Stage) -> String {
    let (public, admin) = (stage.public(), stage.admin());
    format!(
        "\nPoundlock is in front of two instances of release v1, under gentle traffic.\n\n\
         \x20 curl -i http://{public}/                     two instances take turns; note x-request-id\n\
         \x20 curl http://{public}/health/detailed         every component\n\
         \x20 curl -s http://{public}/metrics | grep -c .  what Prometheus would scrape\n\
         \x20 curl http://{admin}/api/v1/status            what is running\n\
         \x20 kill {victim}                                        one instance: no request fails\n\n\
         Ctrl-C ends it.\n\n",
        victim = stage.victim()
    )
}
