//! The processes of the demo.
//!
//! Main type: [`Instance`], a child that ends with its handle, by its own process id.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// A running instance of the demo service.
pub(crate) struct Instance {
    child: Child,
    address: SocketAddr,
}

impl Instance {
    /// Starts one on this port, or on a free one for 0; returns when it listens.
    pub(crate) fn start(release: &str, port: u16) -> Result<Self> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let mut child = Command::new(program)
            .args(["demo-service", "--release", release, "--port", &port.to_string()])
            // Ctrl-C is for the demo, which stops its instances when nobody needs them any more.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start an instance of the demo service")?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).context("cannot read from the instance")?;
        }
        let Ok(address) = line.trim().parse() else {
            let _ = child.kill();
            let _ = child.wait();
            bail!("an instance of the demo service ended before it listened");
        };
        Ok(Self { child, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill().and_then(|()| self.child.wait()).context("cannot end an instance")?;
        Ok(())
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // One that has ended already is fine too.
        let _ = self.kill();
    }
}
