//! `poundlock run`: the gateway in the foreground.

use crate::cli::{General, Run, Settings};
use crate::output::{Failure, Out};
use crate::{config, log};
use poundlock_gateway::config::{Loaded, Sources, load};
use poundlock_gateway::{Reload, ReloadError, Running, Signals, start};
use std::path::{Path, PathBuf};

/// Runs until SIGTERM or SIGINT.
pub(crate) fn run(args: &Run, general: &General, out: &Out) -> Result<(), Failure> {
    let file = config::file(&args.settings);
    let sources = sources(&args.settings, file.as_deref())?;
    let loaded = load(&sources).map_err(Failure::Invalid)?;
    log::start(&loaded.config.log, general, out);
    if !loaded.warnings.is_empty() {
        out.note(loaded.warnings.render(out.color()).trim_end());
    }
    let reload = reload(args.settings.clone(), sources.file);
    let running = start(&loaded, reload, Signals::Take)?;
    say_where(&running, &loaded, out);
    Ok(running.serve()?)
}

fn sources(settings: &Settings, file: Option<&Path>) -> Result<Sources, Failure> {
    if file.is_none() && settings.to.is_empty() {
        let help = "nothing to put a gateway in front of: give --to ADDR or --config FILE";
        return Err(Failure::Usage(help.to_owned()));
    }
    config::sources(settings, file)
}

/// The same flags and file, read again.
fn reload(settings: Settings, file: Option<(PathBuf, String)>) -> Reload {
    let path = file.as_ref().map(|(path, _)| path.clone());
    let read = move || match sources(&settings, path.as_deref()) {
        Ok(sources) => load(&sources).map_err(ReloadError::Invalid),
        Err(Failure::Usage(text)) => Err(ReloadError::Unreadable(text)),
        Err(other) => Err(ReloadError::Unreadable(format!("{other:?}"))),
    };
    Reload { read: Box::new(read), file }
}

fn say_where(running: &Running, loaded: &Loaded, out: &Out) {
    for address in running.listeners() {
        tracing::info!("listening on http://{address}");
    }
    tracing::info!("admin on http://{}", running.admin());
    if let Some(token) = running.token_made() {
        let file = loaded.config.state_dir.join("admin.token");
        out.note(&format!("admin token (shown once, kept in {}): {token}", file.display()));
    }
}
