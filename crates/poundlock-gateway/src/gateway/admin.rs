//! Serves the admin API and tells it what is running.
//!
//! Main items: [`Api`], [`serve`] and [`token`]. The API itself is `poundlock-admin`'s.

use super::reload::{ReloadError, Reloader};
use super::{Shared, shield};
use anyhow::{Context, Result};
use poundlock_admin::shield::ShieldState;
use poundlock_admin::{
    Gateway, InstanceState, InstanceStatus, ListenerStatus, Pending, Phase, Reloaded, ServiceStatus, Status,
    Token,
};
use poundlock_tower::{Lifecycle, Limiter};
use std::fs;
use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// The admin API's view of the gateway.
pub(super) struct Api {
    shared: Arc<Shared>,
    reloader: Reloader,
    started: Instant,
    listeners: Vec<SocketAddr>,
}

impl Api {
    pub(super) fn new(shared: Arc<Shared>, reloader: Reloader, listeners: &[SocketAddr]) -> Self {
        Self { shared, reloader, started: Instant::now(), listeners: listeners.to_vec() }
    }
}

impl Gateway for Api {
    fn status(&self) -> Status {
        let config = self.reloader.config();
        let listeners = config.listeners.iter().zip(&self.listeners);
        let routing = self.shared.routing.load();
        let services = routing.services.iter().map(|service| {
            let hosts = config.services.iter().find(|s| *s.name == *service.name).map(|s| &s.hosts);
            ServiceStatus {
                name: service.name.to_string(),
                hosts: hosts.into_iter().flatten().map(ToString::to_string).collect(),
                instances: service.instances.iter().map(|i| instance(i)).collect(),
            }
        });
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_seconds: self.started.elapsed().as_secs(),
            phase: match self.shared.operations.lifecycle() {
                Lifecycle::Starting => Phase::Starting,
                Lifecycle::Started => Phase::Serving,
                Lifecycle::Draining => Phase::Draining,
            },
            workers: config.workers,
            listeners: listeners
                .map(|(l, a)| ListenerStatus { name: l.name.clone(), address: a.to_string() })
                .collect(),
            services: services.collect(),
        }
    }

    fn limiter(&self) -> Arc<Limiter> {
        self.shared.routing.load().limiter.clone()
    }

    fn shield(&self) -> ShieldState {
        shield::state(&self.reloader.config(), &self.shared)
    }

    fn findings(&self, since: Option<Duration>) -> Vec<Box<str>> {
        let begin = since.and_then(|since| SystemTime::now().checked_sub(since));
        self.shared.audit.since(begin.unwrap_or(SystemTime::UNIX_EPOCH))
    }

    fn reload(&self) -> Pending<Result<Reloaded, serde_json::Value>> {
        let reloader = self.reloader.clone();
        Box::pin(async move {
            match reloader.reload().await {
                Ok(needs_restart) => Ok(Reloaded { needs_restart }),
                Err(ReloadError::Invalid(problems)) => {
                    Err(serde_json::to_value(&problems).unwrap_or_default())
                }
                Err(ReloadError::Unreadable(why)) => {
                    Err(serde_json::json!([{ "severity": "error", "message": why }]))
                }
            }
        })
    }
}

fn instance(instance: &crate::upstream::Instance) -> InstanceStatus {
    InstanceStatus {
        address: instance.label.to_string(),
        state: if instance.health().is_up() { InstanceState::Up } else { InstanceState::Down },
        in_flight: instance.in_flight(),
    }
}

/// Serves until the process ends: probes must be answered while the rest drains.
pub(super) async fn serve(socket: TcpListener, api: Api, token: Token) {
    let operations = api.shared.operations.clone();
    let router = poundlock_admin::router(Arc::new(api), operations, token);
    let listener = match tokio::net::TcpListener::from_std(socket) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "cannot serve the admin API"),
    };
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the admin API has stopped");
    }
}

/// The admin token, and its text when it has just been made.
pub(super) struct StoredToken {
    pub(super) token: Token,
    pub(super) made: Option<String>,
}

/// Reads the admin token from the state folder, or makes one that only its owner can read.
pub(super) fn token(state_dir: &Path) -> Result<StoredToken> {
    let path = state_dir.join("admin.token");
    match fs::read_to_string(&path) {
        Ok(text) => {
            let token = Token::new(text.trim())
                .with_context(|| format!("{} is empty: delete it to get a new token", path.display()))?;
            return Ok(StoredToken { token, made: None });
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
    let context = || format!("cannot write {}: choose another folder with `state_dir`", path.display());
    fs::DirBuilder::new().recursive(true).mode(0o700).create(state_dir).with_context(context)?;
    let secret = secret().context("the system gives no randomness")?;
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).with_context(context)?;
    file.write_all(secret.as_bytes()).and_then(|()| file.sync_all()).with_context(context)?;
    let token = Token::new(&secret).context("a new token is never empty")?;
    Ok(StoredToken { token, made: Some(secret) })
}

/// 256 bits from the kernel, in hexadecimal.
fn secret() -> std::io::Result<String> {
    use std::fmt::Write as _;
    use std::io::Read as _;
    let mut bytes = [0; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let mut text = String::with_capacity(64);
    for byte in bytes {
        write!(text, "{byte:02x}").map_err(std::io::Error::other)?;
    }
    Ok(text)
}
