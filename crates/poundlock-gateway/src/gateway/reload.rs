//! Changes of the configuration while the gateway runs.
//!
//! Main types: [`Reload`], where a configuration comes from, and [`Reloader`], which takes it over:
//! a new routing table is built and swapped, so a change cuts no request and no WebSocket. A bad
//! configuration changes nothing.

mod watch;

use super::limits::Counting;
use super::names::Names;
use super::probes::Probes;
use super::signals::{Asked, Inbox};
use super::{Shared, table};
use crate::config::{Config, Loaded, Problems, diff_needs_restart};
use arc_swap::ArcSwap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use watch::Changes;

/// How often names of upstreams are looked up again.
const NAMES: Duration = Duration::from_secs(30);

/// Where a new configuration comes from.
pub struct Reload {
    /// Reads and checks it.
    pub read: Box<dyn Fn() -> std::result::Result<Loaded, ReloadError> + Send + Sync>,
    /// The file whose change asks for a reload, and its content as it was read at the start.
    pub file: Option<(PathBuf, String)>,
}

/// Why a new configuration was not taken over. The old one stays.
#[derive(Debug)]
pub enum ReloadError {
    /// It could not be read; the text says why.
    Unreadable(String),
    /// It was read and is wrong.
    Invalid(Problems),
}

impl ReloadError {
    fn report(&self) {
        match self {
            Self::Unreadable(why) => {
                tracing::error!("cannot reload: {why}. The running configuration was not changed.");
            }
            Self::Invalid(problems) => tracing::error!("cannot reload:\n{}", problems.render_reload(false)),
        }
    }
}

/// Takes configurations over. Cheap to clone.
#[derive(Clone)]
pub(super) struct Reloader(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    reload: Reload,
    config: ArcSwap<Config>,
    /// Held while a table is being built, so that two changes cannot overtake each other.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    names: Names,
    probes: Probes,
    counting: Counting,
}

impl Reloader {
    pub(super) fn new(shared: Arc<Shared>, config: Config, reload: Reload) -> Self {
        let config = ArcSwap::from_pointee(config);
        Self(Arc::new(Inner { shared, reload, config, state: Mutex::default() }))
    }

    /// The configuration that is running.
    pub(super) fn config(&self) -> Arc<Config> {
        self.0.config.load_full()
    }

    /// Reads the configuration again and takes over what can change in a running process; returns
    /// the keys that need a restart.
    ///
    /// # Errors
    /// What is wrong with the new configuration; the old one stays.
    pub(super) async fn reload(&self) -> std::result::Result<Vec<String>, ReloadError> {
        let loaded = (self.0.reload.read)().inspect_err(ReloadError::report)?;
        let restart = diff_needs_restart(&self.config(), &loaded.config);
        for key in &restart {
            tracing::warn!(key, "this change needs a restart");
        }
        // Workers find a listener's policy by its place among the sockets that are open.
        let mut config = loaded.config;
        config.listeners = self.same_listeners(&config);
        self.apply(&config)
            .await
            .map_err(|error| ReloadError::Unreadable(format!("{error:#}")))
            .inspect_err(ReloadError::report)?;
        tracing::info!("configuration reloaded");
        Ok(restart)
    }

    /// The listeners that are open, with what the new configuration says of them.
    fn same_listeners(&self, new: &Config) -> Vec<crate::config::Listener> {
        let keep = |old: &crate::config::Listener| {
            let same = new.listeners.iter().find(|l| l.name == old.name);
            same.unwrap_or(old).clone()
        };
        self.config().listeners.iter().map(keep).collect()
    }

    /// Takes a configuration over.
    ///
    /// # Errors
    /// Limits cannot be counted as it says, or the audit log cannot be written; what runs stays.
    pub(super) async fn apply(&self, config: &Config) -> anyhow::Result<()> {
        let mut state = self.0.state.lock().await;
        state.names.refresh(config).await;
        state.counting.follow(config, &self.0.shared).await?;
        // Before anything is found under the new configuration.
        self.0.shared.audit.follow(&config.shield, &config.state_dir)?;
        self.swap(&mut state, config)?;
        self.0.config.store(Arc::new(config.clone()));
        Ok(())
    }

    fn swap(&self, state: &mut State, config: &Config) -> anyhow::Result<()> {
        let shared = &self.0.shared;
        let limiter =
            state.counting.limiter().cloned().unwrap_or_else(|| shared.routing.load().limiter.clone());
        let routing = Arc::new(table::build(config, &limiter, &state.names, &shared.routing.load(), shared)?);
        state.probes.follow(&routing, config, &shared.operations);
        shared.routing.store(routing);
        Ok(())
    }

    /// Looks names up again from time to time; what changed becomes a new table.
    pub(super) async fn refresh_names(self) {
        loop {
            tokio::time::sleep(NAMES.mul_f64(0.9 + fastrand::f64() / 5.0)).await;
            let mut state = self.0.state.lock().await;
            let config = self.config();
            let mut names = state.names.clone();
            names.refresh(&config).await;
            if names != state.names {
                state.names = names;
                if let Err(error) = self.swap(&mut state, &config) {
                    tracing::error!(%error, "cannot take other addresses over");
                }
            }
        }
    }

    /// Begins to watch the file, where there is one: a change after this is not missed.
    pub(super) fn watch(&self) -> Option<Changes> {
        let (file, content) = self.0.reload.file.as_ref()?;
        let told = watch::changes(file, content.as_bytes());
        told.inspect_err(|error| {
            tracing::warn!(%error, file = %file.display(), "cannot watch the configuration; SIGHUP still reloads it");
        })
        .ok()
    }

    /// Reloads when asked, until told to stop.
    pub(super) async fn until_told_to_stop(&self, signals: &mut Inbox) {
        while signals.next().await == Asked::Reload {
            let _ = self.reload().await;
        }
    }

    /// Reloads whenever the file changes.
    pub(super) async fn follow(self, mut changes: Changes) {
        while changes.next().await {
            tracing::info!("the configuration file has changed");
            let _ = self.reload().await;
        }
    }
}
