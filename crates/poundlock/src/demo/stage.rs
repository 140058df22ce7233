//! The demo's instances and gateway.
//!
//! Main type: [`Stage`]. Everything on it is gone when it is.

use super::children::Instance;
use crate::output::{Failure, Out};
use anyhow::{Context, Result, bail};
use poundlock_gateway::config::{Sources, load};
use poundlock_gateway::{Reload, ReloadError, Running, Signals, start};
use std::net::{SocketAddr, TcpListener};
use tempfile::TempDir;

/// Where the demo listens if it can.
const PUBLIC: u16 = 8000;
/// Where its admin API listens if it can.
const ADMIN: u16 = 9900;
/// How many ports above those are tried.
const PORTS: u16 = 50;

/// The gateway and what it stands in front of.
pub(crate) struct Stage {
    gateway: Running,
    pub(crate) instances: [Instance; 2],
    // The state folder lives as long as the demo.
    _state: TempDir,
}

impl Stage {
    /// Starts two instances of release v1 and the gateway in front of them.
    pub(crate) fn set(out: &Out) -> Result<Self, Failure> {
        let instances = [Instance::start("v1", 0)?, Instance::start("v1", 0)?];
        let state = tempfile::tempdir().context("cannot make a folder for the demo")?;
        let (public, admin) = (free_port(PUBLIC, out)?, free_port(ADMIN, out)?);
        let text = configuration(&instances, public, admin, &state);
        let sources =
            move || Sources { file: Some(("demo.toml".into(), text.clone())), ..Sources::default() };
        let loaded = load(&sources()).map_err(Failure::Invalid)?;
        let read = move || load(&sources()).map_err(ReloadError::Invalid);
        // Ctrl-C ends a script at once, and a show when it has begun.
        let gateway = start(&loaded, Reload { read: Box::new(read), file: None }, Signals::Leave)?;
        Ok(Self { gateway, instances, _state: state })
    }

    pub(crate) fn public(&self) -> SocketAddr {
        self.gateway.listeners()[0]
    }

    pub(crate) fn admin(&self) -> SocketAddr {
        self.gateway.admin()
    }

    /// The process id of an instance to try things on.
    pub(crate) fn victim(&self) -> u32 {
        self.instances[1].id()
    }

    /// Serves until Ctrl-C.
    pub(crate) fn wait(&mut self) -> Result<()> {
        self.gateway.wait()
    }

    /// Drains and stops; the instances outlive the gateway.
    pub(crate) fn stop(self) -> Result<()> {
        let Self { gateway, instances, _state } = self;
        let result = gateway.stop();
        drop(instances);
        result
    }
}

fn configuration(instances: &[Instance; 2], public: u16, admin: u16, state: &TempDir) -> String {
    let [a, b] = instances;
    format!(
        "version = 1\nstate_dir = {state:?}\nadmin.address = \"127.0.0.1:{admin}\"\n\
         listen.http = {{ address = \"127.0.0.1:{public}\", ops = true }}\n\
         drain = {{ delay = \"200ms\", grace = \"3s\" }}\n\
         [service.shop]\nto = [\"{a}\", \"{b}\"]\n\
         health = {{ path = \"/healthz\", every = \"1s\", timeout = \"500ms\", down_after = 2, up_after = 1 }}\n",
        a = a.address(),
        b = b.address(),
        state = state.path(),
    )
}

/// The wanted port, or the next one that is free. Listeners may share a port, so a gateway that
/// already runs there would not be an error: this asks for the port alone first.
fn free_port(wanted: u16, out: &Out) -> Result<u16> {
    for port in wanted..wanted + PORTS {
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            if port != wanted {
                out.note(&format!("port {wanted} is taken: using {port} instead"));
            }
            return Ok(port);
        }
    }
    bail!("no free port from {wanted} to {}: stop what listens there", wanted + PORTS - 1)
}
