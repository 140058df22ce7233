//! The signals that ask a gateway to reload and to stop.
//!
//! Main types: [`Signals`], who reacts to them, and [`Inbox`], where they arrive. It does not know
//! what reloading and stopping mean.

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Who reacts to SIGHUP, SIGTERM and SIGINT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signals {
    /// The gateway, from before it is ready: one that arrives right then is not lost.
    Take,
    /// The caller, or the system's default, until [`super::Running::serve`].
    Leave,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Reload,
    Stop,
}

/// Signals that have arrived. None is missed while it lives.
pub(super) struct Inbox {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Inbox {
    /// Begins to receive; needs a runtime.
    ///
    /// # Errors
    /// The system does not let us.
    pub(super) fn open() -> Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup()).context("cannot receive SIGHUP")?,
            terminate: signal(SignalKind::terminate()).context("cannot receive SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("cannot receive SIGINT")?,
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }

    /// Waits until told to stop; what it is told besides is forgotten.
    pub(super) async fn stop(&mut self) {
        while self.next().await != Asked::Stop {}
    }
}
